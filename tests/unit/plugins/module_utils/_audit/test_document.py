# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that audits are combined, merged and judged the same in every order."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    FORMAT_VERSION,
    VERDICTS,
    DocumentError,
    counts,
    document,
    findings_of,
    tally,
    verdict,
    with_all_keys,
)

from tests.report import audits

NAMES = [f"m{number}.example.net" for number in range(5)]
RESULTS = [audits.result(name) for name in NAMES]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "this is not the document of an audit"),
        ({}, "this is not the document of an audit"),
        (
            {"hosts": [], "generated": "x", "format": 9},
            "format 9 of an audit cannot be read, only format 1",
        ),
        ({"hosts": [], "format": 1}, "does not say when it was made"),
        ({"hosts": [{}], "generated": "x", "format": 1}, "a host of this audit lacks its name"),
        ({"hosts": [3], "generated": "x", "format": 1}, "a host of this audit lacks its name"),
    ],
)
def test_other_data_is_refused(data: Any, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        with_all_keys(data)


def test_a_document_of_an_earlier_version_gets_the_missing_keys() -> None:
    now = document(RESULTS, audits.NOW)
    for key in ("fail_on", "vantages", "previous", "changes"):
        del now[key]
    assert with_all_keys(now)["fail_on"] == "error"
    assert with_all_keys(now)["changes"] == []
    for host in now["hosts"]:
        del host["name"], host["generated"]
    (host, *_rest) = with_all_keys(now)["hosts"]
    assert (host["name"], host["generated"]) == (NAMES[0], audits.NOW)
    assert now["format"] == FORMAT_VERSION


def test_a_host_that_was_not_audited_is_a_finding_and_not_compliant() -> None:
    audit = document([audits.GONE, audits.result(NAMES[0])], audits.NOW)
    assert audit["compliant"] is False
    (found,) = findings_of(audit)
    assert (found["rule"], found["host"]) == ("not-probed", "gone.example.net")
    assert "timed out" in found["message"]


def finding(rule: str, severity: str, waived: Any = None) -> dict[str, Any]:
    """Return as much of a finding as a verdict needs."""
    return {"rule": rule, "severity": severity, "waived": waived}


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], "ok"),
        ([finding("a", "error", {"reason": "r"})], "waived"),
        ([finding("a", "error", {"reason": "r"}), finding("b", "info")], "info"),
        ([finding("a", "info"), finding("b", "error"), finding("c", "warning")], "error"),
        ([finding("a", "error"), finding("not-probed", "error")], "not probed"),
        ([finding("inconclusive", "error")], "not probed"),
    ],
)
def test_the_verdict_on_an_endpoint(findings: list[dict[str, Any]], expected: str) -> None:
    assert verdict(findings) == expected
    assert expected in VERDICTS
    counted = [one for one in findings if not one["waived"]]
    assert sum(counts(findings).values()) == len(counted)


def test_a_host_counts_once_however_many_vantages_saw_it() -> None:
    """What a configuration adds is a vantage, and no host."""
    good, bad = audits.result(NAMES[0]), audits.result(NAMES[1], {"imap": audits.OPENED})
    clean = {**bad, "compliant": True, "findings": [], "observations": []}
    rows = [good, {**good, "vantage": "configuration"}, bad, {**clean, "vantage": "configuration"}]
    made = tally(document(rows, audits.NOW)["hosts"])
    assert (made.hosts, made.good, made.bad, made.not_audited) == (2, 1, 1, 0)
    half = [good, {"name": NAMES[0], "host": NAMES[0], "vantage": "lost", "msg": "timed out"}]
    made = tally(document(half, audits.NOW)["hosts"])
    assert (made.hosts, made.good, made.bad, made.not_audited) == (1, 0, 0, 1)


def test_hosts_that_are_reached_by_one_name_stay_two() -> None:
    rows = [{**audits.result("mail.example.net"), "name": name} for name in ("mx1", "mx2")]
    made = document(rows, audits.NOW)
    assert [(host["name"], host["host"]) for host in made["hosts"]] == [
        ("mx1", "mail.example.net"),
        ("mx2", "mail.example.net"),
    ]
    assert tally(made["hosts"]).hosts == 2
