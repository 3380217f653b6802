# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two demonstration hosts of `make audit`: one as intended, one full of faults.

``python3 -m tests.support.demo --serve DIR`` (from the root of the checkout, with the collection
importable as ``ansible_collections.postmaster.mailports``) serves both on loopback.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import ssl
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES

from .certificates import Certificates
from .embedded import Behaviour, EmbeddedHost
from .listener import Listener
from .scripted import Send, Silence


@dataclass(frozen=True)
class DemoHost:
    """A host by service name: how its open services behave, and which ones are closed."""

    name: str
    listeners: dict[str, Behaviour]
    closed: tuple[str, ...] = ()

    def start(self, certificates: Certificates) -> EmbeddedHost:
        """Return the host, not yet entered, on a loopback address that no other one has."""
        return EmbeddedHost(
            _own_address(),
            {SERVICES[name].port: item for name, item in self.listeners.items()},
            [SERVICES[name].port for name in self.closed],
            name=self.name,
            certificates=certificates,
        )


_started = itertools.count()


def _own_address() -> str:
    """Return a loopback address of this process: the demo may run several times at once."""
    process = os.getpid()
    return f"127.{64 + next(_started) % 64}.{process >> 8 & 255}.{process & 255}"


def _as_designed(service: str) -> Listener:
    row = SERVICES[service]
    return Listener(row.protocol, row.tls, login_after_tls=row.login != "none")


INTENDED = DemoHost(
    name="mail.example.net",
    listeners={
        name: _as_designed(name) for name in ("smtp", "submission", "submissions", "imaps", "pop3s")
    },
    closed=("imap", "pop3", "submission_alt"),
)

FAULTY = DemoHost(
    name="old.example.net",
    listeners={
        "smtp": _as_designed("smtp"),
        "submission": Listener("smtp", "starttls", login_before_tls=True),
        "submissions": Listener("smtp", "implicit", certificate="expired"),
        "imaps": Listener("imap", "cleartext", login_before_tls=True),
        "pop3s": Listener(
            "pop3", "implicit", certificate="wrong_name", min_tls=ssl.TLSVersion.TLSv1
        ),
        "imap": Listener("imap", "cleartext", login_before_tls=True),
        "pop3": Listener("pop3", "starttls", starttls_reply="-ERR TLS is out of order"),
        "submission_alt": (Send(b"SSH-2.0-OpenSSH_9.2\r\n"), Silence()),
    },
)

HOSTS = (INTENDED, FAULTY)

# What `make audit` must find, no more and no less: (host, service, rule), once for each finding.
EXPECTED = tuple(
    (FAULTY.name, service, rule)
    for service, rule in (
        ("submission", "login-before-tls"),
        ("submission", "starttls-not-enforced"),
        ("submissions", "certificate-expired"),
        ("imaps", "wrong-tls-mode"),
        ("imaps", "login-before-tls"),
        ("pop3s", "tls-version"),  # TLS 1.0
        ("pop3s", "tls-version"),  # TLS 1.1
        ("pop3s", "certificate-name"),
        ("imap", "port-open"),
        ("pop3", "port-open"),
        ("submission_alt", "port-open"),
    )
)


def describe(host: EmbeddedHost) -> dict[str, Any]:
    """Return where a running host can be reached: {name, address, services: {name: {port, state}}}.

    ``state`` is what is intended, which is the same for both hosts.
    """
    services = {
        name: {
            "port": host.ports[row.port],
            "state": "open" if name in INTENDED.listeners else "closed",
        }
        for name, row in SERVICES.items()
        if row.port in host.ports
    }
    return {"name": host.name, "address": host.address, "services": services}


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".part")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def serve(directory: Path) -> None:
    """Serve both hosts, write ca.pem and demo.json, and wait for the end of standard input."""
    with ExitStack() as stack:
        certificates = stack.enter_context(Certificates())
        hosts = [stack.enter_context(host.start(certificates)) for host in HOSTS]
        ca_file = directory / "ca.pem"
        _write_atomically(ca_file, Path(certificates.ca_file).read_text(encoding="utf-8"))
        whole = {
            "ca_file": str(ca_file),
            "hosts": [describe(host) for host in hosts],
            "expected": EXPECTED,
        }
        _write_atomically(directory / "demo.json", json.dumps(whole, indent=2) + "\n")
        print("ready", flush=True)
        while os.read(sys.stdin.fileno(), 4096):
            pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; the exit status is 0 at the end of input or SIGTERM."""
    parser = argparse.ArgumentParser(prog="tests.support.demo", description="Serve the demo hosts.")
    parser.add_argument("--serve", metavar="DIR", type=Path, required=True)
    directory: Path = parser.parse_args(arguments).serve
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    directory.mkdir(parents=True, exist_ok=True)
    serve(directory.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
