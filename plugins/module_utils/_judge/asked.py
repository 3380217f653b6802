# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an intent and its policy to what is demanded of each service, with every value filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .._model.demand import ENDPOINT, HOST, SERVICE, By, Demand
from .._model.intent import Intent, Listener
from .._model.policy import Standing
from .._model.rules_ports import DEMANDS
from .._model.services import SERVICES, by_port

MODE_WORDS = {
    "implicit": "implicit TLS",
    "starttls": "STARTTLS",
    "cleartext": "cleartext (no TLS)",
}
# The modes that are as intended, but for what starttls-not-offered tells.
_MODES = {
    "implicit": ("implicit",),
    "starttls": ("starttls", "cleartext"),
    "cleartext": ("cleartext", "starttls"),
}
# These weigh as much as the policy gives trust on a service (RFC 7672 for a public MX).
_OF_TRUST = ("certificate-name", "certificate-untrusted")


@dataclass(frozen=True)
class Asked:
    """What the options of a check add to the questions, or take from them.

    ``view`` is what the host says of itself (a HostView), None where it was not asked.
    """

    verify: bool = True
    injection: bool = False
    enforcement: bool = True
    certificates: bool = True
    credentials: bool = False
    view: Any = None

    @property
    def configured(self) -> bool:
        """Whether the host was asked what it is configured to serve."""
        return self.view is not None


_OPTIONS: Mapping[str, str] = {
    "injection": "the option starttls_injection is not set",
    "enforcement": "the option starttls_enforcement is false",
    "credentials": "no login_user is given",
    "configured": "the option configured is not given",
}


@dataclass(frozen=True)
class Bound:
    """A demand with its values: what is wanted, how severe it is when it is broken, the question
    with its item, the words for the message; and ``not_asked``, by whose wish it is left out."""

    demand: Demand
    question: str
    wanted: Any
    severity: str
    facts: Mapping[str, str]
    clause: str
    item: str = ""
    disagrees: str = ""
    not_asked: str = ""


def demands(
    intent: Intent, subject: str, listener: Optional[Listener], asked: Asked
) -> Iterator[Bound]:
    """Yield the demands on one subject: ENDPOINT and SERVICE of a listener, or HOST without one."""
    for demand in DEMANDS:
        if demand.subject != subject:
            continue
        not_asked = ""
        if listener is not None:
            applies, not_asked = _applies(demand, listener, asked)
            if not applies:
                continue
        yield from _bound(demand, intent, listener, not_asked)


def _applies(demand: Demand, listener: Listener, asked: Asked) -> tuple[bool, str]:
    """Tell whether a demand is for such a listener, and whose wish leaves it out all the same."""
    for name, values in demand.when.items():
        if name in _OPTIONS:
            if getattr(asked, name) not in values:
                return True, _OPTIONS[name]
        elif getattr(listener, name) not in values:
            return False, ""
    return True, ""


def _bound(
    demand: Demand, intent: Intent, listener: Optional[Listener], not_asked: str
) -> Iterator[Bound]:
    policy = intent.policy
    severity = policy.severities.get(demand.id, _severity(demand, intent, listener))
    if severity == "off":
        severity, not_asked = demand.severity, f"switched off by the policy {policy.name}"
    standing = policy.standing(listener.service, listener.port) if listener else None
    facts = _facts(demand, intent, listener, standing)
    clause, disagrees = demand.clause, ""
    if demand.id == "deprecated-port" and standing is not None:
        clause, disagrees = standing.clause, standing.disagrees
    items = _value(demand.each, intent, listener) if demand.each else ("",)
    for item in items:
        yield Bound(
            demand,
            f"{demand.question} {item}".strip(),
            _value(demand.wanted, intent, listener),
            severity,
            facts,
            clause,
            item,
            disagrees,
            not_asked,
        )


def _severity(demand: Demand, intent: Intent, listener: Optional[Listener]) -> str:
    if listener is None:
        return demand.severity
    standing = intent.policy.standing(listener.service, listener.port)
    if demand.id in _OF_TRUST:
        row = SERVICES.get(listener.service) or by_port(listener.port)
        # A relay may be lenient, but not where users hand it their passwords.
        users = row is not None and row.login == "none" and listener.login != "none"
        return "error" if standing is None or users else standing.trust
    if demand.id == "deprecated-port" and standing and standing.standing == "forbidden":
        return "error"
    return demand.severity


def _facts(
    demand: Demand, intent: Intent, listener: Optional[Listener], standing: Optional[Standing]
) -> dict[str, str]:
    """Return what fills the places of the demand's message, but for what was seen."""
    facts = {"policy": intent.policy.name}
    if listener is None:
        return facts
    facts["protocol"] = listener.protocol.upper()
    intended = {
        "wrong-tls-mode": MODE_WORDS[listener.tls],
        "tls-version": intent.policy.tls_min,
        "certificate-name": intent.server_name,
    }
    facts["intended"] = intended.get(demand.id, "")
    if standing is not None:
        facts.update(standing=standing.standing, note=standing.note)
    return facts


def _value(value: Any, intent: Intent, listener: Optional[Listener]) -> Any:
    """Return a value of a row, taken from the intent or the policy where it says so."""
    if not isinstance(value, By):
        return value
    policy = intent.policy
    if value.path == "key_bits":
        return {"RSA": policy.rsa_bits, "DSA": policy.rsa_bits, "EC": policy.ec_bits}
    if value.path == "policy.too_old":
        return policy.too_old()
    if listener is None:
        raise ValueError(f"{value.path} is asked of a host, and belongs to a service")
    if value.path == "modes":
        return _MODES[listener.tls]
    place, _dot, name = value.path.partition(".")
    return getattr(listener if place == "listener" else policy, name)


__all__ = ["ENDPOINT", "HOST", "MODE_WORDS", "SERVICE", "Asked", "Bound", "demands"]
