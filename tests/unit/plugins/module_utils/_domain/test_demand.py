# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the pairing of demands and what was told: met takes a positive answer, and nothing else does."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import demand
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.demand import (
    Demand,
    Told,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.demand import count
from hypothesis import given
from hypothesis import strategies as st

ROW = Demand("id", "domain", "q", ("good",), "info", "{about}: {seen}", "c.", "r.", "RFC 1")


def outcome(*told: Told) -> list[tuple[str, str]]:
    return [(one.outcome, one.severity) for one in demand.outcomes("d", [ROW], told)]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (Told("q", "a", "good"), (demand.MET, "info")),
        (Told("q", "a", "bad"), (demand.BROKEN, "info")),
        (Told("q", "a", "GOOD"), (demand.BROKEN, "info")),
        (Told("q", "a", unknown="why"), (demand.NOT_KNOWN, "error")),
        (Told("q", "a"), (demand.NOT_KNOWN, "error")),
        (Told("q", "a", "good", unknown="why"), (demand.NOT_KNOWN, "error")),
        (Told("q", "a", not_asked="why"), (demand.NOT_ASKED, "info")),
    ],
)
def test_each_way_to_tell_has_its_outcome(told: Told, found: tuple[str, str]) -> None:
    assert outcome(told) == [found]


def test_what_nobody_has_told_is_not_known() -> None:
    (one,) = demand.outcomes("d", [ROW], [Told("other", "a", "good")])
    assert (one.outcome, one.about) == (demand.NOT_KNOWN, "d")
    assert "nobody has looked" in one.message


def test_each_subject_has_an_outcome_of_its_own() -> None:
    assert [what for what, _why in outcome(Told("q", "a", "good"), Told("q", "b", "bad"))] == [
        demand.MET,
        demand.BROKEN,
    ]


TOLD = st.builds(
    Told,
    st.just("q"),
    st.text(max_size=5),
    st.sampled_from(["", "good", "bad"]),
    st.text(max_size=5),
    st.sampled_from(["", "why"]),
    st.sampled_from(["", "wish"]),
)


@given(st.lists(TOLD, max_size=4), st.sampled_from(demand.SEVERITIES))
def test_nothing_unknown_ever_holds(told: list[Told], fail_on: str) -> None:
    found = demand.outcomes("d", [ROW], told)
    assert sum(count(found).values()) == max(len(told), 1)
    if any(one.outcome == demand.NOT_KNOWN for one in found):
        assert not demand.holds(found, fail_on)
    met = [one for one, row in zip(found, told) if one.outcome == demand.MET]
    assert all(
        row.value == "good" and not row.unknown for one, row in zip(found, told) if one in met
    )
