# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""THE table of formats in which findings can be shown, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .._audit.document import counting
from .._model.finding_row import Row
from .codeclimate import to_codeclimate
from .findings_text import findings_json, findings_text
from .github import to_github
from .junit import to_junit
from .sarif import to_sarif


@dataclass(frozen=True)
class Look:
    """What only some formats use: ANSI colours, the lowest severity that counts as a failure, and
    what was checked without a finding, as (suite, name)."""

    colour: bool = False
    fail_on: str = "error"
    passed: Sequence[tuple[str, str]] = ()


def _not_waived(findings: Sequence[Row]) -> list[Row]:
    """Return the findings that no waiver covers, for formats that cannot show a waiver."""
    return [one for one in findings if not one.get("waived")]


FORMATS: dict[str, Callable[[Sequence[Row], Look], str]] = {
    "text": lambda findings, look: findings_text(findings, look.colour),
    "json": lambda findings, _look: findings_json(findings),
    "sarif": lambda findings, _look: to_sarif(findings),
    "junit": lambda findings, look: to_junit(findings, counting(look.fail_on)[0], look.passed),
    "codeclimate": lambda findings, _look: to_codeclimate(_not_waived(findings)),
    "gitlab": lambda findings, _look: to_codeclimate(_not_waived(findings)),
    "github": lambda findings, _look: to_github(_not_waived(findings)),
}


def render(name: str, findings: Sequence[Row], look: Look) -> str:
    """Return findings as text in the format ``name``, a key of FORMATS."""
    return FORMATS[name](findings, look)
