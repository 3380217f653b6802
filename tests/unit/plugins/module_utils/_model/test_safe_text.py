# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that text from strangers comes out on one safe line within its limit."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.safe_text import printable
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("220 mail.example.net ESMTP", "220 mail.example.net ESMTP"),
        ("", ""),
        ("grüße ✓ 日本 🙂", "grüße ✓ 日本 🙂"),
        ("a\r\nb\tc\0", r"a\x0d\x0ab\x09c\x00"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x7f\x80\x9b\x9f\xa0", "\\x7f\\x80\\x9b\\x9f\xa0"),
        ("gnp\u202eexe", r"gnp\u202eexe"),
        ("\u200e\u200f\u202a\u2066\u2069\u061c", r"\u200e\u200f\u202a\u2066\u2069\u061c"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\ud800\udfff\udc80", r"\ud800\udfff\udc80"),
        ("\ufffe\uffff\ufffd", "\\ufffe\\uffff\ufffd"),
        (r"back\slash", r"back\slash"),
        ("220 ##vso[task.setvariable]x", r"220 \x23#vso[task.setvariable]x"),
        (b"###[error] ##teamcity[x", r"#\x23#[error] \x23#teamcity[x"),
        ("## title, #[x] and ## [x]", "## title, #[x] and ## [x]"),
        (b"250 OK", "250 OK"),
        ("é".encode(), "é"),
        (b"\xff\xfe\x80 \xc3", r"\xff\xfe\x80 \xc3"),
        (b"\x1b]0;title\x07", r"\x1b]0;title\x07"),
        (b"\xed\xa0\x80", r"\xed\xa0\x80"),
    ],
)
def test_unsafe_characters_are_escaped_and_others_kept(text: str | bytes, expected: str) -> None:
    assert printable(text) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abcd", 4, "abcd"),
        ("abcde", 4, "abc…"),
        ("ab", 1, "…"),
        ("a", 1, "a"),
        ("", 1, ""),
        ("\x1b\x1b", 8, r"\x1b\x1b"),
        ("\x1b\x1b", 7, r"\x1b\x…"),
        (b"abcde", 4, "abc…"),
        ("ééééé".encode(), 5, "ééééé"),
        ("éééééé".encode(), 5, "éééé…"),
        ("🙂🙂🙂".encode(), 2, "🙂…"),
    ],
)
def test_limit_counts_the_characters_of_the_result(
    text: str | bytes, limit: int, expected: str
) -> None:
    assert printable(text, limit) == expected


@pytest.mark.parametrize("limit", [0, -1])
def test_limit_below_one_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        printable("text", limit)


@given(
    text=st.one_of(st.text(st.characters(exclude_categories=())), st.binary()),
    limit=st.integers(1, 40),
)
def test_result_is_short_safe_and_encodable(text: str | bytes, limit: int) -> None:
    result = printable(text, limit)
    assert len(result) <= limit
    assert not [c for c in result if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not [c for c in result if unicodedata.bidirectional(c) in {"LRO", "RLO", "LRE", "RLE"}]
    assert result.encode().decode() == result
    assert len(result.splitlines()) <= 1


@given(text=st.text(st.characters(exclude_categories=()), max_size=100))
def test_escaping_twice_changes_nothing(text: str) -> None:
    once = printable(text, 1000)
    assert printable(once, 1000) == once
