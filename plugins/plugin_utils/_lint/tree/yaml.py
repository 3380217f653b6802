# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read YAML into trees by its events: lines kept, any tag taken, depth and size bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

import yaml

from .nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Again,
    Items,
    Node,
    Scalar,
    Table,
    TreeError,
    elsewhere,
    target,
)

try:
    _LOADER: Any = yaml.CSafeLoader
except AttributeError:
    _LOADER = yaml.SafeLoader


def read_yaml(text: str) -> tuple[Node, ...]:
    """Return the documents of ``text``. Raises TreeError with the line of what is not YAML."""
    reader = _Reader()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            reader.take(event)
    except TreeError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # A mark can stand behind the last line.
        line = min(mark.line, text.count("\n")) + 1 if mark else 0
        raise TreeError(error.problem or "not YAML", line) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise TreeError(str(error).split("\n", 1)[0]) from None
    return tuple(reader.documents)


def variables_in(text: str) -> tuple[Table, ...]:
    """Return the variables that a file of another place defines, without their lines.

    None of a file that is encrypted or not YAML.
    """
    if not text or text.startswith("$ANSIBLE_VAULT"):
        return ()
    try:
        documents = read_yaml(text)
    except TreeError:
        return ()
    return tuple(elsewhere(one) for one in documents if isinstance(one, Table))


class _Frame:
    """A collection that is still open."""

    def __init__(self, event: Any) -> None:
        # How many pairs merge keys have brought in.
        self.merged = 0
        self.table = isinstance(event, yaml.MappingStartEvent)
        self.line: int = event.start_mark.line + 1
        self.anchor: Optional[str] = event.anchor
        self.nodes: list[Node] = []

    def done(self) -> Node:
        """Return the node."""
        if not self.table:
            return Items(tuple(self.nodes), self.line)
        found: list[tuple[Scalar, Node]] = []
        merged: list[Node] = []
        for key, value in zip(self.nodes[::2], self.nodes[1::2]):
            if isinstance(key, Scalar):
                if key.text == "<<":
                    merged.append(value)
                else:
                    found.append((key, value))
            elif isinstance(key, Again) and isinstance(key.node, Scalar):
                found.append((key.node, value))
        if merged:
            found = self._merge(merged, found)
        return Table(tuple(found), self.line)

    def _merge(
        self, values: list[Node], own: list[tuple[Scalar, Node]]
    ) -> list[tuple[Scalar, Node]]:
        """Return the pairs of a mapping with those that its merge keys bring in.

        A key of its own wins over a merged one, and the first of several merged mappings over the
        others. What is merged is an alias: it is judged where it is written.
        """
        names = {key.text for key, _value in own}
        found: list[tuple[Scalar, Node]] = []
        for table, again in _tables(values):
            for key, value in table.items:
                self.merged += 1
                if key.text not in names:
                    names.add(key.text)
                    found.append((key, _alias(value) if again else value))
            if self.merged > MAX_NODES:
                break
        return found + own


def _tables(values: list[Node]) -> Iterator[tuple[Table, bool]]:
    """Yield the mappings that merge keys name, and whether each is an alias."""
    for value in values:
        node = target(value)
        for one in node.nodes if isinstance(node, Items) else [value]:
            table = target(one)
            if isinstance(table, Table):
                yield table, isinstance(one, Again) or isinstance(value, Again)


def _alias(node: Node) -> Again:
    return node if isinstance(node, Again) else Again(node)


class _Reader:
    """Builds the documents from events."""

    def __init__(self) -> None:
        self.documents: list[Node] = []
        self._open: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def take(self, event: Any) -> None:
        """Take the next event."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._add(_scalar(event), event.anchor)
        elif kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent):
            if len(self._open) >= MAX_DEPTH:
                line = event.start_mark.line + 1
                raise TreeError(f"nested more than {MAX_DEPTH} deep", line)
            self._open.append(_Frame(event))
        elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            frame = self._open.pop()
            done = frame.done()
            # What is merged counts as if it were written out.
            self._count += frame.merged
            self._add(done, frame.anchor)
        elif kind is yaml.AliasEvent:
            node = self._anchors.get(event.anchor)
            if node is not None and not isinstance(node, Again):
                self._add(Again(node), None)
            else:
                self._add(Scalar("", event.start_mark.line + 1), None)
        elif kind is yaml.DocumentStartEvent:
            self._anchors = {}

    def _add(self, node: Node, anchor: Optional[str]) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise TreeError(f"more than {MAX_NODES} values")
        if anchor:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1].nodes.append(node)
        else:
            self.documents.append(node)


def _scalar(event: Any) -> Scalar:
    start = event.start_mark
    style = event.style
    # The text of a block scalar starts on the line below its indicator; a folded one has lost
    # its own lines.
    offset = 1 if style == "|" else -1
    if start.line == event.end_mark.line:
        offset = 0
    tag = event.tag
    text = "" if tag and tag.endswith("vault") else event.value
    return Scalar(text, start.line + 1, start.column + 1, style in (None, ""), offset)
