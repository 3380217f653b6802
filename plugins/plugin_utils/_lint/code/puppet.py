# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read resources of Puppet as the settings and files that they make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..tree.nodes import Items, Node, Scalar, Table, scalars, target

_NAME = re.compile(r"[A-Za-z][\w.-]*")
# What Augeas does to an entry of master.cf.
_SET = re.compile(r"set\s+(?:.*/)?([\w.:-]+)(?:\[\d+\])?/(type|command)\s+['\"]?(.*?)['\"]?\s*$")
_ABSENT = ("absent", "purged")


def puppet_settings(table: Table) -> Table:
    """Return the settings of a manifest.

    Resources with a title and a value are one setting each, those of one type together; the content
    of a file is a text with the file's name.
    """
    found: list[tuple[Scalar, Node]] = []
    by_type: dict[str, tuple[Scalar, list[tuple[Scalar, Node]]]] = {}
    for key, node in table.items:
        inner = target(node)
        if not isinstance(inner, Table):
            found.append((key, node))
            continue
        if "::" in key.text or key.text == "augeas" or _has_values(inner):
            by_type.setdefault(key.text, (key, []))[1].extend(_resources(inner))
        elif key.text in ("file", "concat", "concat::fragment"):
            found += _files(inner)
        else:
            found.append((key, puppet_settings(inner)))
    for key, settings in by_type.values():
        found.append((key, Table(tuple(settings), key.line)))
    return Table(tuple(found), table.line)


def _has_values(table: Table) -> bool:
    """Tell whether a block holds resources, each with a title and a value."""
    bodies = [target(node) for _key, node in table.items]
    return bool(bodies) and all(isinstance(one, Table) and "value" in one.keys for one in bodies)


def _resources(table: Table) -> Iterator[tuple[Scalar, Node]]:
    """Yield what resources of one type set: title and value, or title and all parameters."""
    for title, node in table.items:
        body = target(node)
        if not isinstance(body, Table):
            yield title, node
            continue
        if body.text("ensure") in _ABSENT:
            continue
        value = body.get("value")
        if value is not None and _NAME.fullmatch(title.text):
            yield title, value
        else:
            yield title, body
            yield from _entries(body)


def _files(table: Table) -> Iterator[tuple[Scalar, Node]]:
    """Yield the contents of files by their names."""
    for title, node in table.items:
        body = target(node)
        content = target(body.get("content")) if isinstance(body, Table) else None
        if isinstance(content, Scalar) and isinstance(body, Table):
            name = body.text("path") or body.text("target") or title.text
            if "\n" not in content.text:
                content = replace(content, text=content.text + "\n")
            yield replace(title, text=name), content


def _entries(body: Table) -> Iterator[tuple[Scalar, Node]]:
    """Yield the entries of master.cf that the changes of Augeas make."""
    changes = target(body.get("changes"))
    if not isinstance(changes, (Scalar, Items)):
        return
    types: dict[str, str] = {}
    commands: dict[str, Scalar] = {}
    for one in scalars(changes):
        match = _SET.match(one.text.strip())
        if match and match[2] == "type":
            types[match[1]] = match[3]
        elif match:
            commands[match[1]] = replace(one, text=match[3])
    for name, command in commands.items():
        line = f"{name} {types.get(name, 'inet')} n - n - - {command.text}\n"
        yield Scalar("master.cf", command.line), replace(command, text=line, offset=-1)
