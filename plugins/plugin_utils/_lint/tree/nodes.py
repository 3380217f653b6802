# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tree of plain nodes with lines, into which every kind of data is read before it is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Union

# No file written by hand comes near these limits; files made to do harm do.
MAX_DEPTH = 100
MAX_NODES = 500_000
# Stands for text that is known only when the play runs.
UNKNOWN = "\N{REPLACEMENT CHARACTER}"


class TreeError(ValueError):
    """Data cannot become a tree; the message says why. ``line`` is 0 if it is not known."""

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.line = line


@dataclass(frozen=True)
class Scalar:
    """One value as text. ``plain`` is true without quotes; ``offset`` is the distance from the
    line of the node to the first line of its text, -1 where lines inside it are not its own."""

    text: str
    line: int = 0
    column: int = 0
    plain: bool = False
    offset: int = -1


@dataclass(frozen=True)
class Table:
    """A mapping; keys that are no scalars are left out."""

    items: tuple[tuple[Scalar, Node], ...]
    line: int = 0

    def get(self, name: str) -> Optional[Node]:
        """Return the value of a key, None if it is missing."""
        for key, value in self.items:
            if key.text == name:
                return value.node if isinstance(value, Again) else value
        return None

    def text(self, name: str) -> str:
        """Return the text of a key's scalar value, "" for anything else."""
        value = self.get(name)
        return value.text if isinstance(value, Scalar) else ""

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys in their order."""
        return tuple(key.text for key, _value in self.items)


@dataclass(frozen=True)
class Items:
    """A sequence."""

    nodes: tuple[Node, ...]
    line: int = 0


@dataclass(frozen=True)
class Again:
    """An alias: a node that is written, and judged, elsewhere."""

    node: Union[Scalar, Table, Items]


Node = Union[Scalar, Table, Items, Again]
EMPTY = Table(())


def target(node: Optional[Node]) -> Union[Scalar, Table, Items, None]:
    """Return a node, or the node that an alias stands for."""
    return node.node if isinstance(node, Again) else node


def scalars(node: Optional[Node]) -> Iterator[Scalar]:
    """Yield a scalar, or the scalars that stand directly in a sequence."""
    node = target(node)
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Items):
        yield from (one for one in map(target, node.nodes) if isinstance(one, Scalar))


def tree_from(data: Any) -> Node:
    """Return the tree of plain data (mappings, sequences, scalars). Raises TreeError."""
    return _Builder().node(data, 0)


def elsewhere(node: Table) -> Table:
    """Return a mapping of another file: its lines say nothing about this one."""
    return Table(tuple((Scalar(key.text), _elsewhere(value)) for key, value in node.items))


def _elsewhere(node: Node) -> Node:
    if isinstance(node, Scalar):
        return Scalar(node.text, plain=node.plain)
    if isinstance(node, Again):
        return Scalar("")
    if isinstance(node, Items):
        return Items(tuple(_elsewhere(one) for one in node.nodes))
    return elsewhere(node)


class _Builder:
    """Turns data into nodes, and counts them."""

    def __init__(self) -> None:
        self._count = 0

    def node(self, data: Any, depth: int) -> Node:
        """Return the node of one value."""
        self._count += 1
        if depth > MAX_DEPTH:
            raise TreeError(f"nested more than {MAX_DEPTH} deep")
        if self._count > MAX_NODES:
            raise TreeError(f"more than {MAX_NODES} values")
        if isinstance(data, Mapping):
            pairs = ((Scalar(str(key)), self._value(data, key, depth + 1)) for key in data)
            return Table(tuple(pairs))
        if isinstance(data, (list, tuple)) or (
            isinstance(data, Sequence) and not isinstance(data, (str, bytes))
        ):
            return Items(tuple(self.node(one, depth + 1) for one in data))
        return Scalar(_text(data), plain=not isinstance(data, str), offset=0)

    def _value(self, data: Mapping[Any, Any], key: Any, depth: int) -> Node:
        """Return the node of one value; Ansible's variables can fail when they are looked at."""
        try:
            return self.node(data[key], depth)
        except TreeError:
            raise
        except Exception:
            return Scalar(UNKNOWN)


def _text(data: Any) -> str:
    """Return a scalar as YAML would write it."""
    if data is None:
        return ""
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, bytes):
        return data.decode("utf-8", "replace")
    if isinstance(data, int) and data.bit_length() > 64:
        return "a number of more than 64 bits"
    return str(data)
