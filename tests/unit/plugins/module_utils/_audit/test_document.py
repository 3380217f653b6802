# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that audits are combined, merged and judged the same in every order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    FORMAT_VERSION,
    VERDICTS,
    DocumentError,
    counts,
    document,
    findings_of,
    merge,
    to_json,
    verdict,
    with_all_keys,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.drift import with_drift
from hypothesis import given
from hypothesis import strategies as st

from tests.report import audits

NAMES = [f"m{number}.example.net" for number in range(5)]
RESULTS = [
    audits.result(name, audits.FAULTS if number % 2 else {}, vantage=vantage)
    for number, name in enumerate(NAMES)
    for vantage in ("inside", "outside")
]
ONE_RUN = to_json(document(RESULTS, audits.NOW))


@given(st.permutations(RESULTS), st.lists(st.integers(0, 10), max_size=3))
def test_slices_in_any_order_give_byte_for_byte_what_one_run_gives(
    results: list[dict[str, Any]], cuts: list[int]
) -> None:
    edges = sorted({0, *cuts, len(results)})
    slices = [results[first:last] for first, last in zip(edges, edges[1:])]
    parts = [document(one, audits.NOW) for one in slices]
    read = [json.loads(to_json(one)) for one in parts]
    assert to_json(merge(read)) == ONE_RUN


def test_merging_twice_changes_nothing() -> None:
    once = merge([document(RESULTS, audits.NOW)])
    assert to_json(merge([once, once])) == ONE_RUN


def test_of_two_audits_of_a_host_the_later_one_counts() -> None:
    old = document([audits.result(NAMES[0], audits.FAULTS)], audits.EARLIER)
    new = document([audits.result(NAMES[0])], audits.NOW)
    for order in ([old, new], [new, old]):
        assert to_json(merge(order)) == to_json(new)


def test_merging_leaves_out_what_belongs_to_a_history() -> None:
    before = document([audits.result(NAMES[0])], audits.EARLIER)
    plain = document([audits.result(NAMES[0], audits.FAULTS)], audits.NOW)
    drifted = with_drift(before, plain)
    assert drifted["changes"]
    assert to_json(merge([drifted])) == to_json(plain)


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


def test_audits_that_measure_differently_are_not_merged() -> None:
    parts = [document([], audits.NOW, level) for level in ("error", "warning")]
    with pytest.raises(DocumentError, match="fail on error and warning"):
        merge(parts)
    with pytest.raises(DocumentError, match="fail on nothing"):
        merge([])


def test_a_document_of_an_earlier_version_gets_the_missing_keys() -> None:
    now = document(RESULTS, audits.NOW)
    for key in ("fail_on", "vantages", "previous", "changes"):
        del now[key]
    assert with_all_keys(now)["fail_on"] == "error"
    assert with_all_keys(now)["changes"] == []
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
