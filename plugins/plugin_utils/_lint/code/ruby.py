# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the ports that a Vagrantfile forwards."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import LISTENER, Fact, Mention, Place
from ..settings.context import Walker
from ..tree.nodes import Items, Node, Scalar, Table, target
from ..words.values import is_local, ports_within

_DEEPEST = 12


def ruby_facts(table: Table, walker: Walker) -> Iterator[Fact]:
    """Yield the mail ports that are forwarded to a machine, by the port inside it."""
    yield from _forwarded(table, "", 0)


def _forwarded(node: Node, path: str, depth: int) -> Iterator[Fact]:
    inner = target(node)
    if isinstance(inner, Items):
        for one in inner.nodes:
            yield from _forwarded(one, path, depth + 1)
    if not isinstance(inner, Table) or depth > _DEEPEST:
        return
    guest = target(inner.get("guest"))
    if path.endswith("forwarded_port") and isinstance(guest, Scalar):
        bound = inner.text("host_ip")
        if inner.text("protocol") != "udp" and not (bound and is_local(bound)):
            for row, port in ports_within(guest.text):
                yield Mention(row, port, LISTENER, Place(guest.line, 0, path), guest.text)
        return
    for key, value in inner.items:
        yield from _forwarded(value, f"{path}.{key.text}" if path else key.text, depth + 1)


def without_forwarded(table: Table, depth: int = 0) -> Table:
    """Return the settings without those of forwarded ports, which are no settings of mail."""
    found: list[tuple[Scalar, Node]] = []
    for key, node in table.items:
        inner = target(node)
        if isinstance(inner, Table) and depth < _DEEPEST:
            if key.text == "forwarded_port":
                continue
            found.append((key, without_forwarded(inner, depth + 1)))
        else:
            found.append((key, node))
    return Table(tuple(found), table.line)
