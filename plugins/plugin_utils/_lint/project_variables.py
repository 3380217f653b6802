# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the variables that reach a file from its role and from the inventory of its project."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator

from .files import UnreadableError, decoded, read
from .tree.nodes import Table
from .tree.scope import Scope
from .tree.yaml import variables_in

_ROLE_PARTS = ("tasks", "handlers", "templates", "files", "defaults", "vars", "meta")
_INVENTORY_PARTS = ("group_vars", "host_vars")
_INVENTORIES = ("inventory", "inventories", "environments")
# How many folders above a file its project can be, and how many below that an inventory; how many
# of its files are read, and how many values of one name are kept.
_ABOVE, _BELOW, _MOST_FILES, _MOST_VALUES = 4, 4, 400, 8


def variables_for(path: str) -> Scope:
    """Return the variables that a file can use, in Ansible's order of precedence: those of its
    role, of its project's inventory (of any group), and the defaults of its role.

    A file of an inventory gets none.
    """
    role = _role_of(path)
    parts = os.path.normpath(path).split(os.sep)
    if set(parts) & set(_INVENTORY_PARTS):
        return Scope()
    folder = os.path.abspath(role or os.path.dirname(path) or ".")
    root = _project_of(folder)
    return _chained(os.path.abspath(role) if role else "", root)


def _role_of(path: str) -> str:
    """Return the folder of the role that a file belongs to, "" for none."""
    parts = os.path.normpath(path).split(os.sep)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in _ROLE_PARTS:
            return os.sep.join(parts[:index]) or ("" if path.startswith(os.sep) else ".")
    return ""


@functools.lru_cache(maxsize=1024)
def _project_of(folder: str) -> str:
    """Return the nearest folder, this one or above, that has an inventory; "" for none."""
    for _level in range(_ABOVE):
        if any(os.path.isdir(os.path.join(folder, one)) for one in _INVENTORY_PARTS):
            return folder
        if any(os.path.isdir(os.path.join(folder, one)) for one in _INVENTORIES):
            return folder
        above = os.path.dirname(folder)
        if above == folder or os.path.isdir(os.path.join(folder, ".git")):
            break
        folder = above
    return ""


@functools.lru_cache(maxsize=256)
def _chained(role: str, root: str) -> Scope:
    scope = Scope()
    if role:
        scope = _first(os.path.join(role, "defaults"), scope)
    if root:
        scope = _inventory(root, scope)
    return _first(os.path.join(role, "vars"), scope) if role else scope


def _first(folder: str, outer: Scope) -> Scope:
    """Return the variables of a role's folder; of files that define the same the first counts."""
    scope = Scope(outer)
    known: set[str] = set()
    for table in _tables(_files(folder, 0, (".yml", ".yaml"))):
        fresh = tuple((key, node) for key, node in table.items if key.text not in known)
        scope.add(Table(fresh))
        known.update(key.text for key, _node in fresh)
    return scope


def _inventory(root: str, outer: Scope) -> Scope:
    """Return the variables of all groups and hosts: a name can have several values."""
    scope = Scope(outer)
    counts: dict[str, int] = {}
    for table in _tables(_inventory_files(root)):
        fresh = tuple(
            (key, node) for key, node in table.items if counts.get(key.text, 0) < _MOST_VALUES
        )
        scope.add(Table(fresh))
        for key, _node in fresh:
            counts[key.text] = counts.get(key.text, 0) + 1
    return scope


def _inventory_files(root: str) -> list[str]:
    found: list[str] = []
    for part in _INVENTORY_PARTS:
        found += _files(os.path.join(root, part), _BELOW)
    for name in _INVENTORIES:
        for path in _files(os.path.join(root, name), _BELOW):
            if set(os.path.relpath(path, root).split(os.sep)) & set(_INVENTORY_PARTS):
                found.append(path)
    return found[:_MOST_FILES]


def _files(folder: str, below: int, ends: tuple[str, ...] = ("",)) -> list[str]:
    """Return the files in a folder, and in folders up to ``below`` levels deeper, by name."""
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []
    found: list[str] = []
    for entry in ordered:
        if entry.is_file() and entry.name.endswith(ends) and not entry.name.startswith("."):
            found.append(entry.path)
        elif below and entry.is_dir(follow_symlinks=False) and len(found) < _MOST_FILES:
            found += _files(entry.path, below - 1, ends)
    return found


def _tables(paths: list[str]) -> Iterator[Table]:
    """Yield the mappings of variable files."""
    for path in paths:
        yield from variables_in(_text(path))


def _text(path: str) -> str:
    """Return the text of a file, "" where it cannot be read: its own findings say so."""
    try:
        return decoded(read(path))
    except UnreadableError:
        return ""
