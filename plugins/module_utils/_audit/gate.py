# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of an audit: whether a pipeline may go on after what was found or not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._model.finding import NEVER
from .._model.rules import UNSEEN
from .document import counting, counts, first_names, name_of, saw_ports
from .outcomes import gaps

# What the gate does about a host that could not be audited.
FAIL, WARN = "fail", "warn"
UNREACHABLE = (FAIL, WARN)


class GateError(ValueError):
    """The limits cannot be used; the text is one line that says why."""


@dataclass(frozen=True)
class Gate:
    """Whether the audit passes, and the reasons in one line."""

    passed: bool
    message: str


def gate(audit: Mapping[str, Any], most: int = 0, unreachable: str = FAIL) -> Gate:
    """Return whether an audit passes. Raises GateError.

    It passes with at most ``most`` findings as severe as its ``fail_on``, waived ones left out,
    with nothing unknown about the hosts that were audited, which no number allows, and with every
    host audited from every vantage; where ``unreachable`` is WARN, one host whose ports were probed
    is enough. The not-probed findings of a host that could not be audited do not count as findings.
    An audit that probed no host proves nothing and does not pass. With ``fail_on`` NEVER every
    audit passes.
    """
    if unreachable not in UNREACHABLE:
        raise GateError(f"unreachable: {unreachable!r} is not one of {', '.join(UNREACHABLE)}")
    if most < 0:
        raise GateError(f"max_findings: {most} is below 0")
    level = audit["fail_on"]
    found = counts(one for host in audit["hosts"] if host["audited"] for one in host["findings"])
    bad = sum(found[name] for name in counting(level))
    lost = {name_of(host): None for host in audit["hosts"] if not host["audited"]}
    names = {name_of(host) for host in audit["hosts"]}
    seen = any(saw_ports(host) for host in audit["hosts"])
    tolerated = not lost or unreachable == WARN
    unknown = sum(_unknown(host) for host in audit["hosts"] if host["audited"])
    passed = level == NEVER or (seen and bad <= most and tolerated and not unknown)
    counted = "1 finding counts" if bad == 1 else f"{bad} findings count"
    words = [f"{counted} ({most} allowed)"]
    if unknown:
        words.append(f"{unknown} not known, which is never allowed")
    if lost:
        words.append(f"{len(lost)} of {len(names)} hosts not audited: {first_names(list(lost))}")
    elif not seen:
        words.append("no port was probed")
    return Gate(passed, ", ".join(words) if audit["hosts"] else "no host was audited")


def _unknown(host: Mapping[str, Any]) -> int:
    """Return how much of a host is not known, also of one without demands (of an old version)."""
    return gaps(host) or sum(one["rule"] in UNSEEN for one in host["findings"])
