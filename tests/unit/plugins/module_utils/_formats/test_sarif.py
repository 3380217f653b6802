# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test findings as SARIF: rules, places, levels and suppressions."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._formats.sarif import to_sarif

from .finding_rows import IN_FILE, OF_HOST, WAIVED


def run(*findings: dict[str, Any]) -> dict[str, Any]:
    """Return the one run of the log of these findings."""
    (found,) = json.loads(to_sarif(findings, "1.2.3"))["runs"]
    made: dict[str, Any] = found
    return made


def test_places_and_levels() -> None:
    made = run(IN_FILE, OF_HOST)
    first, second = made["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "group_vars/all%20files.yml"
    assert place["region"] == {"startLine": 3}
    assert second["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "mail.example.net/imap"}
    ]
    assert [one["level"] for one in made["results"]] == ["warning", "error"]


def test_each_rule_stands_once_with_its_help() -> None:
    made = run(IN_FILE, OF_HOST, OF_HOST, {**OF_HOST, "rule": "rule-of-a-later-version"})
    driver = made["tool"]["driver"]
    assert driver["semanticVersion"] == "1.2.3"
    names = [rule["id"] for rule in driver["rules"]]
    assert names == ["cleartext-port", "port-open", "rule-of-a-later-version"]
    assert [one["ruleIndex"] for one in made["results"]] == [0, 1, 1, 2]
    assert driver["rules"][1]["help"]["text"]


def test_a_waived_finding_is_suppressed() -> None:
    (result,) = run(WAIVED)["results"]
    assert result["suppressions"] == [
        {"kind": "external", "justification": "old (ops, until 2027-01-31)"}
    ]
