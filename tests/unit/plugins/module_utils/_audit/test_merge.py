# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that merged audits are what one run would have given, and name who is missing or too old."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    DocumentError,
    document,
    findings_of,
    to_json,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.drift import with_drift
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.merge import (
    merge,
    with_expected,
)
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


def test_audits_that_measure_differently_are_not_merged() -> None:
    parts = [document([], audits.NOW, level) for level in ("error", "warning")]
    with pytest.raises(DocumentError, match="fail on error and warning"):
        merge(parts)
    with pytest.raises(DocumentError, match="fail on nothing"):
        merge([])


def test_hosts_that_share_a_name_are_all_kept() -> None:
    """Two inventory hosts behind one name, and two inventories that call a host the same."""
    shared = audits.result("mail.example.net")
    bad = audits.result("mail.example.net", {"imap": audits.OPENED})
    parts = [
        document([{**bad, "name": "mx1"}], audits.EARLIER),
        document([{**shared, "name": "mx2"}], audits.NOW),
        document([{**audits.result("mail.example.org"), "name": "mx2"}], audits.NOW),
    ]
    made = merge(parts)
    assert [(host["name"], host["host"], host["compliant"]) for host in made["hosts"]] == [
        ("mx1", "mail.example.net", False),
        ("mx2", "mail.example.net", True),
        ("mx2", "mail.example.org", True),
    ]
    assert made["compliant"] is False


@pytest.mark.parametrize(
    ("earlier", "hours", "audited"),
    [
        ("2026-11-24T02:00:00Z", 24, True),
        ("2026-11-24T01:59:59Z", 24, False),
        ("2025-11-25T02:00:00Z", 24, False),
        ("2026-11-24T01:59:59Z", 48, True),
        ("last year", 24, False),
    ],
)
def test_an_old_audit_does_not_pass_for_one_of_today(
    earlier: str, hours: int, audited: bool
) -> None:
    old = document([audits.result(NAMES[0], vantage="monitor")], earlier)
    new = document([audits.result(NAMES[1], vantage="monitor")], audits.NOW)
    # A time that cannot be read sorts after all others, and then stands for the whole.
    made = merge([old, new]) if hours == 24 else merge([old, new], hours)
    by_name = {host["name"]: host for host in made["hosts"]}
    assert by_name[NAMES[0]]["generated"] == earlier
    assert made["compliant"] is audited
    lost = [host for host in made["hosts"] if not host["audited"]]
    assert len(lost) == (not audited)
    assert all("hours before the latest one" in host["message"] for host in lost)


def test_a_missing_slice_is_named_until_it_is_there() -> None:
    expected = [(name, "monitor") for name in NAMES[:3]]
    results = [audits.result(name) for name in NAMES[:3]]
    parts = [with_expected(document([one], audits.NOW), expected) for one in results]
    assert all(one["compliant"] for one in parts), "a slice is judged by its own hosts"
    made = merge(parts[:2])
    assert made["compliant"] is False
    (lost,) = [host for host in made["hosts"] if not host["audited"]]
    assert (lost["name"], lost["vantage"], lost["missing"]) == (NAMES[2], "monitor", True)
    assert any(NAMES[2] == one["host"] for one in findings_of(made))
    whole_run = with_expected(document(results, audits.NOW), expected)
    assert to_json(merge([made, parts[2]])) == to_json(whole_run)
    assert merge(parts[:1])["compliant"] is False


def test_a_missing_vantage_is_named() -> None:
    expected = [(NAMES[0], "inside"), (NAMES[0], "outside")]
    seen = document([audits.result(NAMES[0], vantage="inside")], audits.NOW)
    made = merge([with_expected(seen, expected)])
    assert [host["audited"] for host in made["hosts"]] == [True, False]
