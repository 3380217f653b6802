# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as plain data for the tests of formats: one in a file, one of a host, one waived."""

from __future__ import annotations

from typing import Any

IN_FILE: dict[str, Any] = {
    "rule": "cleartext-port",
    "severity": "warning",
    "message": "is used in clear",
    "cause": "cleartext",
    "remedy": "Use 993.",
    "clause": "RFC 8314, section 4.1",
    "policy": "rfc8314",
    "host": "",
    "service": "imap",
    "port": 143,
    "address": "",
    "evidence": "",
    "disagrees": "",
    "layer": "",
    "file": "group_vars\\all files.yml",
    "line": 3,
    "path": "imap_port",
}
OF_HOST: dict[str, Any] = {
    **IN_FILE,
    "rule": "port-open",
    "severity": "error",
    "message": "should be closed",
    "host": "mail.example.net",
    "address": "192.0.2.1",
    "file": "",
    "line": 0,
    "path": "",
}
WAIVED: dict[str, Any] = {
    **OF_HOST,
    "waived": {"reason": "old", "owner": "ops", "expires": "2027-01-31"},
}
