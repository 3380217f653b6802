# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file of the plugins imports which, and what the picture in docs/architecture.md allows.

Files and rooms are named as in the picture: ``_probe/tls`` is plugins/module_utils/_probe/tls.py,
``_lint/tree/yaml`` is plugins/plugin_utils/_lint/tree/yaml.py. What lies in no room (modules,
filters and the like) keeps the name of its folder: ``modules/port_check``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PACKAGE = "ansible_collections.postmaster.mailports."
HALLS = ("module_utils", "plugin_utils")


@dataclass
class House:
    """The imports below ``plugins``: of our own files, and of whatever else, each by file."""

    own: dict[str, set[str]] = field(default_factory=dict)
    foreign: dict[str, set[str]] = field(default_factory=dict)
    halls: dict[str, str] = field(default_factory=dict)


def read(plugins: Path) -> House:
    """Read every file below ``plugins``; imports inside functions count like all others."""
    paths = [path for path in sorted(plugins.rglob("*.py")) if path.name != "__init__.py"]
    modules = {_module(path, plugins): path for path in paths}
    house = House()
    for module, path in modules.items():
        name = _name(module)
        house.halls[name] = module.split(".")[1]
        house.own[name] = set()
        house.foreign[name] = set()
        for wanted in _imports(ast.parse(path.read_text(encoding="utf-8")), module):
            # ``from package import name``: the name may be a module or something in the package.
            found = next((one for one in wanted if one in modules), None)
            if found:
                house.own[name].add(_name(found))
            else:
                house.foreign[name].add(wanted[-1])
    return house


def arrows(picture: str) -> dict[str, set[str]]:
    """Return what each room of the picture may import, directly or along several arrows."""
    direct: dict[str, set[str]] = {}
    for line in picture.splitlines():
        stations = [[room.strip() for room in part.split(",")] for part in line.split("─>")]
        for starts, ends in zip(stations, stations[1:]):
            for start in starts:
                direct.setdefault(start, set()).update(ends)
        for room in stations[-1] if len(stations) > 1 else ():
            direct.setdefault(room, set())
    return {room: set(_reached(room, direct)) for room in direct}


def room_of(name: str, rooms: Mapping[str, object]) -> str | None:
    """Return the room of a file: the longest entry of the picture that its path begins with."""
    found = [room for room in rooms if name == room or name.startswith(f"{room}/")]
    return max(found, key=len, default=None)


def circles(edges: Mapping[str, set[str]]) -> list[set[str]]:
    """Return each set of nodes that reach one another, smallest first."""
    reach = {node: set(_reached(node, edges)) for node in edges}
    inside = {
        frozenset(other for other in reach[node] if node in reach.get(other, ()))
        for node in edges
        if node in reach[node]
    }
    return sorted(map(set, inside), key=lambda found: (len(found), sorted(found)))


def _reached(start: str, edges: Mapping[str, set[str]]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(edges.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            yield node
            waiting += edges.get(node, ())


def _module(path: Path, plugins: Path) -> str:
    return ".".join(["plugins", *path.relative_to(plugins).with_suffix("").parts])


def _name(module: str) -> str:
    _plugins, hall, *rest = module.split(".")
    return "/".join(rest if hall in HALLS else [hall, *rest])


def _imports(tree: ast.Module, module: str) -> Iterator[list[str]]:
    """Yield for each import what it may name, the most precise first; in full, not relative."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ([_full(alias.name)] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = module.split(".")[: -node.level] if node.level else []
            base = _full(".".join([*parents, *(node.module or "").split(".")]).strip("."))
            yield from ([f"{base}.{alias.name}", base] for alias in node.names)


def _full(name: str) -> str:
    return name[len(PACKAGE) :] if name.startswith(PACKAGE) else name
