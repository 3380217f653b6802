# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain that publishes its settings for mail programs as it should, in tables."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.postmaster.mailports.plugins.module_utils._client import ask, judge
from ansible_collections.postmaster.mailports.plugins.module_utils._client.files import (
    METHODS,
    files_of,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._client.places import Published
from ansible_collections.postmaster.mailports.plugins.module_utils._client.records import (
    client_records,
    settings_for,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._client.settings import Settings
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import intent as domains
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.demand import Outcome
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.publish import records
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import Fetched
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.run import Run
from ansible_collections.postmaster.mailports.plugins.module_utils._model import intent as ports
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import Intent

from tests.support.complete_domain import plain
from tests.support.names import Table

DOMAIN = "example.net"
HOST = "mail.example.net"
WEB = "web.example.net"
ADDRESSES = ("198.51.100.60", "2001:db8:25::60")
SERVICES = ("submissions", "submission", "imaps", "pop3s")


def intent(*services: str, host: str = HOST, **given: Any) -> Intent:
    """Return an intent with these services open."""
    data = {"host": host, "services": {name: {} for name in services or SERVICES}}
    return ports.expand({**data, **given})


def domain(*intents: Intent, **clients: Any) -> domains.Domain:
    """Return a domain that publishes by every method."""
    given = {"host": WEB, "methods": ["autoconfig", "autodiscover", "pacc"], **clients}
    return domains.expand({"domain": DOMAIN, "clients": given}, intents or [intent()])


def settings(*intents: Intent, **clients: Any) -> Settings:
    """Return the settings of such a domain."""
    return settings_for(domain(*intents, **clients))


def served(body: bytes, kind: str = "text/xml", **changes: Any) -> Fetched:
    """Return a file as HTTP gives it."""
    given: dict[str, Any] = {"status": 200, "content_type": kind, "body": body}
    return Fetched(**{**given, **changes})


def endpoint(service: str, address: str = ADDRESSES[0], **changes: Any) -> dict[str, Any]:
    """Return what a probe saw of a port that is as it should be, as port_info returns it."""
    row = ports.SERVICES[service]
    phase = {"capabilities": [], "mechanisms": [], "login": False}
    inside = {"capabilities": [], "mechanisms": ["PLAIN", "LOGIN"], "login": True}
    seen = {
        "service": service,
        "host": HOST,
        "address": address,
        "port": row.port,
        "protocol": row.protocol,
        "reach": "open",
        "reach_detail": "",
        "tls_mode": row.tls,
        "tls": {
            "status": "established",
            "trusted": True,
            "trust_error": "",
            "name_matches": True,
            "error": "",
        },
        "certificate": {"names": [HOST]},
        "before_tls": phase,
        "inside_tls": inside,
    }
    return {**seen, **changes}


def site(found: Settings) -> dict[str, Fetched]:
    """Return address -> answer of a web server with the published files."""
    files = files_of(found, METHODS)
    xml, wanted = (
        "text/xml",
        {
            f"https://autoconfig.{DOMAIN}/mail/config-v1.1.xml": "mail/config-v1.1.xml",
            f"https://{DOMAIN}/.well-known/autoconfig/mail/config-v1.1.xml": "mail/config-v1.1.xml",
            f"https://autodiscover.{DOMAIN}/autodiscover/autodiscover.xml": (
                "autodiscover/autodiscover.xml"
            ),
            f"https://{DOMAIN}/autodiscover/autodiscover.xml": "autodiscover/autodiscover.xml",
        },
    )
    made = {url: served(files[name], xml) for url, name in wanted.items() if name in files}
    closed = Fetched(problem="refused", detail="port 80 is closed")
    made.update({url.replace("https:", "http:"): closed for url in list(made)})
    name = ".well-known/user-agent-configuration.json"
    if name in files:
        url = f"https://ua-auto-config.{DOMAIN}/{name}"
        made[url] = served(files[name], "application/json")
    return made


@dataclass
class World:
    """The domain, what its web server and the DNS say, and what a probe saw."""

    intents: list[Intent] = field(default_factory=lambda: [intent()])
    rows: dict[str, Any] = field(default_factory=dict)
    endpoints: Optional[list[dict[str, Any]]] = None
    urls: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("autoconfig", "autodiscover", "pacc")

    def __post_init__(self) -> None:
        """Publish what the intents ask for, unless the rows are given."""
        meant = domain(*self.intents)
        if not self.rows:
            self.rows = {
                f"{one.name} {one.type}": [plain(one.type, value) for value in one.values]
                for one in [*records(meant), *client_records(meant)]
            }
            for name in (DOMAIN, WEB):
                self.rows[f"{name} A"] = [ADDRESSES[0]]
            self.rows.update(site(settings_for(meant)))
        if self.endpoints is None:
            self.endpoints = [
                endpoint(service, address) for service in SERVICES for address in ADDRESSES
            ]

    def copy(self) -> World:
        """Return a world of its own."""
        return copy.deepcopy(self)

    def replace(self, old: str, new: str, method: str = "") -> World:
        """Change the text of every file whose address has ``method`` in it."""
        for url, answer in self.rows.items():
            if isinstance(answer, Fetched) and answer.body and method in url:
                body = answer.body.replace(old.encode(), new.encode())
                self.rows[url] = served(body, answer.content_type)
        return self

    def look(self) -> Published:
        """Return what is published."""
        return ask.collect(Run(Table(self.rows)), [DOMAIN], urls=self.urls)[0]

    def judge(self, probed: bool = True) -> list[Outcome]:
        """Return the outcomes of all demands."""
        endpoints = self.endpoints if probed else None
        return judge.judge(self.look(), self.intents, endpoints, self.methods)

    def broken(self) -> set[str]:
        """Return the demands that are broken; everything that is asked must be known."""
        found = self.judge()
        assert not [one.message for one in found if one.outcome == "not_known"]
        return {one.demand for one in found if one.outcome == "broken"}

    def unknown(self) -> set[str]:
        """Return the demands that are not known."""
        return {one.demand for one in self.judge() if one.outcome == "not_known"}
