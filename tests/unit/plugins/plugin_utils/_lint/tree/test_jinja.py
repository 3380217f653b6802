# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the values of simple Jinja expressions."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.jinja import values
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    UNKNOWN,
    Scalar,
)
from hypothesis import given
from hypothesis import strategies as st

KNOWN = {
    "port": ["143"],
    "either": ["25", "587"],
    "nested": ["{{ port }}"],
    "loop": ["{{ loop }}"],
    "a.b": ["110"],
    "empty": [],
}


def lookup(name: str) -> Optional[list[Scalar]]:
    """Return the values of the variables above."""
    found = KNOWN.get(name)
    return None if found is None else [Scalar(one, 9) for one in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", ["plain"]),
        ("{{ port }}", ["143"]),
        ("{{ port | int }}", ["143"]),
        ("{{ port | default(25) }}", ["143"]),
        ("{{ port | hash }}", [UNKNOWN]),
        ("{{ unknown | default(25) }}", ["25"]),
        ("{{ unknown | default('a b', true) }}", ["a b"]),
        ("{{ unknown | d(other) }}", [UNKNOWN]),
        ("{{ unknown }}", [UNKNOWN]),
        ("{{ 'x' }}", ["x"]),
        ("h:{{ port }}/{{ either }}", ["h:143/25", "h:143/587"]),
        ("{{ 110 if old else 995 }}", ["110", "995"]),
        ("{{ port if old else unknown }}", ["143", UNKNOWN]),
        ("{{ (unknown | default(25)) | int }}", ["25"]),
        ("{{ nested }}", ["143"]),
        ("{{ a['b'] }}", ["110"]),
        ("{{ empty }}", [UNKNOWN]),
        ("{{ lookup('env', 'X') | default('25') }}", ["25"]),
    ],
)
def test_an_expression_has_these_values(text: str, found: list[str]) -> None:
    assert [one.text for one in values(Scalar(text, 1), lookup)] == found


def test_a_value_stands_where_its_variable_is_written() -> None:
    (found,) = values(Scalar("{{ port }}", 1), lookup)
    assert found.at.line == 9


def test_variables_that_stand_for_themselves_end() -> None:
    assert values(Scalar("{{ loop }}"), lookup)


@given(st.text("{}|() port'\"if else.default,1", max_size=80))
def test_there_are_never_too_many_values(text: str) -> None:
    assert 1 <= len(values(Scalar(text), lookup)) <= 8
