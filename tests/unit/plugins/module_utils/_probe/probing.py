# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve embedded hosts on loopback and run the probe against them, server by server name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Optional

from ansible_collections.postmaster.mailports.plugins.module_utils._judge.asked import Asked
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.ports import judge
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import (
    Intent,
    expand,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.run import (
    Request,
    Target,
    run,
)

from tests.support.certificates import Certificates
from tests.support.embedded import (
    Behaviour,
    EmbeddedHost,
)
from tests.support.listener import Listener

NAME = "mail.example.net"
FIRST_PORT = 20000


@dataclass(frozen=True)
class Served:
    """One port: what the probe is told to expect, and what is there (None: nothing listens)."""

    protocol: str
    tls: str
    there: Optional[Behaviour] = None
    login: str = "required"


def honest(protocol: str, tls: str, login: str = "required", **knobs: Any) -> Served:
    """Return a well-run server, but for the knobs of Listener."""
    knobs.setdefault("login_after_tls", login != "none")
    return Served(protocol, tls, Listener(protocol, tls, **knobs), login)


class Rig:
    """A host with servers by name, to be probed as often as wanted; a context manager."""

    def __init__(
        self, certificates: Certificates, servers: Mapping[str, Served], address: str = "127.0.0.41"
    ) -> None:
        self.servers = dict(servers)
        self._wanted = {name: FIRST_PORT + i for i, name in enumerate(self.servers)}
        self._certificates = certificates
        self.host = EmbeddedHost(
            address,
            {
                self._wanted[name]: served.there
                for name, served in self.servers.items()
                if served.there is not None
            },
            [self._wanted[name] for name, served in self.servers.items() if served.there is None],
            name=NAME,
            certificates=certificates,
        )

    def __enter__(self) -> Rig:
        """Serve."""
        self.host.__enter__()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close."""
        self.host.close()

    def port(self, name: str) -> int:
        """Return the port on which a server listens."""
        return self.host.ports[self._wanted[name]]

    def sent(self, name: str, *, tls: bool) -> list[list[bytes]]:
        """Return what each connection to a server sent, in clear or inside TLS."""
        transcripts = self.host.transcripts[self._wanted[name]]
        return [transcript.lines(tls=tls) for transcript in transcripts]

    def request(self, **options: Any) -> Request:
        """Return a request for all servers, changed by ``options``."""
        targets = tuple(
            Target(name, served.protocol, self.port(name), served.tls, served.login)
            for name, served in self.servers.items()
        )
        request = Request(
            host=NAME,
            targets=targets,
            addresses=(self.host.address,),
            ehlo_name="probe.example.org",
            ca_path=self._certificates.ca_file,
            timeout=10.0,
            deadline=30.0,
        )
        return replace(request, **options)

    def probe(self, **options: Any) -> dict[str, Observation]:
        """Run the probe and return the observations by server name."""
        return {seen.service: seen for seen in run(self.request(**options))}

    def intent(self, **more: Any) -> Intent:
        """Return the intent that wants all these servers, each as it is probed."""
        services = {
            name: {
                "protocol": served.protocol,
                "tls": served.tls,
                "port": self.port(name),
                "login": served.login,
                "state": "closed" if served.there is None else "open",
            }
            for name, served in self.servers.items()
        }
        return expand({"host": NAME, "services": services, **more})

    def judged(self, seen: Mapping[str, Observation], **asked: bool) -> dict[str, list[Finding]]:
        """Return the findings by server name; the ports of the table are left out.

        ``asked`` says which options the probe had (see Asked).
        """
        findings = judge(self.intent(), list(seen.values()), asked=Asked(**asked)).findings
        return {name: [one for one in findings if one.service == name] for name in self.servers}


def texts(value: Any) -> list[str]:
    """Return every text within plain data."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for one in pair for text in texts(one)]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in texts(one)]
    return []
