# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that main.cf is read as Postfix reads it, and that an edit changes what is named only."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.lines import (
    CfError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.main_cf import (
    MainCf,
)
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("biff", "mynetworks", "smtpd_banner", "inet_interfaces")
NAME = st.sampled_from(NAMES)
IGNORED = st.sampled_from(["# a comment\n", "\n", "  # indented\n", " \t\n", "#  biff = no\n"])
WORD = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=1, max_size=8)
CONTINUED = st.tuples(st.sampled_from([" ", "\t", "    "]), WORD.filter(lambda w: w[0] != "#"))


@st.composite
def entries(draw: st.DrawFn) -> str:
    """Return one setting, with comments and continuation lines."""
    text = (
        draw(NAME) + draw(st.sampled_from(["=", " = ", " =", "\t=  "])) + draw(WORD | st.just(""))
    )
    for space, word in draw(st.lists(CONTINUED, max_size=3)):
        text += "\n" + "".join(draw(st.lists(IGNORED, max_size=2))) + space + word
    return text + "\n"


@st.composite
def files(draw: st.DrawFn) -> str:
    """Return a main.cf of valid lines, perhaps without a last newline."""
    text = "".join(draw(st.lists(IGNORED | entries(), max_size=8)))
    return text[:-1] if draw(st.booleans()) else text


@given(files())
def test_any_file_survives_byte_for_byte(text: str) -> None:
    assert MainCf.parse(text).text == text


@given(files(), NAME, WORD | st.none() | st.just(""))
def test_an_edit_changes_only_what_it_names(text: str, name: str, value: Optional[str]) -> None:
    """Other settings and all comments stay in order, and the same edit again changes nothing."""
    old = MainCf.parse(text)
    new = old.changed({name: value})
    assert new.values.get(name) == value
    assert _others(old, name) == _others(new, name)
    assert _comments(old) == _comments(new)
    assert new.changed({name: value}).text == new.text


def _others(file: MainCf, name: str) -> list[str]:
    raws = [line.raw.rstrip("\n") for line in file.lines if line.entry]
    return [raw for raw, s in zip(raws, file.settings) if s.name != name]


def _comments(file: MainCf) -> list[str]:
    return [
        line.strip()
        for logical in file.lines
        for line in (logical.comments if logical.entry else logical.raw).split("\n")
        if line.strip()
    ]


@pytest.mark.parametrize(
    ("text", "wanted", "expected"),
    [
        ("a = 1\n", {"a": "2"}, "a = 2\n"),
        ("a=1\n", {"a": "2"}, "a=2\n"),
        ("a =   1\n", {"a": "2"}, "a =   2\n"),
        ("a =\n", {"a": "2"}, "a = 2\n"),
        ("a = 1\n", {"a": ""}, "a =\n"),
        ("a = 1", {"b": "2"}, "a = 1\nb = 2\n"),
        ("", {"b": "2"}, "b = 2\n"),
        ("a = 1\n", {"a": None}, ""),
        ("a = 1\nb = x\na = 2\n", {"a": "3"}, "a = 1\nb = x\na = 3\n"),
        ("a = 1\nb = x\na = 2\n", {"a": None}, "b = x\n"),
        ("a = 1,\n  # why\n  2\nb = x\n", {"a": "3"}, "a = 3\n  # why\nb = x\n"),
        ("a = 1,\n  # why\n  2\nb = x\n", {"a": None}, "  # why\nb = x\n"),
        ("a = 1,\n  2\n", {"a": "1, 2"}, "a = 1,\n  2\n"),
        ("a = 1\n", {"a": "1\n  2"}, "a = 1 2\n"),
        ("a\n = 1\n", {"a": "2"}, "a = 2\n"),
        ("a = 1\r\nb = 2\r\n", {"a": "3", "c": "4"}, "a = 3\r\nb = 2\r\nc = 4\r\n"),
        ("#a = 1\n", {"a": "2"}, "#a = 1\na = 2\n"),
    ],
)
def test_edits(text: str, wanted: dict[str, Optional[str]], expected: str) -> None:
    assert MainCf.parse(text).changed(wanted).text == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  a = 1\n", "line 1: a line that starts with white space continues nothing"),
        ("# c\n\n = 1\n", "line 3: a line that starts with white space"),
        ("a = 1\n=x\n", "line 2: a value without a name"),
        ("a = 1\nmissing\n", "line 2: no '=' behind the name 'missing'"),
        ("a b = 1\n", "line 1: no '=' behind the name 'a'"),
        ("a = 1\n\0", "line 2: a NUL character"),
    ],
)
def test_a_broken_file_is_an_error_with_its_line(text: str, said: str) -> None:
    with pytest.raises(CfError, match=said):
        MainCf.parse(text)


@pytest.mark.parametrize("name", ["", "a b", "a=b", "#a", "a\nb"])
def test_a_name_that_cannot_be_written_is_refused(name: str) -> None:
    with pytest.raises(CfError, match="cannot be the name"):
        MainCf.parse("").changed({name: "1"})


def test_a_control_character_is_refused() -> None:
    with pytest.raises(CfError, match="control character"):
        MainCf.parse("").changed({"a": "1\x1b"})
