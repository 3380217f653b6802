# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names held against live ports: what the probe saw, and what the DNS promises of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Optional

from .._model.services import SERVICES
from .demand import Demand, Told
from .intent import Domain
from .mta_sts import Policy
from .mx import Mx
from .names import same
from .question import Answer
from .srv import OFF

Endpoints = Sequence[Mapping[str, Any]]
SMTP_PORT = SERVICES["smtp"].port
_WITHOUT = "no probe of the ports was given"
_QUESTIONS = ("greeting_name", "mta_sts_certificate", "srv_live")


def told(
    domain: Domain,
    mx: Mx,
    policy: Optional[Policy],
    srv: Mapping[str, Answer],
    endpoints: Optional[Endpoints],
) -> Iterator[Told]:
    """Yield what the probe's ``endpoints`` (as port_info returns them) say of the names."""
    if endpoints is None:
        for question in _QUESTIONS:
            yield Told(question, domain.domain, not_asked=_WITHOUT)
        return
    hosts = list(dict.fromkeys([*domain.mail_hosts, *(name.lower() for name in mx.targets)]))
    if not hosts:
        yield Told("greeting_name", domain.domain, not_asked="there is no mail host")
    for host in hosts:
        yield from _greetings(host, endpoints)
    yield from _certificates(domain.domain, hosts, policy, endpoints)
    yield from _services(domain.domain, srv, endpoints)


def _at(endpoints: Endpoints, host: str, port: int) -> list[Mapping[str, Any]]:
    return [one for one in endpoints if one["port"] == port and same(one["host"], host)]


def _where(one: Mapping[str, Any]) -> str:
    return f"{one['host']} ({one['address']}) port {one['port']}"


def _greetings(host: str, endpoints: Endpoints) -> Iterator[Told]:
    """The name behind 220 is the host's own (RFC 5321 section 4.2)."""
    found = _at(endpoints, host, SMTP_PORT)
    if not found:
        yield Told("greeting_name", host, unknown=f"port {SMTP_PORT} of {host} was not probed")
    for one in found:
        words = one["greeting"].split()
        words = words[1:] if words and words[0].startswith("220") else words
        if not words:
            yield Told("greeting_name", _where(one), unknown="no greeting was seen")
            continue
        value = "same" if same(words[0], host) else "other"
        yield Told("greeting_name", _where(one), value, f"it says {words[0]!r}")


def _certificates(
    about: str, hosts: Sequence[str], policy: Optional[Policy], endpoints: Endpoints
) -> Iterator[Told]:
    """MTA-STS wants a trusted certificate that names the mail host (RFC 8461 section 4.2)."""
    if policy is None or policy.mode == "none":
        yield Told("mta_sts_certificate", about, not_asked="no policy asks for it")
        return
    for host in hosts:
        found = _at(endpoints, host, SMTP_PORT)
        if not found:
            why = f"port {SMTP_PORT} of {host} was not probed"
            yield Told("mta_sts_certificate", host, unknown=why)
        for one in found:
            yield _certificate("mta_sts_certificate", one)


def _certificate(question: str, one: Mapping[str, Any]) -> Told:
    tls, where = one["tls"], _where(one)
    if tls["trusted"] is None or (tls["trusted"] and tls["name_matches"] is None):
        return Told(question, where, unknown=tls["error"] or "no certificate was verified")
    if not tls["trusted"]:
        return Told(question, where, "untrusted", tls["trust_error"] or "it is not trusted")
    if not tls["name_matches"]:
        names = ", ".join((one.get("certificate") or {}).get("names", ()))
        return Told(question, where, "other name", f"it is for {names}")
    return Told(question, where, "valid", "trusted, for this name")


def _services(about: str, srv: Mapping[str, Answer], endpoints: Endpoints) -> Iterator[Told]:
    """What an SRV record offers must be open, with a certificate for its target (RFC 6186, 6)."""
    offered = [
        (name, record[3], record[2])
        for name, answer in srv.items()
        for record in answer.records
        if record[3] != OFF
    ]
    if not offered:
        yield Told("srv_live", about, not_asked="no SRV record offers a service")
    for name, target, port in offered:
        found = _at(endpoints, target, port)
        if not found:
            yield Told("srv_live", name, unknown=f"port {port} of {target} was not probed")
        for one in found:
            where = f"{name} -> {_where(one)}"
            if one["reach"] != "open":
                yield Told("srv_live", where, one["reach"], f"the port is {one['reach']}")
                continue
            seen = _certificate("srv_live", one)
            yield Told("srv_live", where, seen.value, seen.seen, seen.unknown)


DEMANDS = (
    Demand(
        "greeting-other-name",
        "address",
        "greeting_name",
        ("same",),
        "warning",
        "{about}: the greeting names another host: {seen}",
        "Receivers and testers compare greeting, EHLO and reverse name; all should be the same.",
        "Set the server's own name (Postfix: myhostname) to the name in the MX record.",
        "RFC 5321 sections 4.2 and 4.3.1",
    ),
    Demand(
        "mta-sts-certificate",
        "address",
        "mta_sts_certificate",
        ("valid",),
        "error",
        "{about}: the certificate does not satisfy the MTA-STS policy: {seen}",
        "Senders that enforce the policy do not deliver to this host.",
        "Serve a certificate of a public authority that names the host in the MX record.",
        "RFC 8461 section 4.2",
    ),
    Demand(
        "srv-not-live",
        "service",
        "srv_live",
        ("valid",),
        "error",
        "{about}: what the record offers cannot be used: {seen}",
        "Mail programs that follow the record fail, or warn the user.",
        "Open the port with a certificate for the target's name, or correct the record.",
        "RFC 6186 sections 3 and 6",
    ),
)
