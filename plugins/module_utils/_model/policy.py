# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies: which ports are recommended, accepted, deprecated or forbidden; which TLS is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Optional

from .services import SERVICES, TLS_VERSIONS, by_port

STANDINGS = ("recommended", "accepted", "deprecated", "forbidden")
OFF = "off"


def _use(name: str) -> str:
    return f"use port {SERVICES[name].port} ({name})"


@dataclass(frozen=True)
class Standing:
    """How a policy sees one service.

    ``trust`` is the severity of a certificate that is untrusted or for another name;
    ``disagrees`` names the clause that says otherwise, where a policy departs from the standards.
    """

    standing: str
    clause: str
    note: str = ""
    trust: str = "error"
    disagrees: str = ""


@dataclass(frozen=True)
class Policy:
    """One named policy.

    ``tls_min`` is the lowest TLS version that may be accepted, ``certificate_days`` the days
    left below which a certificate is about to expire (None: a third of its life), ``rsa_bits`` and
    ``ec_bits`` the smallest keys, ``services`` the standing of each service by name,
    ``default_open`` the services that a host without an intent of its own is expected to serve,
    ``severities`` overrides by rule.
    """

    name: str
    title: str
    services: Mapping[str, Standing]
    default_open: tuple[str, ...]
    tls_min: str = "TLSv1.2"
    tls_clause: str = "RFC 8996 section 2, RFC 8997 section 3"
    certificate_days: Optional[int] = None
    rsa_bits: int = 2048
    ec_bits: int = 224
    weak_hashes: tuple[str, ...] = ("md2", "md4", "md5", "sha1")
    severities: Mapping[str, str] = field(default_factory=dict)

    def standing(self, service: str, port: int) -> Standing | None:
        """Return the standing of a service, by its name or by the row that owns its port."""
        row = by_port(port)
        return self.services.get(service) or (self.services.get(row.name) if row else None)

    def too_old(self) -> tuple[str, ...]:
        """Return the TLS versions that no listener may accept, oldest first."""
        return TLS_VERSIONS[: TLS_VERSIONS.index(self.tls_min)]

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as plain data."""
        data = asdict(self)
        data["severities"] = dict(self.severities)
        return data


_RFC8314 = Policy(
    name="rfc8314",
    title="RFC 8314: implicit TLS preferred, STARTTLS required where it is used",
    default_open=("smtp", "submission", "submissions", "imaps"),
    services={
        "smtp": Standing(
            "recommended",
            "RFC 3207 section 4, RFC 7672, RFC 8461",
            "needed on an MX, with opportunistic STARTTLS; not for mail that users submit",
            trust="info",
        ),
        "submissions": Standing("recommended", "RFC 8314 sections 3.3 and 7.3", "preferred"),
        "submission": Standing(
            "accepted",
            "RFC 6409, RFC 8314 section 3.3",
            "valid if STARTTLS is required; servers should offer both this port and submissions",
        ),
        "submission_alt": Standing(
            "accepted",
            "no RFC",
            "an exception for networks that block the other ports; STARTTLS required",
        ),
        "pop3": Standing("deprecated", "RFC 8314 section 4.1", _use("pop3s")),
        "imap": Standing("deprecated", "RFC 8314 section 4.1", _use("imaps")),
        "imaps": Standing("recommended", "RFC 8314 section 3.2", "preferred"),
        "pop3s": Standing("recommended", "RFC 8314 section 3.1", "preferred"),
    },
)

_STARTTLS_FIRST = replace(
    _RFC8314,
    name="starttls_first",
    title="The table of most how-to pages: STARTTLS submission first",
    default_open=("smtp", "submission", "imaps", "pop3s"),
    services={
        "smtp": Standing(
            "accepted",
            "RFC 6409 section 3.1",
            "mail between servers; deprecated for mail that users submit",
            trust="info",
        ),
        "submission": Standing("recommended", "RFC 6409 section 3.1", "the submission port"),
        "submissions": Standing(
            "deprecated",
            "the smtps registration of the 1990s, revoked",
            _use("submission"),
            disagrees="RFC 8314 section 7.3",
        ),
        "submission_alt": Standing(
            "accepted", "no RFC", "the alternative where a provider blocks the relay port"
        ),
        "pop3": Standing("deprecated", "RFC 2595 section 2", _use("pop3s")),
        "imap": Standing("deprecated", "RFC 2595 section 2", _use("imaps")),
        "imaps": Standing("recommended", "RFC 8314 section 3.2"),
        "pop3s": Standing("recommended", "RFC 8314 section 3.1"),
    },
)

POLICIES = {policy.name: policy for policy in (_RFC8314, _STARTTLS_FIRST)}
DEFAULT_POLICY = _RFC8314.name

PLAIN_KEYS = ("tls_min", "certificate_days", "rsa_bits", "ec_bits")


def policy_from(value: str | Mapping[str, Any] | None) -> Policy:
    """Return a policy from its name, or from a dictionary that ``extends`` one of the named ones.

    ``value`` has been judged by the JSON Schema of the intent (on the controller).
    """
    if value is None:
        return POLICIES[DEFAULT_POLICY]
    if isinstance(value, str):
        return POLICIES[value]
    base = POLICIES[value.get("extends", DEFAULT_POLICY)]
    name = value.get("name", f"{base.name} (extended)")
    services = dict(base.services)
    for service, change in value.get("services", {}).items():
        services[service] = replace(services[service], **{"clause": f"policy {name}", **change})
    return replace(
        base,
        name=name,
        title=f"extends {base.name}",
        services=services,
        severities={**base.severities, **value.get("severities", {})},
        **{key: value[key] for key in PLAIN_KEYS if key in value},
    )
