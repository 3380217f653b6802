# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""THE table of formats in which findings can be shown, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from .._audit.document import counting
from .._audit.outcomes import words
from .._model.demand import OUTCOMES
from .._model.finding_row import Row
from .codeclimate import to_codeclimate
from .findings_text import findings_json, findings_text
from .github import to_github
from .junit import to_junit
from .pipelines import harmless_json, harmless_xml
from .sarif import to_sarif


@dataclass(frozen=True)
class Look:
    """What only some formats use: ANSI colours, the lowest severity that counts as a failure, what
    was checked without a finding, as (suite, name), and how many demands of each suite had which
    outcome."""

    colour: bool = False
    fail_on: str = "error"
    passed: Sequence[tuple[str, str]] = ()
    demands: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def total(self) -> dict[str, int]:
        """Return how many demands of all suites had which outcome, {} without demands."""
        if not self.demands:
            return {}
        return {name: sum(one[name] for one in self.demands.values()) for name in OUTCOMES}


def _not_waived(findings: Sequence[Row]) -> list[Row]:
    """Return the findings that no waiver covers, for formats that cannot show a waiver."""
    return [one for one in findings if not one.get("waived")]


def _junit(findings: Sequence[Row], look: Look) -> str:
    properties = {
        suite: {f"demands.{outcome}": number for outcome, number in counted.items()}
        for suite, counted in look.demands.items()
    }
    return harmless_xml(to_junit(findings, counting(look.fail_on)[0], look.passed, properties))


def _sarif(findings: Sequence[Row], look: Look) -> str:
    demands = look.total()
    return harmless_json(to_sarif(findings, properties={"demands": demands} if demands else None))


def _github(findings: Sequence[Row], look: Look) -> str:
    demands = look.total()
    return to_github(_not_waived(findings), words(demands) if demands else "")


def _codeclimate(findings: Sequence[Row], _look: Look) -> str:
    return harmless_json(to_codeclimate(_not_waived(findings)))


FORMATS: dict[str, Callable[[Sequence[Row], Look], str]] = {
    "text": lambda findings, look: findings_text(findings, look.colour),
    "json": lambda findings, _look: harmless_json(findings_json(findings)),
    "sarif": _sarif,
    "junit": _junit,
    "codeclimate": _codeclimate,
    "gitlab": _codeclimate,
    "github": _github,
}


def render(name: str, findings: Sequence[Row], look: Look) -> str:
    """Return findings as text in the format ``name``, a key of FORMATS."""
    return FORMATS[name](findings, look)
