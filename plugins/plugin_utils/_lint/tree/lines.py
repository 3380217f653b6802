# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read lines of ``key = value`` in the spellings of many programs into one tree."""

from __future__ import annotations

import re

from .nodes import UNKNOWN, Node, Scalar, Table

_SECTION = re.compile(r"\s*\[+\s*([^\]\n]{1,200}?)\s*\]+\s*(?:[#;].*)?")
_ENTRY = re.compile(
    r"(?P<indent>\s*)(?P<item>-\s+)?(?:export\s+|set\s+|define\s*\(\s*|ENV\s+)?"
    r"(?P<key>[\"'$]*[A-Za-z_][\w.\-]*(?:\[[^\]\n]{1,80}\])*[\"']*)"
    r"\s*(?P<mark>=>|:=|=|:(?=\s|$)|,(?=\s*['\"\d]))\s*(?P<value>.*?)\s*[,;)]*\s*"
)
_COMMENT = re.compile(r"\s*(?:#|;|//|--|\*|/\*|<!--)")
# Of shells and INI files after a space; of PHP and JavaScript after the end of a statement too.
_TRAILING = re.compile(r"(?:\s+(?:[#;]|//|/\*)\s.*|\s*[,;)]\s*(?:#|//|/\*).*)$")
_END = ",;) \t"
_MAX_LINE = 2000
# A value from the environment, with a default: os.environ.get("A", 25).
_LOOKED_UP = re.compile(
    r"\(*(?:(?:int|str|bool|float)\()?(?:os\.)?"
    r"(?:environ(?:\.get)?|getenv|env(?:\.\w{1,20})?|config|ENV(?:\.fetch)?)"
    r"[(\[]\s*['\"]\w{1,100}['\"]\s*\]?\s*"
    r"(?:(?:,|\)?\s*(?:\?:|\|\||\?\?|or\b))\s*(?:default\s*=\s*)?"
    r"(?P<default>'[^']*'|\"[^\"]*\"|[^\s()]*?)(?:,\s*cast\s*=\s*\w{1,20})?)?"
    r"\)*(?:\.(?:lower|strip|upper)\(\))*(?:\s*==\s*['\"](?:true|1|yes)['\"])?[)\s]*",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"\d+|true|false|null|none|'[^']*'?|\"[^\"]*\"?", re.IGNORECASE)


def read_settings(text: str) -> Table:
    """Return the settings of a text, below their sections or by their indentation."""
    root = _Open("", -1, 0)
    stack = [root]
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _MAX_LINE or _COMMENT.match(line):
            continue
        section = _SECTION.fullmatch(line)
        if section is not None:
            del stack[1:]
            stack.append(root.open(section[1], 0, number))
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            continue
        _place(stack, entry, number)
    return root.table()


class _Open:
    """A mapping that can still grow; ``indent`` is that of its first key, or what it must pass."""

    def __init__(self, name: str, indent: int, line: int) -> None:
        self.name = name
        self.indent = indent
        self.line = line
        self._items: list[tuple[Scalar, Node | _Open]] = []

    def open(self, name: str, indent: int, line: int) -> _Open:
        """Return a new mapping inside this one."""
        inner = _Open(name, indent, line)
        self._items.append((Scalar(name, line), inner))
        return inner

    def add(self, key: Scalar, value: Scalar) -> None:
        """Add one setting."""
        self._items.append((key, value))

    def table(self) -> Table:
        """Return the mapping as a node."""
        done = tuple(
            (key, value.table() if isinstance(value, _Open) else value)
            for key, value in self._items
        )
        return Table(done, self.line)


def _place(stack: list[_Open], entry: re.Match[str], number: int) -> None:
    """Put an entry into the mapping that its indentation tells; a section takes what follows."""
    indent = len(entry["indent"].expandtabs())
    nested = entry["mark"] == ":"
    while len(stack) > 1 and nested and stack[-1].indent >= indent and stack[-1].indent > 0:
        stack.pop()
    if entry["item"]:
        while len(stack) > 1 and stack[-1].indent > indent:
            stack.pop()
        stack.append(stack[-1].open("", indent + 1, number))
    key = Scalar(entry["key"].strip("\"'$"), number)
    value = _looked_up(_TRAILING.sub("", entry["value"]).rstrip(_END)).strip("\"'")
    if nested and not value and len(stack) < 50:
        stack.append(stack[-1].open(key.text, indent + 1, number))
    else:
        stack[-1].add(key, Scalar(value, number, 0, True, 0))


def _looked_up(value: str) -> str:
    """Return the default of a value from the environment, UNKNOWN if there is none."""
    match = _LOOKED_UP.fullmatch(value) if "env" in value.lower() or "config(" in value else None
    if match is None:
        return value
    default = match["default"] or ""
    return default if _LITERAL.fullmatch(default) else UNKNOWN
