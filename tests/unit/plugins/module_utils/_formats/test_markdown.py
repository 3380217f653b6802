# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the summary in Markdown: verdict, changes, rules and hosts, each with a limit."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.drift import with_drift
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.markdown import (
    to_markdown,
)

from tests.report import audits


def test_a_good_audit_is_short() -> None:
    text = to_markdown(document([audits.result("good.example.net")], audits.NOW))
    assert text.startswith("## Mail ports: as intended\n\n1 of 1 host is as intended.\n")
    assert "###" not in text


def test_hosts_rules_and_changes() -> None:
    before = document([audits.result("bad.example.net")], audits.EARLIER)
    found = [audits.result("bad.example.net", audits.FAULTS), audits.GONE]
    text = to_markdown(with_drift(before, document(found, audits.NOW)))
    assert "0 of 2 hosts are as intended, 1 could not be audited." in text
    assert "### Since `2026-11-24T02:00:00Z`" in text
    assert "| `gone.example.net` | 0 | 0 | not audited |" in text
    assert "| `port-open` | error | 1 | `bad.example.net: imap (143) " in text


def test_long_lists_are_cut_and_counted() -> None:
    found = [audits.result(f"m{n}.example.net", {"imap": audits.OPENED}) for n in range(25)]
    assert "... and 5 more hosts." in to_markdown(document(found, audits.NOW))
