# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of an audit: whether a pipeline may go on after what was found or not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._model.finding import NEVER
from .document import counting, counts

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

    It passes with at most ``most`` findings as severe as its ``fail_on``, waived ones left out, and
    with every host audited; where ``unreachable`` is WARN, one audited host is enough. The
    not-probed findings of a host that could not be audited do not count as findings. An audit of
    no host at all proves nothing and does not pass. With ``fail_on`` NEVER every audit passes.
    """
    if unreachable not in UNREACHABLE:
        raise GateError(f"unreachable: {unreachable!r} is not one of {', '.join(UNREACHABLE)}")
    if most < 0:
        raise GateError(f"max_findings: {most} is below 0")
    level = audit["fail_on"]
    found = counts(one for host in audit["hosts"] if host["audited"] for one in host["findings"])
    bad = sum(found[name] for name in counting(level))
    not_audited = sum(not host["audited"] for host in audit["hosts"])
    allowed = 0 if unreachable == FAIL else len(audit["hosts"]) - 1
    passed = level == NEVER or (bool(audit["hosts"]) and bad <= most and not_audited <= allowed)
    counted = "1 finding counts" if bad == 1 else f"{bad} findings count"
    words = [f"{counted} ({most} allowed)"]
    words += [f"{not_audited} of {len(audit['hosts'])} hosts not audited"] if not_audited else []
    return Gate(passed, ", ".join(words) if audit["hosts"] else "no host was audited")
