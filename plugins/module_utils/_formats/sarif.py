# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as SARIF 2.1.0 (OASIS), with help on each rule and stable fingerprints."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Optional
from urllib.parse import quote

from .._model.finding_row import Row, fingerprints, location, sentence
from .._model.home import HOME
from .._model.rules import RULES

_PLACE = re.compile(r"\{\w+\}")
_LEVELS = {"info": "note", "warning": "warning", "error": "error"}
_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_FINGERPRINT = "mailportsFinding/v1"


def to_sarif(
    findings: Sequence[Row], version: str = "", properties: Optional[Mapping[str, Any]] = None
) -> str:
    """Return the findings as a SARIF log with one run; ``version`` is that of this tool,
    ``properties`` are those of the run."""
    used = list(dict.fromkeys(one["rule"] for one in findings))
    driver: dict[str, Any] = {
        "name": "mailports",
        "rules": [_rule(name) for name in used],
    }
    if HOME:
        driver["informationUri"] = HOME
    if version:
        driver["semanticVersion"] = version
    marks = fingerprints(findings)
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(one, used.index(one["rule"]), mark) for one, mark in zip(findings, marks)
        ],
    }
    if properties:
        run["properties"] = properties
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _rule(name: str) -> Mapping[str, Any]:
    rule = RULES.get(name)
    if rule is None:
        return {"id": name}
    text = f"{rule.remedy} ({rule.clause})"
    return {
        "id": name,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": f"{name.replace('-', ' ').capitalize()}."},
        "fullDescription": {"text": f"A mail port {_PLACE.sub('...', rule.message)}."},
        "help": {"text": text, "markdown": f"**{name}**: {text}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["mail", "security"], "clause": rule.clause},
    }


def _result(finding: Row, index: int, mark: str) -> Mapping[str, Any]:
    place: dict[str, Any] = {}
    if finding.get("file"):
        place["physicalLocation"] = {
            "artifactLocation": {"uri": quote(location(finding), safe="/")},
            "region": {"startLine": max(1, finding.get("line", 0))},
        }
    name = finding.get("path") or f"{finding['host']}/{finding['service']}".strip("/")
    if name:
        place["logicalLocations"] = [{"fullyQualifiedName": name}]
    text = f"{sentence(finding)}. {finding['remedy']} ({finding['clause']})"
    result: dict[str, Any] = {
        "ruleId": finding["rule"],
        "ruleIndex": index,
        "level": _LEVELS[finding["severity"]],
        "message": {"text": text},
        "partialFingerprints": {_FINGERPRINT: mark},
    }
    if place:
        result["locations"] = [place]
    if finding.get("waived"):
        reason = "{reason} ({owner}, until {expires})".format(**finding["waived"])
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result
