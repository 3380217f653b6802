# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test lists of tags: the grammar of RFC 6376 section 3.2, and what public zones make of it."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import tags
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("v=DKIM1; p=abc", {"v": "DKIM1", "p": "abc"}),
        ("v=DKIM1;p=abc;", {"v": "DKIM1", "p": "abc"}),
        ("v = DKIM1 ; p = a b\tc ; ", {"v": "DKIM1", "p": "a b\tc"}),
        ("p=", {"p": ""}),
        ("p=a=b==", {"p": "a=b=="}),
        ("", {}),
        ("V=1; v=2", {"V": "1", "v": "2"}),
    ],
)
def test_a_list_becomes_tags_in_their_order(text: str, found: dict[str, str]) -> None:
    assert tags.parse(text) == found
    assert list(tags.parse(text)) == list(found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v=1; p", "'p' is not of the form tag=value"),
        ("v=1;; p=1", "'' is not of the form"),
        ("v=1; v=2", "v= is given twice"),
        ("1v=1", "'1v' is not the name"),
        ("p=\x01", "p= has a character"),
        ("p=ä", "p= has a character"),
    ],
)
def test_what_is_no_list_is_told(text: str, words: str) -> None:
    with pytest.raises(tags.TagError, match=words):
        tags.parse(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("v=DMARC1; p=none", True),
        ("v = DMARC1", True),
        ("v=DMARC1", True),
        ("v=dmarc1; p=none", False),
        ("v=DMARC10", False),
        ("p=none; v=DMARC1", False),
        ("", False),
    ],
)
def test_a_version_must_come_first_and_as_it_is(text: str, is_one: bool) -> None:
    assert tags.begins(text, "DMARC1") is is_one


@given(st.text())
def test_any_text_is_tags_or_an_error(text: str) -> None:
    try:
        found = tags.parse(text)
    except tags.TagError as error:
        found = {}
        problem = str(error)
    else:
        problem = ""
    assert "\n" not in problem
    assert all(tags.parse(f"{name}={value}") == {name: value} for name, value in found.items())
