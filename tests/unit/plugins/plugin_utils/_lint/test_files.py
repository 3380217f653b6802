# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how files are found and read, and what cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.files import (
    MAX_BYTES,
    UnreadableError,
    decoded,
    find,
    is_binary,
    read,
)


def test_files_are_found_by_name_without_those_of_tools(tmp_path: Path) -> None:
    for name in ("b.yml", "a/c.yml", ".git/config", "node_modules/x.json", "a/__pycache__/y"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    found = [Path(one).relative_to(tmp_path).as_posix() for one in find(str(tmp_path))]
    assert found == ["b.yml", "a/c.yml"]
    assert list(find(str(tmp_path / "b.yml"))) == [str(tmp_path / "b.yml")]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(find(str(tmp_path / "nothing")))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a\r\nb\rc", "a\nb\nc"),
        (b"\xef\xbb\xbfa", "a"),
        (
            "\N{LATIN SMALL LETTER A WITH DIAERESIS}".encode("utf-16"),
            "\N{LATIN SMALL LETTER A WITH DIAERESIS}",
        ),
    ],
)
def test_bytes_become_text(content: bytes, text: str) -> None:
    assert decoded(content) == text


@pytest.mark.parametrize(
    ("content", "words", "line"),
    [(b"a\nb\xff", "not UTF-8", 2), (b"a\n\nb\0", "NUL", 3), (b"\xff\xfea", "not UTF-16", 1)],
)
def test_what_is_no_text_says_why_and_where(content: bytes, words: str, line: int) -> None:
    with pytest.raises(UnreadableError, match=words) as caught:
        decoded(content)
    assert caught.value.line == line


def test_a_reader_of_ascii_words_takes_any_bytes() -> None:
    assert decoded(b"# \xe4\nssl = no\n", True).endswith("\nssl = no\n")


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yml"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(UnreadableError, match="larger than 2 MiB"):
        read(str(path))
    with pytest.raises(UnreadableError, match="No such file"):
        read(str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("content", "binary"),
    [(b"\x7fELF", True), (b"PK\x03\x04", True), (b"\0" * 9, True), (b"a\0", False)],
)
def test_what_is_clearly_not_text(content: bytes, binary: bool) -> None:
    assert is_binary(content) is binary
