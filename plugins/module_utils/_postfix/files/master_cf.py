# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the entries of master.cf and where in the file each of their parts stands (master(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

from .lines import SPACE, CfError, Line, joined, plain, split

TYPES = ("inet", "unix", "fifo", "pass", "unix-dgram")
# The columns of an entry, in their order.
FIELDS = (
    "service",
    "type",
    "private",
    "unprivileged",
    "chroot",
    "wakeup",
    "maxproc",
    "command",
)
_BLANKS = " \t\r\n"
_FLAG = re.compile(r"[yn-]")
_PATTERNS = {
    "type": re.compile("|".join(TYPES)),
    "private": _FLAG,
    "unprivileged": _FLAG,
    "chroot": _FLAG,
    "wakeup": re.compile(r"-|[0-9]+\??"),
    "maxproc": re.compile(r"-|[0-9]+"),
}


@dataclass(frozen=True)
class Token:
    """A word of an entry: its text, and where it starts and ends in the entry's raw text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Option:
    """One ``-o name=value`` in any spelling: ``-o { name = value }``, ``-oname=value``, ``-vo …``.

    ``tokens`` are its one or two words; ``flags`` are the flags written before the ``o``.
    """

    name: str
    value: str
    tokens: tuple[Token, ...]
    flags: str = ""


@dataclass(frozen=True)
class Entry:
    """One entry of master.cf.

    ``line`` is its place in the file, from 1; ``fields`` are the eight columns; ``options`` are in
    the order of the file, of a name given twice the last one counts; ``flags`` are the command's
    other flags (``-v``), ``arguments`` what stands behind all flags (as for pipe).
    """

    line: int
    fields: tuple[Token, ...]
    options: tuple[Option, ...]
    flags: tuple[Token, ...]
    arguments: tuple[Token, ...]

    def __getitem__(self, name: str) -> str:
        """Return the text of the column ``name``."""
        return self.fields[FIELDS.index(name)].text

    @property
    def values(self) -> dict[str, str]:
        """Return the options in force."""
        return {option.name: option.value for option in self.options}

    @property
    def words(self) -> list[str]:
        """Return the arguments without the braces that hold words together."""
        return [unbraced(token.text) for token in self.arguments]

    @property
    def meaning(self) -> tuple[object, ...]:
        """Return all that Postfix takes from the entry, whatever its spelling."""
        flags = "".join(token.text[1:] for token in self.flags)
        flags += "".join(option.flags for option in self.options)
        columns = tuple(token.text for token in self.fields)
        options = tuple((option.name, _squeezed(option.value)) for option in self.options)
        return columns, options, sorted(flags), [_squeezed(word) for word in self.words]

    @property
    def insertion(self) -> int:
        """Return the offset behind the last option or flag: nothing later can be an option."""
        tokens = [token for option in self.options for token in option.tokens]
        return max(token.end for token in (self.fields[-1], *tokens, *self.flags))

    def to_dict(self) -> dict[str, object]:
        """Return the entry as plain data."""
        columns = {name: self[name] for name in FIELDS}
        return {**columns, "options": self.values, "arguments": self.words, "line": self.line}


@dataclass(frozen=True)
class MasterCf:
    """A master.cf: every logical line, with the entry that it is or None."""

    lines: tuple[tuple[Line, Optional[Entry]], ...]

    @classmethod
    def parse(cls, text: str) -> MasterCf:
        """Return the parsed text. Raises CfError with the line of what Postfix would not read."""
        return cls(tuple((line, _entry(line) if line.entry else None) for line in split(text)))

    @property
    def text(self) -> str:
        """Return the file, byte for byte."""
        return plain(line for line, _found in self.lines)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return the entries in the order of the file."""
        return tuple(entry for _line, entry in self.lines if entry)


def unbraced(text: str) -> str:
    """Return a word without the braces around it and the white space inside them."""
    return text[1:-1].strip(SPACE) if text.startswith("{") else text


def check_field(name: str, value: str) -> None:
    """Raise CfError for what Postfix does not take in the column ``name``."""
    pattern = _PATTERNS.get(name)
    good = pattern.fullmatch(value) if pattern else re.fullmatch(r"[^\s{}#\0][^\s\0]*", value)
    if not good:
        raise CfError(f"{name}: {value!r} is not valid in master.cf")


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _tokens(line: Line) -> list[Token]:
    """Return the words; white space inside braces does not end one, as in Postfix."""
    text = line.visible
    found: list[Token] = []
    start, depth = -1, 0
    for index, char in enumerate(text):
        if start < 0:
            if char in _BLANKS:
                continue
            start = index
        if char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif char in _BLANKS and not depth:
            found.append(Token(text[start:index], start, index))
            start = -1
    if depth:
        raise CfError(f"line {line.number}: a brace is opened and not closed")
    if start >= 0:
        found.append(Token(text[start:], start, len(text)))
    for token in found:
        if token.text.startswith("{") and _closing(token.text) != len(token.text) - 1:
            raise CfError(f"line {line.number}: text behind the brace in {token.text!r}")
    return found


def _closing(text: str) -> int:
    """Return the offset of the brace that closes the first one."""
    depth = 0
    for index, char in enumerate(text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if not depth:
            return index
    return -1


def _entry(line: Line) -> Entry:
    tokens = _tokens(line)
    if len(tokens) < len(FIELDS):
        raise CfError(
            f"line {line.number}: {len(tokens)} fields where an entry has at least {len(FIELDS)}"
        )
    fields, rest = tuple(tokens[: len(FIELDS)]), tokens[len(FIELDS) :]
    for name, token in zip(FIELDS, fields):
        try:
            check_field(name, token.text)
        except CfError as error:
            raise CfError(f"line {line.number}: {error}") from None
    options: list[Option] = []
    flags: list[Token] = []
    while rest and rest[0].text.startswith("-") and rest[0].text not in ("-", "--"):
        token = rest.pop(0)
        before, letter, glued = token.text[1:].partition("o")
        if not letter:
            flags.append(token)
            continue
        words = [token] if glued else [token, *rest[:1]]
        if not glued:
            rest = rest[1:]
        if not glued and len(words) == 1:
            raise CfError(f"line {line.number}: nothing follows -o")
        name, value = _assignment(line, glued or words[1].text)
        options.append(Option(name, value, tuple(words), before))
    return Entry(line.number, fields, tuple(options), tuple(flags), tuple(rest))


def _assignment(line: Line, text: str) -> tuple[str, str]:
    name, equals, value = unbraced(text).partition("=")
    if not equals or not name.strip(SPACE):
        raise CfError(f"line {line.number}: -o is followed by {text!r}, which is no name=value")
    return name.strip(SPACE), joined(value)
