# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of an audit: whether what was found, and what was not seen, lets a pipeline go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._model.finding import NEVER
from .._model.rules import SEVERITIES
from .document import counts

# What a host that could not be audited does to the gate.
FAIL, WARN = "fail", "warn"
UNREACHABLE = (FAIL, WARN)


class GateError(ValueError):
    """Limits that cannot be used; one line that says why."""


@dataclass(frozen=True)
class Gate:
    """A verdict, and one line that gives its reasons."""

    passed: bool
    message: str


def gate(audit: Mapping[str, Any], most: int = 0, unreachable: str = FAIL) -> Gate:
    """Return whether an audit passes. Raises GateError.

    It does with at most ``most`` findings, waived ones left out, as severe as its ``fail_on``,
    and with every host audited, or at least one where ``unreachable`` is WARN; what a lost host was
    not probed for counts by that alone. An audit that saw no host at all proves nothing and does
    not pass. With ``fail_on`` NEVER every audit passes: it only reports.
    """
    if unreachable not in UNREACHABLE:
        raise GateError(f"unreachable: {unreachable!r} is not one of {', '.join(UNREACHABLE)}")
    if most < 0:
        raise GateError(f"max_findings: {most} is below 0")
    level = audit["fail_on"]
    floor = SEVERITIES.index("error" if level == NEVER else level)
    found = counts(one for host in audit["hosts"] if host["audited"] for one in host["findings"])
    bad = sum(found[name] for name in SEVERITIES[floor:])
    lost = sum(not host["audited"] for host in audit["hosts"])
    allowed = 0 if unreachable == FAIL else len(audit["hosts"]) - 1
    passed = level == NEVER or (bool(audit["hosts"]) and bad <= most and lost <= allowed)
    counted = "1 finding counts" if bad == 1 else f"{bad} findings count"
    words = [f"{counted} ({most} allowed)"]
    words += [f"{lost} of {len(audit['hosts'])} hosts not audited"] if lost else []
    return Gate(passed, ", ".join(words) if audit["hosts"] else "no host was audited")
