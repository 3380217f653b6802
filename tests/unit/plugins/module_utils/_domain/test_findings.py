# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that outcomes become findings and a result that an audit takes beside those of the hosts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.outcomes import total
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import demand, findings
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import CAUSES


def outcome(name: str, what: str, severity: str) -> demand.Outcome:
    return demand.Outcome(name, "example.net", "about", what, severity, "m", "c", "r", "RFC 1")


MANY = [
    outcome("mx-missing", demand.BROKEN, "error"),
    outcome("dane-mismatch", demand.BROKEN, "warning"),
    outcome("spf-record", demand.NOT_KNOWN, "error"),
    outcome("caa-open", demand.MET, "info"),
    outcome("srv-not-live", demand.NOT_ASKED, "error"),
]


def test_what_is_broken_or_not_known_is_a_finding() -> None:
    found = findings.findings(MANY)
    assert [(one.rule, one.cause) for one in found] == [
        ("mx-missing", "incorrect_port_settings"),
        ("dane-mismatch", "tls_error"),
        ("spf-record", "not_probed"),
    ]
    assert {one.cause for one in found} <= set(CAUSES)
    assert {(one.host, one.policy) for one in found} == {("example.net", "names")}


@pytest.mark.parametrize(
    ("kept", "fail_on", "compliant"),
    [
        (MANY[3:], "info", True),
        (MANY[1:2], "error", True),
        (MANY[1:2], "warning", False),
        (MANY[:1], "error", False),
        # Not known is an error that nothing takes away.
        (MANY[2:3], "error", False),
        (MANY[2:3], "never", False),
        (MANY[:1], "never", False),
    ],
)
def test_a_result_says_what_counts(kept: Any, fail_on: str, compliant: bool) -> None:
    made = findings.result("example.net", kept, fail_on)
    assert made["compliant"] is compliant
    assert sum(made["summary"]["demands"].values()) == len(kept)


def test_an_audit_takes_the_result_as_it_is() -> None:
    made = {
        **findings.result("example.net", MANY, "error"),
        "host": "example.net",
        "vantage": "names",
    }
    audit = json.loads(json.dumps(document([made], "2026-11-30T00:00:00Z")))
    (host,) = audit["hosts"]
    assert (host["host"], host["vantage"], host["audited"]) == ("example.net", "names", True)
    assert len(host["findings"]) == 3
    assert total(audit["hosts"]) == {"met": 1, "broken": 2, "not_known": 1, "not_asked": 1}
    assert audit["compliant"] is False


def test_a_failed_task_shows_the_worst_and_counts_the_rest() -> None:
    found = [{"severity": "info", "message": "a note"}]
    found += [{"severity": "error", "message": f"error {number}"} for number in range(6)]
    lines = findings.worst(found).splitlines()
    assert lines == [*(f"error {number}" for number in range(5)), "... and 2 more findings"]
    assert findings.worst(found[:1]) == "a note"
