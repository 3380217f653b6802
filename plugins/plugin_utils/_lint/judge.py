# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of one file and a policy to findings (cleartext, deprecated, wrong TLS mode): pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Optional

from ...module_utils._model.finding import Finding
from ...module_utils._model.policy import OFF, Policy
from ...module_utils._model.rules import FIXED, RULES
from ...module_utils._model.services import SERVICES, TLS_VERSIONS
from .facts import (
    CLEARTEXT,
    CLIENT,
    IMPLICIT,
    LISTENER,
    OPTIONAL,
    STARTTLS,
    Fact,
    Flaw,
    Lowest,
    Mention,
    Place,
)

_WORDS = {
    IMPLICIT: "TLS from the first byte",
    STARTTLS: "STARTTLS",
    CLEARTEXT: "cleartext",
    OPTIONAL: "STARTTLS if it is offered",
}
_PORTS = {
    mode: ", ".join(f"{row.port} ({row.name})" for row in SERVICES.values() if row.tls == mode)
    for mode in (IMPLICIT, STARTTLS)
}
_WRONG_MODE = (
    "Use the TLS mode that belongs to the port, or a port that belongs to the mode: implicit TLS "
    f"on ports {_PORTS[IMPLICIT]}; STARTTLS on ports {_PORTS[STARTTLS]}."
)
_CLEAR = (
    f"Switch TLS on and require it: implicit TLS on ports {_PORTS[IMPLICIT]}, or else STARTTLS "
    f"on ports {_PORTS[STARTTLS]}."
)


def judge_lint(facts: Iterable[Fact], policy: Policy, file: str = "") -> list[Finding]:
    """Return the findings on the facts of one file in the order of its lines, each once."""
    judge = _Judge(policy, file)
    found = dict.fromkeys(one for fact in facts for one in judge.one(fact))
    ordered = sorted(found, key=lambda one: (one.line, _rank(one), one.path, one.port, one.rule))
    return list(_once(ordered))


# A place gets one finding about its port: the first of these rules that applies.
_ORDER = ("wrong-tls-mode", "cleartext-port", "relay-port-for-submission", "deprecated-port")


