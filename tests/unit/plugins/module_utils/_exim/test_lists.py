# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that lists are divided as Exim divides them."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._exim.lists import elements
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (":", []),
        ("25", ["25"]),
        ("25 : 587:465", ["25", "587", "465"]),
        ("25 : : 587 :", ["25", "587"]),
        ("<; 127.0.0.1 ; ::1", ["127.0.0.1", "::1"]),
        ("<;[::1]:2525;587", ["[::1]:2525", "587"]),
        ("  <, 25, 587", ["25", "587"]),
        ("127.0.0.1 : ::::1", ["127.0.0.1", "::1"]),
        ("a;;b", ["a;;b"]),
        ("<; a;;b ; c", ["a;b", "c"]),
        ("< ; a", ["< ; a"]),
    ],
)
def test_elements(text: str, expected: list[str]) -> None:
    assert elements(text) == expected


@given(st.lists(st.text("ab:;.[]", min_size=1, max_size=6), max_size=5))
def test_any_element_survives_between_other_signs(found: list[str]) -> None:
    assert elements("<, " + " , ".join(found)) == found


@given(st.text(max_size=30))
def test_any_text_is_a_list(text: str) -> None:
    assert all(one and one == one.strip() for one in elements(text))
