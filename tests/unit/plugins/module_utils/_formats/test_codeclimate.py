# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test findings as Code Climate JSON: place, severity and fingerprint."""

from __future__ import annotations

import json

from ansible_collections.postmaster.mailports.plugins.module_utils._formats.codeclimate import (
    to_codeclimate,
)

from .finding_rows import IN_FILE, OF_HOST


def test_place_severity_and_text() -> None:
    first, second = json.loads(to_codeclimate([IN_FILE, OF_HOST]))
    assert first["location"] == {
        "path": "group_vars/all files.yml",
        "lines": {"begin": 3, "end": 3},
    }
    assert (first["severity"], second["severity"]) == ("minor", "major")
    assert first["description"] == "imap (143) is used in clear"
    assert second["location"] == {"path": "mail.example.net", "lines": {"begin": 1, "end": 1}}


def test_fingerprints_differ_and_survive_lines_added_above() -> None:
    twice = json.loads(to_codeclimate([IN_FILE, {**IN_FILE, "line": 9}]))
    assert len({one["fingerprint"] for one in twice}) == 2
    (moved,) = json.loads(to_codeclimate([{**IN_FILE, "line": 7}]))
    assert moved["fingerprint"] == twice[0]["fingerprint"]
