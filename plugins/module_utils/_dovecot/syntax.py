# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Dovecot's configuration syntax into settings by path, each with its file and line."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from .._model.host_view import ReadError

# Path of a setting: the names of its blocks and their arguments, then its own name.
Path = tuple[str, ...]
Settings = Mapping[Path, "Setting"]

_INCLUDES = ("!include", "!include_try")
# A number sign starts a comment only at the start of a word.
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_MOST_FILES = 1000
# A listener without a name gets this sign, which begins a comment in Dovecot, and a number.
NAMELESS = "#"


@dataclass(frozen=True)
class Setting:
    """One setting, or a block (``value`` None), and where it is written."""

    value: Optional[str]
    file: str
    line: int


@dataclass(frozen=True)
class _Line:
    """One logical line: opens a block, closes one, includes files, or sets ``name``."""

    kind: str
    path: Path
    value: str
    number: int


def parse_dovecot(text: str, file: str = "") -> dict[Path, Setting]:
    """Return the settings of ``text``, as doveconf prints it; what comes later wins.

    Blocks of the same name are one, and have an entry of their own. Raises ReadError.
    """
    settings: dict[Path, Setting] = {}
    _Reader(settings, None, None).text(text, file)
    return settings


def parse_dovecot_files(
    file: str, read: Callable[[str], str], expand: Callable[[str], list[str]]
) -> dict[Path, Setting]:
    """Return the settings of a configuration file and all that it includes.

    ``read`` returns a file's text (OSError where it cannot), ``expand`` the files that a pattern
    stands for. A file that cannot be read is left out, as the server has judged it already.
    Raises ReadError.
    """
    settings: dict[Path, Setting] = {}
    _Reader(settings, read, expand).file(file, ())
    return settings


class _Reader:
    """Reads texts, one into another, into one table."""

    def __init__(
        self,
        settings: dict[Path, Setting],
        read: Optional[Callable[[str], str]],
        expand: Optional[Callable[[str], list[str]]],
    ) -> None:
        self._settings = settings
        self._read = read
        self._expand = expand
        self._open: list[str] = []
        self._files = 0

    def file(self, name: str, inside: Path) -> None:
        """Read one file that is included inside the blocks ``inside``."""
        self._files += 1
        if self._read is None or name in self._open:
            return
        if self._files > _MOST_FILES:
            raise ReadError(f"{name}: more than {_MOST_FILES} files are included")
        try:
            text = self._read(name)
        except OSError:
            return
        self._open.append(name)
        self.text(text, name, inside)
        self._open.pop()

    def text(self, text: str, file: str, inside: Path = ()) -> None:
        """Read one text."""
        blocks: list[Path] = []
        for line in _lines(text, file):
            here: Path = inside + tuple(part for block in blocks for part in block)
            if line.kind == "close":
                if not blocks:
                    raise ReadError(f"{file} line {line.number}: a block ends that did not begin")
                blocks.pop()
            elif line.kind == "include":
                self._include(line.value, file, here)
            elif line.kind == "open":
                path = self._numbered(here, line.path)
                blocks.append(path)
                self._settings[here + path] = Setting(None, file, line.number)
            else:
                self._settings[here + line.path] = Setting(line.value, file, line.number)
        if blocks:
            raise ReadError(f"{file}: the block {' '.join(blocks[-1])} does not end")

    def _numbered(self, here: Path, path: Path) -> Path:
        """Return the path of a block; each without a name (2.3 alone has them) is its own."""
        if path != ("inet_listener",):
            return path
        count = sum(
            1
            for found in self._settings
            if found[:-1] == (*here, *path) and _is_nameless(found[-1])
        )
        return (*path, f"{NAMELESS}{count + 1}")

    def _include(self, pattern: str, file: str, here: Path) -> None:
        if self._expand is not None:
            for name in self._expand(posixpath.join(posixpath.dirname(file), pattern)):
                self.file(name, here)


def _is_nameless(name: str) -> bool:
    return name.startswith(NAMELESS)


def _lines(text: str, file: str) -> Iterator[_Line]:
    """Yield the logical lines, without comments and empty ones."""
    parts: list[str] = []
    start = 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith("#"):
            continue
        start = start if parts else number
        if line.endswith("\\"):
            parts.append(line[:-1].strip())
            continue
        parts.append(line)
        whole = _bare(" ".join(parts).strip())
        parts = []
        if whole:
            yield _line(whole, start, file)


def _bare(line: str) -> str:
    """Return a line without the comment at its end; quotes protect a number sign."""
    if "#" not in line:
        return line
    before, quote, rest = line.partition('"')
    if quote and not _COMMENT.search(before):
        inner, quote, rest = rest.partition('"')
        return before + '"' + inner + quote + _COMMENT.sub("", rest).rstrip()
    return _COMMENT.sub("", line).rstrip()


def _line(line: str, number: int, file: str) -> _Line:
    if line == "}":
        return _Line("close", (), "", number)
    if line.startswith(_INCLUDES):
        return _Line("include", (), line.partition(" ")[2].strip(), number)
    name, equals, value = line.partition("=")
    if equals and "{" not in name:
        # Dovecot 2.4 takes a/b/c = value for the setting c in the block b of a.
        return _Line("set", tuple(name.strip().split("/")), _unquoted(value.strip()), number)
    if line.endswith("{"):
        words = line[:-1].split(None, 1)
        if words:
            return _Line("open", tuple(_unquoted(word.strip()) for word in words), "", number)
    raise ReadError(f"{file or 'doveconf'} line {number}: {line[:60]!r} is not understood")


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