def _rank(finding: Finding) -> int:
    return _ORDER.index(finding.rule) if finding.rule in _ORDER else len(_ORDER)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings, of several about the port of one place only the most important one."""
    reported: set[tuple[object, ...]] = set()
    for finding in findings:
        at = finding.line or finding.path
        if finding.rule in _ORDER:
            key: tuple[object, ...] = (at, finding.port)
        else:
            key = (at, finding.rule, finding.message)
        if key not in reported:
            reported.add(key)
            yield finding


class _Judge:
    """One policy, and the file that is judged by it."""

    def __init__(self, policy: Policy, file: str) -> None:
        self._policy = policy
        self._file = file

    def one(self, fact: Fact) -> Iterator[Finding]:
        """Yield the findings on one fact."""
        if isinstance(fact, Mention):
            yield from self._mention(fact)
        elif isinstance(fact, Lowest):
            yield from self._lowest(fact)
        else:
            yield from self._flaw(fact)

    def _mention(self, seen: Mention) -> Iterator[Finding]:
        """Yield at most one finding: the first that applies."""
        if seen.local:
            return
        wrong = _wrong_mode(seen)
        if wrong:
            yield from self._make(
                "wrong-tls-mode",
                seen.place,
                seen.row.name,
                seen.port,
                intended=wrong[0],
                seen=wrong[1],
                remedy=_WRONG_MODE,
            )
        elif _in_clear(seen):
            remedy = seen.remedy or _CLEAR
            yield from self._port("cleartext-port", seen, message=_in_words(seen), remedy=remedy)
        elif seen.role == CLIENT and seen.login and seen.row.name == "smtp":
            yield from self._port("relay-port-for-submission", seen)
        else:
            yield from self._standing(seen)
        submits = seen.row.protocol == "smtp" and seen.row.tls == STARTTLS
        submits = submits and seen.row.login != "none" and seen.role == CLIENT
        if submits and seen.login and seen.tls == OPTIONAL:
            yield from self._make(
                "starttls-not-required",
                seen.tls_place or seen.place,
                seen.row.name,
                seen.port,
                seen="TLS is used only if it is offered",
            )

    def _standing(self, seen: Mention) -> Iterator[Finding]:
        standing = self._policy.standing(seen.row.name, seen.port)
        if standing is None or standing.standing not in ("deprecated", "forbidden"):
            return
        opened = f"is open by default in {seen.by_default}, and " if seen.by_default else ""
        yield from self._port(
            "deprecated-port",
            seen,
            default=opened,
            severity="error" if standing.standing == "forbidden" else "",
            standing=standing.standing,
            remedy=seen.remedy,
            policy=self._policy.name,
            note=standing.note,
            clause=standing.clause,
            disagrees=standing.disagrees,
        )

    def _lowest(self, seen: Lowest) -> Iterator[Finding]:
        lowest = self._policy.tls_min
        if seen.version in TLS_VERSIONS and TLS_VERSIONS.index(seen.version) < TLS_VERSIONS.index(
            lowest
        ):
            yield from self._make(
                "tls-version", seen.place, "", 0, seen=seen.version, intended=lowest
            )

    def _flaw(self, flaw: Flaw) -> Iterator[Finding]:
        facts: dict[str, Any] = dict(flaw.facts)
        yield from self._make(
            flaw.rule,
            flaw.place,
            flaw.service,
            flaw.port,
            severity=flaw.severity,
            remedy=flaw.remedy,
            **facts,
        )

    def _port(self, rule: str, seen: Mention, **facts: Any) -> Iterator[Finding]:
        yield from self._make(rule, seen.place, seen.row.name, seen.port, **facts)

    def _make(
        self, rule_id: str, place: Place, service: str, port: int, **facts: Any
    ) -> Iterator[Finding]:
        """Yield one finding of a rule, unless the policy has switched the rule off."""
        rule = RULES[rule_id]
        severity = facts.pop("severity", "") or rule.severity
        if rule_id not in FIXED:
            severity = self._policy.severities.get(rule_id, severity)
        if severity == OFF:
            return
        remedy = facts.pop("remedy", "") or rule.remedy
        default = facts.pop("default", "")
        clause = facts.pop("clause", "") or rule.clause
        disagrees = facts.pop("disagrees", "")
        yield Finding(
            rule=rule_id,
            severity=severity,
            message=default + (facts.pop("message", "") or rule.message.format(**facts)),
            cause=rule.cause,
            remedy=remedy,
            clause=clause,
            policy=self._policy.name,
            disagrees=disagrees,
            host="",
            service=service,
            port=port,
            file=self._file,
            line=place.line,
            path=place.path,
        )


def _wrong_mode(seen: Mention) -> Optional[tuple[str, str]]:
    """Return the mode that belongs to a port and the wrong one that is set, or None."""
    if seen.row.tls == IMPLICIT:
        if seen.tls in (STARTTLS, CLEARTEXT):
            return _WORDS[IMPLICIT], _WORDS[seen.tls]
    elif seen.tls == IMPLICIT:
        return _WORDS[STARTTLS], _WORDS[IMPLICIT]
    return None


def _in_words(seen: Mention) -> str:
    """Return the message about a port that is used without TLS: what to use instead."""
    row = next(
        one
        for one in SERVICES.values()
        if one.protocol == seen.row.protocol and one.tls == IMPLICIT
    )
    if seen.by_default:
        return (
            f"is open by default in {seen.by_default}, without TLS; use port {row.port} "
            f"({row.name}) with TLS"
        )
    if seen.tls == CLEARTEXT:
        return f"is used without TLS; use port {row.port} ({row.name}) with TLS"
    return f"is used by a client that sets no TLS; use port {row.port} ({row.name}) with TLS"


def _in_clear(seen: Mention) -> bool:
    """Tell whether users log in on a port without TLS."""
    if seen.tls == CLEARTEXT and seen.role == LISTENER:
        return True
    if seen.row.protocol != "smtp" and seen.row.tls == STARTTLS:
        return seen.tls == CLEARTEXT or (seen.role == CLIENT and seen.tls is None)
    return seen.tls == CLEARTEXT and seen.role == CLIENT and bool(seen.login)
