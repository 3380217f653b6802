# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding: one thing that is not as intended, with place, cause, remedy and clause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .rule import SEVERITIES

AUTO, ALWAYS, NEVER = "auto", "always", "never"
FAIL_ON = (*SEVERITIES, NEVER)
# When the result of a check that failed keeps what was seen and asked.
DETAILS = (AUTO, ALWAYS, NEVER)


@dataclass(frozen=True)
class Finding:
    """``port`` is 0 and ``service`` "" where the finding is about the whole host; ``evidence`` is
    what the diagnosis saw that points to ``cause``; ``disagrees`` names the clause that
    contradicts the policy, where one does; ``layer`` is one of LAYERS, "" where it is not known.
    ``file``, ``line`` (from 1) and ``path`` (inside the data) are the place of what was linted; ""
    and 0 where there is none."""

    rule: str
    severity: str
    message: str
    cause: str
    remedy: str
    clause: str
    policy: str
    host: str
    service: str = ""
    port: int = 0
    address: str = ""
    evidence: str = ""
    disagrees: str = ""
    layer: str = ""
    file: str = ""
    line: int = 0
    path: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data (the form that modules return)."""
        return asdict(self)


def from_dict(data: Mapping[str, Any]) -> Finding:
    """Return the finding that ``to_dict`` made into ``data``."""
    return Finding(**data)


def reaches(findings: Iterable[Finding], fail_on: str) -> bool:
    """Tell whether any finding is as severe as ``fail_on`` (info, warning, error) or more.

    ``never`` decides only whether a task fails; what is compliant is then measured by error.
    """
    level = SEVERITIES.index("error" if fail_on == NEVER else fail_on)
    return any(SEVERITIES.index(finding.severity) >= level for finding in findings)
