# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test findings as text and as JSON: place, severity, remedy, and the sum at the end."""

from __future__ import annotations

import json

from ansible_collections.postmaster.mailports.plugins.module_utils._formats.findings_text import (
    findings_json,
    findings_text,
)

from .finding_rows import IN_FILE, OF_HOST


def test_each_finding_has_place_remedy_and_clause() -> None:
    assert findings_text([IN_FILE, {**OF_HOST, "disagrees": "RFC 1"}]).splitlines() == [
        "group_vars/all files.yml:3: warning cleartext-port: imap (143) is used in clear",
        "    remedy: Use 993.",
        "    clause: RFC 8314, section 4.1",
        "mail.example.net: error port-open: imap (143) should be closed",
        "    remedy: Use 993.",
        "    clause: RFC 8314, section 4.1; policy rfc8314, with which RFC 1 disagrees",
        "2 findings: 1 error, 1 warning.",
    ]


def test_no_findings_is_said() -> None:
    assert findings_text([]) == "No findings.\n"
    assert json.loads(findings_json([])) == {
        "format": 1,
        "summary": {"info": 0, "warning": 0, "error": 0},
        "findings": [],
    }


def test_data_without_lines_shows_the_path_in_the_data() -> None:
    text = findings_text([{**IN_FILE, "line": 0}])
    assert text.startswith("group_vars/all files.yml imap_port: warning ")
