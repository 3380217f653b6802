# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that files are divided into logical lines as Postfix does, without losing a byte."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.files.lines import (
    CfError,
    ignored,
    joined,
    plain,
    split,
    terminated,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a = b\n", [(1, "a = b\n")]),
        ("a =\n  b\n# x\n  c\n", [(1, "a =\n  b\n# x\n  c\n")]),
        ("# x\n\na = b\n#y\nc = d", [(3, "a = b\n"), (5, "c = d")]),
        (" # still a comment\na = b\n", [(2, "a = b\n")]),
        ("", []),
    ],
)
def test_logical_lines(text: str, entries: list[tuple[int, str]]) -> None:
    assert [(line.number, line.raw) for line in split(text) if line.entry] == entries


def test_comments_inside_an_entry_keep_their_place() -> None:
    (line,) = split("a =\n# x\n  b\n")
    assert line.comments == "# x\n"
    assert len(line.visible) == len(line.raw)
    assert "x" not in line.visible


@pytest.mark.parametrize("text", ["  a\n", "#\n\t b\n", "a\0b\n"])
def test_what_postfix_would_drop_is_an_error(text: str) -> None:
    with pytest.raises(CfError, match=r"^line \d"):
        split(text)


def test_small_parts() -> None:
    assert joined("a\n  b\n\tc ") == "a b c"
    assert (terminated("a"), terminated("a\n"), terminated("")) == ("a\n", "a\n", "")
    assert split("a\r\n")[0].end == "\r\n"
    assert [ignored(line) for line in (" \t#", "\n", "a")] == [True, True, False]


@given(st.text("ab =\n\t #\r", max_size=60))
def test_any_file_survives(text: str) -> None:
    with contextlib.suppress(CfError):
        assert plain(split(text)) == text
