# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the short report: what is wrong first, good hosts only counted, and few lines for many."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.audit_text import (
    audit_text,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.brief_text import (
    brief_text,
)

from tests.report import audits


def test_a_good_audit_is_one_line() -> None:
    text = brief_text(document([audits.result("good.example.net")], audits.NOW))
    assert text.startswith("1 of 1 hosts as intended.")
    assert len(text.splitlines()) == 1


def test_what_is_wrong_with_its_remedy() -> None:
    lines = brief_text(audits.small()).splitlines()
    assert lines[0] == "gone.example.net from monitor: NOT AUDITED: timed out"
    assert lines[1] == "bad.example.net from monitor: NOT AS INTENDED"
    assert any(line.startswith("  error: imap (143) should be closed") for line in lines)
    assert any(line.startswith("      remedy: ") for line in lines)
    assert not any("good.example.net" in line for line in lines)


def test_many_hosts_are_few_lines() -> None:
    found = [audits.result(f"m{number:02}.example.net", audits.FAULTS) for number in range(50)]
    audit = document(found, audits.NOW)
    lines = brief_text(audit).splitlines()
    assert "... and 40 more hosts, see report.txt" in lines
    assert len(lines) < 150 < len(audit_text(audit).splitlines())


def test_text_from_outside_is_inert() -> None:
    audit = audits.hostile()
    text = brief_text(audit)
    assert "\x1b" not in text
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in text.splitlines())
