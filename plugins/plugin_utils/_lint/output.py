# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Render findings in any of the formats, by name."""

from __future__ import annotations

from collections.abc import Sequence

from ...module_utils._formats.codeclimate import to_codeclimate
from ...module_utils._formats.findings_text import findings_json, findings_text
from ...module_utils._formats.github import to_github
from ...module_utils._formats.junit import to_junit
from ...module_utils._formats.sarif import to_sarif
from ...module_utils._model.finding import NEVER, Finding

FORMATS = ("text", "json", "sarif", "junit", "codeclimate", "gitlab", "github")


def render(name: str, findings: Sequence[Finding], colour: bool, fail_on: str) -> str:
    """Return the findings in the format ``name``; ``colour`` is for text only.

    ``fail_on`` decides which findings are failures where a format knows such.
    """
    rows = [one.to_dict() for one in findings]
    if name == "text":
        return findings_text(rows, colour)
    if name == "json":
        return findings_json(rows)
    if name == "sarif":
        return to_sarif(rows)
    if name == "junit":
        return to_junit(rows, "error" if fail_on == NEVER else fail_on)
    if name == "github":
        return to_github(rows)
    return to_codeclimate(rows)
