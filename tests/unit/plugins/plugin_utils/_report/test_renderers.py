# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which files an audit becomes, and that formats without hosts take those of findings."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.drift import with_drift
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.of_findings import (
    FORMATS,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.renderers import (
    FILES,
    RENDERERS,
    reports,
)

from tests.report import audits


def test_every_file_has_a_format_and_every_format_of_findings_takes_audits() -> None:
    assert set(FILES.values()) <= set(RENDERERS)
    assert set(FORMATS) <= set(RENDERERS)


def test_only_wanted_formats_are_rendered() -> None:
    audit = document([audits.result("good.example.net")], audits.NOW)
    assert list(reports(audit)) == list(FILES)
    assert list(reports(audit, ["junit", "text"])) == ["junit.xml", "report.txt"]


@pytest.mark.parametrize(
    ("fail_on", "counted"),
    [
        ("info", ["error", "warning", "info"]),
        ("warning", ["error", "warning"]),
        ("error", ["error"]),
        ("never", ["error"]),
    ],
)
def test_junit_of_an_audit_fails_what_counts(fail_on: str, counted: list[str]) -> None:
    before = document([audits.result("m.example.net")], audits.EARLIER)
    new_key = {"certificate": audits.certificate("other.example.net", names=["m.example.net"])}
    faults = {"imap": audits.OPENED, "imaps": new_key}
    audit = with_drift(
        before, document([audits.result("m.example.net", faults)], audits.NOW, fail_on)
    )
    severities = [one["severity"] for one in audit["hosts"][0]["findings"]]
    assert {"error", "info"} <= set(severities)
    failures = sum(one in counted for one in severities)
    assert f'failures="{failures}" errors="0">' in RENDERERS["junit"](audit)
