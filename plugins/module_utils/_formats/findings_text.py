# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as text for people and as JSON for tools, hosts and ports aside."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence

from .._model.finding_row import Row, location, sentence
from .._model.rules import SEVERITIES
from .._model.safe_text import printable
from .pipelines import harmless_text

FORMAT_VERSION = 1
_WIDTH = 100
_COLOURS = {"info": "36", "warning": "33", "error": "31"}


def findings_text(findings: Sequence[Row], colour: bool = False) -> str:
    """Return each finding with its place, remedy and clause, and a last line that counts them."""
    lines: list[str] = []
    for one in findings:
        lines += _finding(one, colour)
    return harmless_text("\n".join([*lines, _sum(findings), ""]))


def findings_json(findings: Sequence[Row]) -> str:
    """Return the findings as one document: {format, summary: {severity: number}, findings}."""
    document = {
        "format": FORMAT_VERSION,
        "summary": _counts(findings),
        "findings": [dict(one) for one in findings],
    }
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _counts(findings: Sequence[Row]) -> dict[str, int]:
    return {name: sum(one["severity"] == name for one in findings) for name in SEVERITIES}


def _sum(findings: Sequence[Row]) -> str:
    if not findings:
        return "No findings."
    counts = _counts(findings)
    parts = [f"{counts[name]} {name}" for name in reversed(SEVERITIES) if counts[name]]
    return f"{len(findings)} finding{'s' if len(findings) > 1 else ''}: {', '.join(parts)}."


def _finding(finding: Row, colour: bool) -> list[str]:
    place = printable(location(finding), 300)
    path = printable(finding.get("path", ""), 200)
    if finding.get("line"):
        place += f":{finding['line']}"
    elif path:
        place = f"{place} {path}" if finding.get("file") or finding["host"] else path
    severity = finding["severity"]
    shown = f"\033[{_COLOURS[severity]}m{severity}\033[0m" if colour else severity
    head = f"{place}: {shown} {finding['rule']}: {printable(sentence(finding), 1000)}"
    clause = f"clause: {finding['clause']}"
    if finding["disagrees"]:
        clause += f"; policy {finding['policy']}, with which {finding['disagrees']} disagrees"
    return [head, *_wrapped(f"remedy: {finding['remedy']}"), *_wrapped(clause)]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        printable(text, 1000), _WIDTH, initial_indent="    ", subsequent_indent="      "
    )
