# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove, by hand, that the hosts are as intended and that every fault comes and goes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE.parent)

import hosts  # noqa: E402 (the path above makes it importable)
from hosts.faults import PORTS  # noqa: E402

IMPLICIT = ("submissions", "imaps", "pop3s")
# What client.py has no question for: days left, a second address, a second connection.
UNSEEN = ("two_addresses", "cert_expires_soon", "rate_limited_587")


def intended(service: str) -> dict[str, Any]:
    """Return the facts that client.py must find on a port."""
    implicit = service in IMPLICIT
    return {
        "greeting": "" if implicit else "clear",
        "clear_login": None if implicit else False,
        "tls": "implicit" if implicit else "starttls",
        "login": "not offered" if service == "smtp" else True,
        "old_tls": False,
        "trust": "",
    }


def ask(site: hosts.Site, host: hosts.Host, services: tuple[str, ...]) -> dict[str, Any]:
    """Return the facts by "service address" for both addresses of a host."""
    targets = []
    for service in services:
        protocol = next((p for p in ("imap", "pop3") if service.startswith(p)), "smtp")
        for address in (host.address, host.address6):
            target = {"address": address, "port": PORTS[service], "name": host.name}
            target |= {"protocol": protocol, "ca_file": str(site.ca_file)}
            target |= {"tls": "implicit" if service in IMPLICIT else "starttls"}
            targets.append(target | {"user": hosts.USER, "password": hosts.PASSWORD})
    answer = subprocess.run(
        [*site.enter, sys.executable, str(HERE / "client.py")],
        input=json.dumps(targets),
        capture_output=True,
        text=True,
        check=True,
    )
    names = [f"{t['port']} {t['address']}" for t in targets]
    return dict(zip(names, json.loads(answer.stdout), strict=True))


def wrong(found: dict[str, Any]) -> dict[str, Any]:
    """Return only what differs from the intention."""
    by_port = {str(port): service for service, port in PORTS.items()}
    differences = {}
    for name, facts in found.items():
        wanted = intended(by_port[name.split()[0]])
        other = {k: facts.get(k) for k, v in wanted.items() if facts.get(k) != v}
        if other:
            differences[name] = other | {"error": facts.get("error")}
    return differences


def s_client(site: hosts.Site, host: hosts.Host) -> list[str]:
    """Return the ports where ``openssl s_client`` does not verify the host."""
    bad = []
    for service, port in PORTS.items():
        protocol = next((p for p in ("imap", "pop3") if service.startswith(p)), "smtp")
        start = [] if service in IMPLICIT else ["-starttls", protocol]
        for address in (host.address, f"[{host.address6}]"):
            argv = ["openssl", "s_client", "-connect", f"{address}:{port}", *start, "-CAfile"]
            argv += [str(site.ca_file), "-verify_hostname", host.name, "-verify_return_error"]
            run = subprocess.run(
                [*site.enter, *argv], input="", capture_output=True, text=True, check=False
            )
            if "Verify return code: 0 (ok)" not in run.stdout:
                bad.append(f"{address}:{port}")
    return bad


def tree(host: hosts.Host) -> str:
    """Return a digest of the names, modes and contents of the mail configuration."""
    listing = "cd /etc && find postfix dovecot mailports -printf '%p %m %u %T@\\n' | sort"
    sums = "find postfix dovecot mailports -type f | sort | xargs sha256sum"
    return host.run(f"{listing}; {sums}").stdout


def try_fault(site: hosts.Site, host: hosts.Host, name: str) -> str:
    """Apply and restore one fault; return a line of the report, which says BAD when it fails."""
    services = hosts.FAULTS[name].services
    before = tree(host)
    start = time.monotonic()
    host.apply(name)
    applied = time.monotonic()
    seen = wrong(ask(site, host, services))
    asked = time.monotonic()
    host.restore(name)
    restored = time.monotonic() - asked
    left = wrong(ask(site, host, services))
    same = tree(host) == before
    invisible = not seen and name not in UNSEEN
    verdict = "BAD" if invisible or left or not same else "ok"
    first = next(iter(seen.items()), "")
    timing = f"apply {applied - start:.2f} s restore {restored:.2f} s"
    rest = f"{len(seen)} differ, first {first} left {left} same {same}"
    return f"{verdict:3} {host.base} {name:24} {timing} {rest}"


def main(names: list[str]) -> int:
    """Run everything; return 1 when anything is not as it should be."""
    start = time.monotonic()
    lines = []
    with hosts.running() as site:
        print(f"up in {time.monotonic() - start:.2f} s")
        for host in site.hosts.values():
            lines.append(f"intended {host.base}: {wrong(ask(site, host, tuple(PORTS))) or 'ok'}")
            lines.append(f"s_client {host.base}: {s_client(site, host) or 'ok'}")
            print("\n".join(lines[-2:]))
            for name in names or hosts.FAULTS:
                lines.append(try_fault(site, host, name))
                print(lines[-1], flush=True)
        start = time.monotonic()
    print(f"down in {time.monotonic() - start:.2f} s")
    good = [line.startswith("ok ") or line.endswith(": ok") for line in lines]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
