# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in the data a reader is, and the walker that reads what stands below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from ..facts import Fact, Place
from ..tree.nodes import Node, Scalar, Table
from ..tree.scope import Scope
from ..words.keys import FILTERS, OTHER, PORT_LIKE, PROBING, TARGETS
from ..words.mail_words import NONE, protocols, says_tls, tokens
from .around import Pair


@dataclass(frozen=True)
class Context:
    """Where in the data a reader is: the words above, nearest last, and what they decide.

    ``speaks`` are the mail protocols that the keys above name; ``path`` is the dotted path. The
    flags say what the values here are: rules of a ``firewall``, ``ports``, entries of a list of
    ``tasks``, ``names`` of services, ``endpoints`` that others listen on, ``listeners``, or what a
    ``probe`` looks at. ``tls`` is what the key of a list of ports says about them; ``inherited``
    are the settings of the mapping above.
    """

    speaks: frozenset[str] = NONE
    path: str = ""
    firewall: bool = False
    ports: bool = False
    tasks: bool = False
    names: bool = False
    endpoints: bool = False
    listeners: bool = False
    tls: str = ""
    probe: bool = False
    inherited: tuple[Pair, ...] = ()

    def below(self, key: str) -> Context:
        """Return the context of a key's value."""
        words = tokens(key)
        named = set(words)
        own = protocols(words)
        speaks = own or (NONE if named & OTHER else self.speaks)
        return replace(
            self,
            speaks=speaks,
            path=f"{self.path}.{key}" if self.path else key,
            firewall=self.firewall or bool(named & FILTERS) or {"security", "group"} <= named,
            ports=bool(named & PORT_LIKE) or (self.ports and not named & OTHER and bool(own)),
            names=bool(named & {"service", "services"}),
            endpoints=bool(named & TARGETS),
            probe=self.probe or bool(named & PROBING),
            listeners=self.listeners or bool(named & {"listener", "listeners"}),
            tls=says_tls(tuple(named - PORT_LIKE), "true") if named & PORT_LIKE else "",
            tasks=False,
            inherited=(),
        )


class Walker(Protocol):
    """Reads data of any structure; readers of one structure hand it what stands inside theirs."""

    def facts(self, node: Node, context: Context) -> Iterator[Fact]:
        """Yield the facts of a node and of all below it."""

    def settings(self, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of a mapping that is nothing but settings."""

    def text(self, scalar: Scalar, hint: str, context: Context) -> Iterator[Fact]:
        """Yield the facts of a text inside data; ``hint`` names the file that it becomes."""

    def command(self, scalar: Scalar, context: Context) -> Iterator[Fact]:
        """Yield the facts of a command line."""

    def within(self, scope: Scope) -> Walker:
        """Return a walker through the same file that knows more names."""


def place_of(scalar: Scalar, path: str) -> Place:
    """Return the place of a scalar."""
    return Place(scalar.line, scalar.column, path)
