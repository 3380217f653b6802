# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a waiver excuses what it names until it expires, and never hides anything."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    document,
    findings_of,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.waivers import (
    NEVER_WAIVED,
    WaiverError,
    waivers_from,
    with_waivers,
)

from tests.report import audits

GOOD = {"rule": "port-open", "reason": "why", "owner": "who", "expires": "2026-11-25"}
HOST = "bad.example.net"


def audit(fail_on: str = "error") -> dict[str, Any]:
    """Return an audit of one host whose only fault is an open port."""
    return document([audits.result(HOST, {"imap": audits.OPENED})], audits.NOW, fail_on)


def waived(*waivers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the audit with these waivers."""
    return with_waivers(audit(**changes), waivers_from(list(waivers)))


def test_a_waived_finding_is_shown_and_does_not_count() -> None:
    made = waived(GOOD)
    assert audit()["compliant"] is False
    assert made["compliant"] is True
    (found,) = findings_of(made)
    assert found["waived"] == {"reason": "why", "owner": "who", "expires": "2026-11-25"}
    assert made["hosts"][0]["summary"]["findings"] == {"info": 0, "warning": 0, "error": 0}
    assert with_waivers(made, waivers_from([GOOD])) == made


@pytest.mark.parametrize(
    ("changes", "covers"),
    [
        ({"host": HOST}, True),
        ({"host": "*.example.net"}, True),
        ({"host": "*.example.org"}, False),
        ({"service": "imap"}, True),
        ({"service": "pop3"}, False),
        ({"rule": "port-closed"}, False),
    ],
)
def test_what_a_waiver_covers(changes: dict[str, str], covers: bool) -> None:
    assert waived({**GOOD, **changes})["compliant"] is covers


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"expires": "2026-11-24"}, "waiver-expired"),
        ({"reason": ""}, "waiver-without-reason"),
        ({"reason": None}, "waiver-without-reason"),
        ({"owner": " "}, "waiver-without-reason"),
    ],
)
def test_a_waiver_that_does_not_hold_is_a_finding(changes: dict[str, Any], rule: str) -> None:
    made = waived({**GOOD, **changes})
    assert made["compliant"] is False
    assert [one["rule"] for one in findings_of(made)] == ["port-open", rule]
    assert all(one["waived"] is None for one in findings_of(made))
    assert waived({**GOOD, **changes, "host": "else"}) == waived()
    assert with_waivers(made, waivers_from([{**GOOD, **changes}])) == made


def test_of_two_waivers_the_longer_one_holds() -> None:
    made = waived({**GOOD, "expires": "2026-11-01"}, {**GOOD, "expires": "2027-01-01"})
    assert next(findings_of(made))["waived"]["expires"] == "2027-01-01"


def test_compliance_is_measured_as_before() -> None:
    assert waived({**GOOD, "expires": "2020-01-01"}, fail_on="never")["compliant"] is False
    assert waived(GOOD, fail_on="info")["compliant"] is True


def test_a_host_that_was_not_audited_cannot_be_excused() -> None:
    made = with_waivers(document([audits.GONE], audits.NOW), waivers_from([GOOD]))
    assert made["compliant"] is False


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("text", "waivers: this is not a list"),
        (["text"], "waivers.0: this is not a mapping with rule, host, "),
        ([GOOD, {**GOOD, "because": 1}], "waivers.1: 'because' is not one of rule, host, service"),
        ([{**GOOD, "rule": "no-such\x1b"}], r"there is no rule 'no-such\\x1b'"),
        ([{"reason": "x"}], "there is no rule None"),
        ([{**GOOD, "expires": "soon"}], "expires is not a date such as 2027-01-31"),
        ([{**GOOD, "expires": "2027-13-01"}], "expires is not a date"),
        *[([{**GOOD, "rule": rule}], f"{rule} cannot be waived") for rule in NEVER_WAIVED],
    ],
)
def test_bad_waivers_are_refused(data: Any, words: str) -> None:
    with pytest.raises(WaiverError, match=words):
        waivers_from(data)
