# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The intended state of a domain, as frozen values: what ports cannot say about its names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .._model.intent import Intent
from .names import ascii_name

DMARC_POLICIES = ("none", "quarantine", "reject")
MTA_STS_MODES = ("enforce", "testing", "none")
DANE = ("required", "off")
STRANGERS = ("fail", "softfail")
DAY = 86400
MTA_STS_MAX_AGE = 14 * DAY

# RFC 6186 section 3.1 and 3.2, RFC 8314 section 5.1: service of the table to its SRV name.
SRV_NAMES = {
    "submission": "_submission._tcp",
    "submissions": "_submissions._tcp",
    "imap": "_imap._tcp",
    "imaps": "_imaps._tcp",
    "pop3": "_pop3._tcp",
    "pop3s": "_pop3s._tcp",
}


@dataclass(frozen=True)
class Dmarc:
    """``policy`` and ``subdomains`` are of DMARC_POLICIES; the other two are URIs."""

    policy: str = "reject"
    subdomains: str = ""
    reports: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class MtaSts:
    """``mode`` is of MTA_STS_MODES, ``max_age`` in seconds; ``id`` is "" where it follows from
    the policy's text."""

    mode: str = "enforce"
    max_age: int = MTA_STS_MAX_AGE
    id: str = ""


CLIENT_METHODS = ("autoconfig", "autodiscover")


@dataclass(frozen=True)
class Clients:
    """What is published for mail programs: the web ``host`` that serves it, what programs call the
    provider ("" for the domain), how users log in, and the methods by which programs find it."""

    host: str
    name: str = ""
    username: str = "address"
    methods: tuple[str, ...] = CLIENT_METHODS


@dataclass(frozen=True)
class Selector:
    """One DKIM selector; ``key`` is the public key as in p=, "" where it is not known here."""

    name: str
    key: str = ""
    type: str = "rsa"


@dataclass(frozen=True)
class Domain:
    """What one domain is meant to say.

    ``mail_hosts`` is in order of preference, empty where none are named or ``takes_mail`` is
    false. ``senders`` are addresses and networks that may send for it (``senders_named``: whether
    the intent says anything of them), ``spf_include`` domains whose SPF record is included,
    ``strangers`` what everybody else gets, "" where nobody said. None stands for what the intent
    does not mention: whether it is there is then not asked. ``tlsa`` holds (host, ``3 1 1 HEX``)
    for records that shall be there. ``ports`` are the intents of the hosts.
    """

    domain: str
    mail_hosts: tuple[str, ...] = ()
    takes_mail: bool = True
    senders: tuple[str, ...] = ()
    senders_named: bool = False
    spf_include: tuple[str, ...] = ()
    strangers: str = ""
    dkim: Optional[tuple[Selector, ...]] = None
    dmarc: Optional[Dmarc] = None
    mta_sts: Optional[MtaSts] = None
    tlsrpt: Optional[tuple[str, ...]] = None
    dane: str = ""
    issuers: Optional[tuple[str, ...]] = None
    tlsa: tuple[tuple[str, str], ...] = ()
    clients: Optional[Clients] = None
    ports: tuple[Intent, ...] = ()


def expand(data: Mapping[str, Any], ports: Iterable[Intent] = ()) -> Domain:
    """Return the domain that ``data`` describes; it has been judged by its JSON Schema.

    ``ports`` are the intents of its hosts: what they declare as open decides which SRV records
    are right. Without ``mail_hosts`` they are those of the intents that have smtp open, in their
    order; an empty list says that the domain takes no mail.
    """
    ports = list(ports)
    hosts = data.get("mail_hosts")
    takes_mail = hosts is None or bool(hosts)
    if hosts is None:
        hosts = [one.server_name for one in ports if _opens(one, "smtp")]
    spf = data.get("spf") or {}
    return Domain(
        domain=ascii_name(data["domain"].rstrip(".")),
        mail_hosts=tuple(ascii_name(host.rstrip(".")) for host in hosts),
        takes_mail=takes_mail,
        senders=tuple(data.get("senders") or ()),
        senders_named=data.get("senders") is not None,
        spf_include=tuple(spf.get("include", ())),
        strangers=spf.get("strangers", ""),
        dkim=_selectors(data.get("dkim")),
        dmarc=_dmarc(data.get("dmarc")),
        mta_sts=_mta_sts(data.get("mta_sts")),
        tlsrpt=_tlsrpt(data.get("tlsrpt")),
        dane=data.get("dane", ""),
        issuers=_issuers(data.get("caa")),
        tlsa=_tlsa(data.get("tlsa")),
        clients=_clients(data.get("clients")),
        ports=tuple(ports),
    )


def _opens(intent: Intent, service: str) -> bool:
    return any(one.service == service and one.state == "open" for one in intent.listeners)


def uris(value: Any) -> tuple[str, ...]:
    """Return report addresses from one or a list; a mail address alone becomes a mailto URI."""
    given = [value] if isinstance(value, str) else list(value or ())
    return tuple(one if ":" in one else f"mailto:{one}" for one in given)


def _selectors(data: Optional[Mapping[str, Any]]) -> Optional[tuple[Selector, ...]]:
    if data is None:
        return None
    keys = data.get("public_keys") or {}
    made = []
    for name in data["selectors"]:
        given = keys.get(name, "")
        kind, colon, key = given.partition(":")
        made.append(Selector(name, key, kind) if colon else Selector(name, given))
    return tuple(made)


def _dmarc(data: Optional[Mapping[str, Any]]) -> Optional[Dmarc]:
    if data is None:
        return None
    return Dmarc(
        data.get("policy", "reject"),
        data.get("subdomains", ""),
        uris(data.get("reports")),
        uris(data.get("failures")),
    )


def _mta_sts(data: Optional[Mapping[str, Any]]) -> Optional[MtaSts]:
    if data is None:
        return None
    return MtaSts(
        data.get("mode", "enforce"), data.get("max_age", MTA_STS_MAX_AGE), data.get("id", "")
    )


def _tlsrpt(data: Optional[Mapping[str, Any]]) -> Optional[tuple[str, ...]]:
    return None if data is None else uris(data.get("reports"))


def _issuers(data: Optional[Mapping[str, Any]]) -> Optional[tuple[str, ...]]:
    return None if data is None else tuple(data["issuers"])


def _clients(data: Optional[Mapping[str, Any]]) -> Optional[Clients]:
    if data is None:
        return None
    return Clients(
        ascii_name(data["host"].rstrip(".")),
        data.get("name", ""),
        data.get("username", "address"),
        tuple(data.get("methods", CLIENT_METHODS)),
    )


def _tlsa(data: Optional[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((host, record) for host, records in (data or {}).items() for record in records)


def srv_wanted(domain: Domain) -> dict[str, Optional[tuple[int, str]]]:
    """Return SRV name -> (port, host), or None for a service that is not offered (RFC 2782, ``.``).

    Empty where no intent of ports was given: then nobody knows what is open.
    """
    opened: dict[str, tuple[int, str]] = {}
    for intent in domain.ports:
        for one in intent.listeners:
            if one.state == "open":
                opened.setdefault(one.service, (one.port, intent.server_name))
    if not domain.ports:
        return {}
    return {f"{name}.{domain.domain}": opened.get(service) for service, name in SRV_NAMES.items()}
