# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the filter audit_gate: the verdict as plain data, and clear errors."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.postmaster.mailports.plugins.filter.audit_gate import audit_gate

from tests.report import audits


def test_the_verdict_is_plain_data() -> None:
    assert audit_gate(audits.small(), "1000", "warn") == {
        "passed": True,
        "message": "3 findings count (1000 allowed), 1 of 3 hosts not audited: gone.example.net",
    }


@pytest.mark.parametrize(
    ("audit", "limit", "words"),
    [
        ([], 0, "this is not the document of an audit"),
        (audits.small(), -1, "max_findings: -1 is below 0"),
        (audits.small(), "many", "audit_gate: "),
    ],
)
def test_what_cannot_be_judged_is_an_error(audit: Any, limit: Any, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=words):
        audit_gate(audit, limit)
