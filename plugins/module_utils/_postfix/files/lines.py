# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Divide Postfix's main.cf and master.cf into logical lines without losing a byte (postconf(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What isspace() takes for white space in the C locale; Python's own notion is wider.
SPACE = " \t\n\v\f\r"
_NEWLINE = re.compile(r"[ \t\v\f\r]*\n[ \t\v\f\r\n]*")


class CfError(ValueError):
    """A file that cannot be understood, or an edit that cannot be made; one line that says why."""


@dataclass(frozen=True)
class Line:
    """A logical line: its first physical line, those that continue it, and comments in between.

    ``number`` is the place in the file, from 1. ``entry`` is false for what Postfix ignores
    (comments and blank lines that stand between entries); each of those is a Line of its own.
    """

    number: int
    physical: tuple[str, ...]
    entry: bool

    @property
    def raw(self) -> str:
        """Return the text as it stands in the file."""
        return "".join(self.physical)

    @property
    def visible(self) -> str:
        """Return ``raw`` with comments and blank lines turned to spaces: offsets stay the same."""
        return "".join(
            " " * len(line.rstrip("\n")) + "\n" * line.endswith("\n") if ignored(line) else line
            for line in self.physical
        )

    @property
    def comments(self) -> str:
        """Return the comments and blank lines that stand inside an entry."""
        return "".join(line for line in self.physical if ignored(line))

    @property
    def end(self) -> str:
        """Return the characters that end the first physical line, of those that people use."""
        return "\r\n" if self.physical[0].endswith("\r\n") else "\n"


def ignored(line: str) -> bool:
    """Return whether Postfix skips this physical line: blank, or ``#`` is its first character."""
    text = line.lstrip(SPACE)
    return not text or text.startswith("#")


def split(text: str) -> tuple[Line, ...]:
    """Return the logical lines of ``text``; their ``raw`` joined is ``text``.

    Raises CfError for a NUL, and for a continuation that continues nothing (Postfix drops it).
    """
    if "\0" in text:
        raise CfError(f"line {text[: text.index(chr(0))].count(chr(10)) + 1}: a NUL character")
    found: list[Line] = []
    current: list[str] = []
    waiting: list[str] = []
    for number, line in enumerate(re.findall(r"[^\n]*\n|[^\n]+", text), 1):
        if ignored(line):
            waiting.append(line)
        elif line[0] not in SPACE:
            _close(found, current, waiting, number)
            current, waiting = [line], []
        elif not current:
            raise CfError(f"line {number}: a line that starts with white space continues nothing")
        else:
            current += [*waiting, line]
            waiting = []
    _close(found, current, waiting, text.count("\n") + (text[-1:] not in ("", "\n")) + 1)
    return tuple(found)


def _close(found: list[Line], current: list[str], waiting: list[str], number: int) -> None:
    """Add the entry that ends before physical line ``number`` and the ignored lines behind it."""
    first = number - len(current) - len(waiting)
    if current:
        found.append(Line(first, tuple(current), True))
    for index, line in enumerate(waiting, first + len(current)):
        found.append(Line(index, (line,), False))


def joined(value: str) -> str:
    """Return a value with each line break and the white space around it as one space."""
    return _NEWLINE.sub(" ", value).strip(SPACE)


def terminated(text: str, end: str = "\n") -> str:
    """Return ``text`` so that a line can be added behind it."""
    return text if text.endswith("\n") or not text else text + end


def plain(lines: Iterable[Line]) -> str:
    """Return the text of the lines."""
    return "".join(line.raw for line in lines)
