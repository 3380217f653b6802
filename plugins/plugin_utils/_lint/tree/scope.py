# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the values of variables that stand elsewhere in the same file, play or role."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Optional

from .jinja import Value, values
from .nodes import UNKNOWN, Again, Items, Node, Scalar, Table, scalars, target

_VARIABLE_KEYS = ("vars", "set_fact", "ansible.builtin.set_fact")
_FILE_KEYS = ("vars_files", "include_vars", "ansible.builtin.include_vars")
_DEEPEST = 12
_SHELL = re.compile(r"\$\{\w+(?::?[-=]([^{}]*))?\}")
_FIELD = re.compile(r"\$\$?\{?(\w{1,80})\}?")
_FIELD_NAMES = ("id", "variable", "env_variable", "envVariable", "env", "name", "key")
_FIELD_DEFAULTS = ("default", "defaultValue", "default_value", "defaultvalue")
_MOST_DEFAULTS = 8


class Scope:
    """Names and what they stand for; a bound name (a loop's item) hides the others."""

    def __init__(self, outer: Optional[Scope] = None) -> None:
        self._names: dict[str, list[Node]] = {}
        self._outer = outer
        # The defaults of the fields of forms, which other texts name with dollar signs.
        self._forms: dict[str, list[Scalar]] = {}
        # Where the values stand that were used as ports: (line, column).
        self.used: set[tuple[int, int]] = set()
        # What tasks write into files, one line each: name of the file, and the line.
        self.written: list[tuple[str, Scalar]] = []

    def bind(self, name: str, node: Node) -> Scope:
        """Return a scope in which ``name`` stands for ``node`` alone."""
        inner = Scope(self)
        inner._names[name] = [node]
        inner.used = self.used
        inner.written = self.written
        return inner

    def add(self, table: Table) -> None:
        """Add the variables of a mapping."""
        for key, node in table.items:
            self._names.setdefault(key.text, []).append(node)

    def learn(self, documents: Iterable[Node], variables: bool) -> None:
        """Add what documents define; ``variables``: their top level is variables itself."""
        for node in documents:
            if variables and isinstance(node, Table):
                self.add(node)
            for table in _definitions(node, 0):
                self.add(table)
            for name, value in _fields(node, 0):
                self._forms.setdefault(name, []).append(value)

    def nodes(self, name: str) -> Optional[list[Node]]:
        """Return what a dotted name stands for, None where it is not known."""
        first, *rest = name.split(".")
        if first in ("hostvars", "vars"):
            return None
        found = self._names.get(first)
        if found is None:
            return self._outer.nodes(name) if self._outer else None
        for part in rest:
            found = [
                value
                for one in map(target, found)
                if isinstance(one, Table)
                for value in (one.get(part),)
                if value is not None
            ]
        return found or (None if not rest else [])

    def scalars(self, name: str) -> Optional[list[Scalar]]:
        """Return the scalars that a name stands for, None where it is not known."""
        found = self.nodes(name)
        if found is None:
            return None
        return [one for one in map(target, found) if isinstance(one, Scalar)]

    def values(self, scalar: Scalar) -> list[Value]:
        """Return what a scalar can stand for."""
        found = values(scalar, self.scalars)
        if "$" not in scalar.text:
            return found
        form = _FIELD.fullmatch(scalar.text.strip())
        defaults = self._defaults(form[1]) if form else []
        if defaults:
            return [Value(one.text, one) for one in defaults[:_MOST_DEFAULTS]]
        return [Value(_SHELL.sub(_shell, one.text), one.at) for one in found]

    def _defaults(self, name: str) -> list[Scalar]:
        """Return the defaults of the field of a form, none for any other name."""
        found = self._forms.get(name)
        if found is None and self._outer is not None:
            return self._outer._defaults(name)
        return found or []

    def text(self, node: Optional[Node]) -> str:
        """Return the one text that a node stands for, UNKNOWN where it is not one."""
        scalar = target(node)
        if not isinstance(scalar, Scalar):
            return ""
        found = self.values(scalar)
        return found[0].text if len(found) == 1 else UNKNOWN

    def items(self, node: Optional[Node]) -> Optional[list[Node]]:
        """Return the items of a loop, None where they are not known."""
        node = target(node)
        if isinstance(node, Scalar):
            text = node.text.strip()
            if not (text.startswith("{{") and text.endswith("}}")):
                return [node] if text else None
            name = text[2:-2].split("|")[0].strip(" -")
            nodes = self.nodes(name)
            if nodes is None:
                return None
            return [item for one in nodes for item in (self._flat(one) or [])]
        return self._flat(node)

    @staticmethod
    def _flat(node: Optional[Node]) -> Optional[list[Node]]:
        node = target(node)
        if isinstance(node, Items):
            return list(node.nodes)
        if isinstance(node, Table):
            # As with_dict and the filter dict2items have it.
            return [
                Table(((Scalar("key"), key), (Scalar("value"), value))) for key, value in node.items
            ]
        return None


def _fields(node: Node, depth: int) -> Iterator[tuple[str, Scalar]]:
    """Yield the fields of forms: the name of each and its default."""
    if depth > _DEEPEST or isinstance(node, (Again, Scalar)):
        return
    if isinstance(node, Items):
        for one in node.nodes:
            yield from _fields(one, depth + 1)
        return
    names = (node.text(key).strip("${}") for key in _FIELD_NAMES)
    name = next((one for one in names if one), "")
    for key, value in node.items:
        found = target(value)
        if not isinstance(found, Scalar):
            yield from _fields(value, depth + 1)
        elif key.text in _FIELD_DEFAULTS and name and found.text:
            yield name, found


def _shell(match: re.Match[str]) -> str:
    """Return the default of ``${NAME:-default}``, UNKNOWN for a name alone."""
    return match[1] or UNKNOWN


def _definitions(node: Node, depth: int) -> Iterator[Table]:
    """Yield the mappings of variables in plays and tasks."""
    if depth > _DEEPEST or isinstance(node, (Again, Scalar)):
        return
    if isinstance(node, Items):
        for one in node.nodes:
            yield from _definitions(one, depth + 1)
        return
    for key, value in node.items:
        table = target(value)
        if key.text in _VARIABLE_KEYS and isinstance(table, Table):
            yield table
        else:
            yield from _definitions(value, depth + 1)


def variable_files(node: Node, depth: int = 0) -> Iterator[str]:
    """Yield the files that plays and tasks take variables from, where their names are plain."""
    if depth > _DEEPEST or isinstance(node, (Again, Scalar)):
        return
    if isinstance(node, Items):
        for one in node.nodes:
            yield from variable_files(one, depth + 1)
        return
    for key, value in node.items:
        if key.text not in _FILE_KEYS:
            yield from variable_files(value, depth + 1)
            continue
        given = target(value)
        named = given.get("file") if isinstance(given, Table) else given
        for one in scalars(named) if named is not None else ():
            if "{{" not in one.text:
                yield one.text
