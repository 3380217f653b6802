# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test findings as JUnit XML: suites, failures, skipped and passed cases."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.postmaster.mailports.plugins.module_utils._formats.junit import to_junit

from .finding_rows import IN_FILE, OF_HOST, WAIVED


def parsed(text: str) -> ElementTree.Element:
    """Return the root of XML that this project wrote."""
    return ElementTree.fromstring(text)


def test_suites_and_what_counts_in_them() -> None:
    passed = [("mail.example.net", "imaps (993)"), ("other.example.net", "imaps (993)")]
    root = parsed(to_junit([IN_FILE, OF_HOST, WAIVED], "error", passed))
    assert (root.attrib["tests"], root.attrib["failures"]) == ("5", "1")
    cases = {suite.attrib["name"]: list(suite) for suite in root}
    assert [len(found) for found in cases.values()] == [1, 3, 1]
    kinds = [child.tag for suite in cases.values() for case in suite for child in case]
    assert kinds == ["system-out", "failure", "skipped"]


def test_an_empty_report_has_one_passed_case() -> None:
    root = parsed(to_junit([]))
    assert (root.attrib["tests"], root.attrib["failures"]) == ("1", "0")


def test_text_from_outside_stays_text() -> None:
    root = parsed(to_junit([{**OF_HOST, "host": "<a>&\x00", "message": "]]><failure/>"}]))
    assert root[0].attrib["name"] == "<a>&\\x00"
    assert root.attrib["failures"] == "1"
