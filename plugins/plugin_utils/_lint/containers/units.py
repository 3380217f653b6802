# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read units of systemd that listen or run containers: sockets and quadlets."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import LISTENER, Fact, Mention, Place
from ..settings.context import Context, Walker
from ..tree.nodes import Items, Scalar, Table
from ..tree.scope import Scope
from ..words.values import is_local, number, ports_within
from .objects import container_facts

_LISTENS = "listenstream"
# The keys of quadlets, in the words of compose.
_KEYS = {
    "image": "image",
    "containername": "container_name",
    "podname": "container_name",
    "publishport": "ports",
    "environment": "environment",
}


def unit_facts(text: str, walker: Walker, scope: Scope) -> Iterator[Fact]:
    """Yield the facts of a socket, a container or a pod."""
    found: dict[str, list[Scalar]] = {}
    for index, line in enumerate(text.split("\n"), 1):
        key, equals, value = line.partition("=")
        name = key.strip().lower()
        if not equals or line.lstrip().startswith(("#", ";")):
            continue
        if name == _LISTENS:
            yield from _socket(value.strip(), Place(index))
        elif name in _KEYS:
            words = value.split() if name == "environment" else [value.strip()]
            scalars = [Scalar(word.strip("\"'"), index, 0, True, 0) for word in words]
            found.setdefault(_KEYS[name], []).extend(scalars)
    pairs = []
    for name, scalars in found.items():
        single = name in ("image", "container_name")
        pairs.append((Scalar(name), scalars[-1] if single else Items(tuple(scalars))))
    if pairs:
        yield from container_facts(Table(tuple(pairs)), walker, scope, Context())


def _socket(value: str, place: Place) -> Iterator[Fact]:
    """Yield the mail port on which a socket listens."""
    host, _colon, port = value.rpartition(":")
    if number(port) and not (host and is_local(host)):
        for row, found in ports_within(port):
            yield Mention(row, found, LISTENER, place, value)
