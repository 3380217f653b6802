# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as JUnit XML: each file or host is a test suite, each finding a test case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .._model.finding_row import Row, location, sentence, subject
from .._model.rules import SEVERITIES
from .._model.safe_text import printable


def to_junit(
    findings: Sequence[Row],
    fail_on: str = "error",
    passed: Sequence[tuple[str, str]] = (),
    properties: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> str:
    """Return the findings as JUnit XML, and a passed case for each (suite, name) of ``passed``;
    ``properties`` are those of a suite, by its name.

    Findings as severe as ``fail_on`` (info, warning, error) are failures, waived ones are skipped,
    all others are passed cases with their text. Without any case, one passed case is added, since
    CI systems take an empty report for a run that never happened.
    """
    level = SEVERITIES.index(fail_on)
    suites: dict[str, list[Row]] = {}
    good: dict[str, list[str]] = {}
    for one in findings:
        suites.setdefault(location(one), []).append(one)
    for suite, title in passed:
        suites.setdefault(suite, [])
        good.setdefault(suite, []).append(title)
    failures = sum(_fails(one, level) for one in findings)
    total = len(findings) + len(passed) or 1
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="mailports" tests="{total}" failures="{failures}" errors="0">',
    ]
    if not suites:
        lines += [
            '  <testsuite name="mailports" tests="1" failures="0" errors="0">',
            '    <testcase classname="mailports" name="no findings"/>',
            "  </testsuite>",
        ]
    for name, rows in suites.items():
        failed = sum(_fails(one, level) for one in rows)
        lines.append(
            f"  <testsuite name={_attribute(name)} "
            f'tests="{len(rows) + len(good.get(name, ()))}" failures="{failed}" errors="0">'
        )
        lines += _properties(properties.get(name, {}))
        for title in good.get(name, ()):
            lines.append(f"    <testcase classname={_attribute(name)} name={_attribute(title)}/>")
        for one in rows:
            lines += _case(one, name, _fails(one, level))
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _properties(values: Mapping[str, Any]) -> list[str]:
    if not values:
        return []
    rows = [
        f"      <property name={_attribute(key)} value={_attribute(str(value))}/>"
        for key, value in values.items()
    ]
    return ["    <properties>", *rows, "    </properties>"]


def _fails(finding: Row, level: int) -> bool:
    return not finding.get("waived") and SEVERITIES.index(finding["severity"]) >= level


def _case(finding: Row, name: str, fails: bool) -> list[str]:
    line = finding.get("line", 0)
    where = f"{subject(finding)} {finding['address']}".strip()
    title = f"{finding['rule']} {name}" + (f":{line}" if line else f" {where}".rstrip())
    text = printable(f"{sentence(finding)}. {finding['remedy']} ({finding['clause']})", 2000)
    head = f"    <testcase classname={_attribute(name)} name={_attribute(title)}"
    if finding.get("file"):
        head += f' file={_attribute(name)} line="{max(1, line)}"'
    if fails:
        inner = (
            f"      <failure type={_attribute(finding['rule'])} "
            f"message={_attribute(sentence(finding))}>{escape(text)}</failure>"
        )
    elif finding.get("waived"):
        reason = "waived: {reason} ({owner}, until {expires})".format(**finding["waived"])
        inner = f"      <skipped>{escape(printable(reason, 1000))}</skipped>"
    else:
        inner = f"      <system-out>{escape(finding['severity'])}: {escape(text)}</system-out>"
    return [head + ">", inner, "    </testcase>"]


def _attribute(text: str) -> str:
    return quoteattr(printable(text, 1000))
