# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as Code Climate JSON, which GitLab's code quality report reads too."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .._model.finding_row import Row, fingerprints, location, sentence

_SEVERITIES = {"info": "info", "warning": "minor", "error": "major"}


def to_codeclimate(findings: Sequence[Row]) -> str:
    """Return the findings as one JSON list of issues."""
    issues = [
        {
            "type": "issue",
            "check_name": one["rule"],
            "description": sentence(one),
            "content": {"body": f"{one['remedy']} ({one['clause']})"},
            "categories": ["Security"],
            "severity": _SEVERITIES[one["severity"]],
            "fingerprint": mark,
            "location": {
                "path": location(one),
                "lines": {"begin": max(1, one.get("line", 0)), "end": max(1, one.get("line", 0))},
            },
        }
        for one, mark in zip(findings, fingerprints(findings))
    ]
    return json.dumps(issues, indent=2) + "\n"
