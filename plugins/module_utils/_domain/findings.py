# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes of a domain's demands as findings, and as one result of an audit beside the hosts'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._model.demand import BROKEN, HOST, NOT_KNOWN, count
from .._model.finding import NEVER, Finding
from .._model.rules import (
    AUTHENTICATION_ISSUE,
    INCORRECT_PORT_SETTINGS,
    NOT_PROBED,
    SEVERITIES,
    TLS_ERROR,
)
from .demand import Outcome, holds

# The vantage of a row that looks at names, whoever asked the DNS.
NAMES = "names"
_SHOWN = 5
# Demands on certificates and logins; every other one is about what somebody has written down.
_CAUSES = {
    "dane-mismatch": TLS_ERROR,
    "mta-sts-fetch": TLS_ERROR,
    "mta-sts-certificate": TLS_ERROR,
    "srv-not-live": TLS_ERROR,
    "client-server-certificate": TLS_ERROR,
    "client-place-certificate": TLS_ERROR,
    "client-settings-in-clear": TLS_ERROR,
    "client-server-no-login": AUTHENTICATION_ISSUE,
}


def findings(outcomes: Iterable[Outcome]) -> list[Finding]:
    """Return a finding for each demand that is broken or not known."""
    return [
        Finding(
            rule=one.demand,
            severity=one.severity,
            message=one.message,
            cause=_cause(one),
            remedy=one.remedy,
            clause=one.clause,
            policy=NAMES,
            host=one.domain,
            evidence=one.cause,
        )
        for one in outcomes
        if one.outcome in (BROKEN, NOT_KNOWN)
    ]


def worst(found: Sequence[Mapping[str, Any]]) -> str:
    """Return a line for each of the worst of these findings: what a failed task shows first."""
    listed = sorted(found, key=lambda one: -SEVERITIES.index(one["severity"]))
    lines = [str(one["message"]) for one in listed[:_SHOWN]]
    if len(listed) > _SHOWN:
        lines.append(f"... and {len(listed) - _SHOWN} more findings")
    return "\n".join(lines)


def _cause(one: Outcome) -> str:
    if one.outcome == NOT_KNOWN:
        return NOT_PROBED
    return _CAUSES.get(one.demand, INCORRECT_PORT_SETTINGS)


def _row(one: Outcome) -> dict[str, Any]:
    """Return an outcome as audits count them; to them the domain is the host."""
    place = {"subject": HOST, "service": "", "port": 0, "address": ""}
    told = {"item": one.about, "detail": one.message}
    return {"demand": one.demand, "outcome": one.outcome, **place, **told}


def result(domain: str, outcomes: Sequence[Outcome], fail_on: str) -> dict[str, Any]:
    """Return the outcomes in the form of port_check's result: what an audit puts together."""
    found = findings(outcomes)
    counted = {name: sum(one.severity == name for one in found) for name in SEVERITIES}
    return {
        "compliant": holds(outcomes, "error" if fail_on == NEVER else fail_on),
        "findings": [one.to_dict() for one in found],
        "demands": [_row(one) for one in outcomes],
        "observations": [],
        "intent": {"host": domain, "listeners": []},
        "summary": {
            "policy": NAMES,
            "endpoints": 0,
            "open": 0,
            "findings": counted,
            "demands": count(outcomes),
        },
    }
