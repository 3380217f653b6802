# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as workflow commands of GitHub Actions, which shows them beside the lines of files."""

from __future__ import annotations

from collections.abc import Sequence

from .._model.finding_row import Row, location, sentence
from .._model.safe_text import printable
from .pipelines import harmless_line

_COMMANDS = {"info": "notice", "warning": "warning", "error": "error"}


def to_github(findings: Sequence[Row], note: str = "") -> str:
    """Return one workflow command for each finding, and one for ``note``; "" for none."""
    last = [f"::notice title=mailports::{_data(note)}"] if note else []
    return "".join(f"{line}\n" for line in [*map(_command, findings), *last])


def _command(finding: Row) -> str:
    properties = {"title": f"mailports {finding['rule']}"}
    if finding.get("file"):
        properties = {
            "file": location(finding),
            "line": str(max(1, finding.get("line", 0))),
            **properties,
        }
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = f"{sentence(finding)}. {finding['remedy']} ({finding['clause']})"
    return f"::{_COMMANDS[finding['severity']]} {shown}::{_data(text)}"


def _data(text: str) -> str:
    return harmless_line(printable(text, 2000)).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
