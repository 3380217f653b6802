# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve variables, locals and repeated blocks of Terraform and OpenTofu."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Optional

from ..tree.code import read_code
from ..tree.nodes import UNKNOWN, Items, Node, Scalar, Table, TreeError, elsewhere, target
from ..tree.tokens import TERRAFORM

# Returns the text of a file of the same folder, None where there is none.
Sibling = Callable[[str], Optional[str]]
_BESIDE = ("variables.tf", "locals.tf", "terraform.tfvars")
_REFERENCE = re.compile(r"(var|local)\.(\w+)")
_EACH = re.compile(r"each\.(?:value|key)(?:\.(\w+))?")
_DEEPEST, _MOST_TURNS = 8, 100
_Names = Mapping[str, Node]


def resolved(table: Table, sibling: Sibling) -> Table:
    """Return the settings with the values of variables and locals, and each turn of for_each.

    A value stands where it is written, one of another file where it is used.
    """
    names: dict[str, Node] = {}
    for name in _BESIDE:
        text = sibling(name)
        if text:
            try:
                names.update(_names(elsewhere(read_code(text, TERRAFORM))))
            except TreeError:
                continue
    names.update(_names(table))
    items = tuple(pair for pair in table.items if pair[0].text not in ("variable", "locals"))
    found = _resolved(Table(items, table.line), names, 0)
    return found if isinstance(found, Table) else table


def _names(table: Table) -> dict[str, Node]:
    """Return the variables and locals that a file defines, by the names that refer to them."""
    found: dict[str, Node] = {}
    for key, node in table.items:
        inner = target(node)
        if key.text == "locals" and isinstance(inner, Table):
            found.update({f"local.{name.text}": value for name, value in inner.items})
        elif key.text == "variable" and isinstance(inner, Table):
            for name, value in inner.items:
                body = target(value)
                default = body.get("default") if isinstance(body, Table) else None
                if default is not None:
                    found[f"var.{name.text}"] = default
        elif isinstance(inner, (Scalar, Items)):
            # A line of terraform.tfvars.
            found[f"var.{key.text}"] = inner
    return found


def _resolved(node: Node, names: _Names, depth: int) -> Node:
    """Return a node with what its references stand for."""
    if depth > _DEEPEST * 4:
        return node
    if isinstance(node, Scalar):
        return _value(node, names, depth)
    if isinstance(node, Items):
        inner = (_resolved(one, names, depth + 1) for one in node.nodes)
        return Items(tuple(inner), node.line)
    if not isinstance(node, Table):
        return node
    turns = node.get("for_each")
    if turns is not None:
        return _turns(node, turns, names, depth)
    return _pairs(node, names, depth)


def _pairs(table: Table, names: _Names, depth: int) -> Table:
    found: list[tuple[Scalar, Node]] = []
    for key, value in table.items:
        inner = target(value)
        if key.text == "dynamic" and isinstance(inner, Table):
            # dynamic "ingress" { content { } } makes blocks of that name.
            for name, block in inner.items:
                found += [(name, one) for one in _blocks(name.text, block, names, depth)]
        else:
            found.append((key, _resolved(value, names, depth + 1)))
    return Table(tuple(found), table.line)


def _blocks(name: str, block: Node, names: _Names, depth: int) -> Iterator[Node]:
    """Yield the blocks that a dynamic block makes."""
    body = target(block)
    content = body.get("content") if isinstance(body, Table) else None
    if not isinstance(body, Table) or content is None:
        return
    iterator = body.text("iterator") or name
    for item in _items(body.get("for_each"), names, depth):
        yield _resolved(content, {**names, iterator: item}, depth + 1)


def _turns(table: Table, turns: Node, names: _Names, depth: int) -> Node:
    """Return the settings of a block that for_each repeats, one for each turn."""
    rest = Table(tuple(pair for pair in table.items if pair[0].text != "for_each"), table.line)
    made = [_pairs(rest, {**names, "each": one}, depth) for one in _items(turns, names, depth)]
    return Items(tuple(made), table.line) if made else _pairs(rest, names, depth)


def _items(node: Optional[Node], names: _Names, depth: int) -> list[Node]:
    """Return the items of for_each: those of a list, or the values of a mapping."""
    found = target(_resolved(node, names, depth + 1)) if node is not None else None
    if isinstance(found, Items):
        return list(found.nodes[:_MOST_TURNS])
    if isinstance(found, Table):
        return [value for _key, value in found.items[:_MOST_TURNS]]
    return []


def _value(scalar: Scalar, names: _Names, depth: int) -> Node:
    """Return what a scalar stands for; UNKNOWN for what only a run knows."""
    text = scalar.text
    if depth > _DEEPEST * 4 or "." not in text or len(text) > 200:
        return scalar
    reference = _REFERENCE.fullmatch(text)
    if reference:
        found = names.get(text)
        if found is None:
            return Scalar(UNKNOWN, scalar.line)
        return _placed(_resolved(found, names, depth + _DEEPEST), scalar)
    first, _dot, rest = text.partition(".")
    part = re.fullmatch(r"(?:value|key)(?:\.(\w+))?", rest)
    item = names.get(first) if part else None
    if part and item is not None:
        inner = target(item)
        if part[1] and isinstance(inner, Table):
            value = inner.get(part[1])
            return _placed(_resolved(value, names, depth + 1), scalar) if value else scalar
        return _placed(item, scalar)
    return scalar


def _placed(node: Node, scalar: Scalar) -> Node:
    """Return a node with the line of its use, if it is written in another file."""
    if isinstance(node, Scalar) and not node.line:
        return Scalar(node.text, scalar.line, 0, node.plain, 0)
    if isinstance(node, Items):
        return Items(tuple(_placed(one, scalar) for one in node.nodes), scalar.line)
    return node
