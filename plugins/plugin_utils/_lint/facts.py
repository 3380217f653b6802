# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the readers of the linter hand to its judge: frozen facts, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Optional, Union

from ...module_utils._model.services import Service

# What a port is to the one who names it. A probe looks at a port that something else opens.
LISTENER = "listener"
CLIENT = "client"
FIREWALL = "firewall"
PROBE = "probe"

# Beside the modes of the table: TLS of a kind that was not said, and TLS only if it is offered.
IMPLICIT = "implicit"
STARTTLS = "starttls"
CLEARTEXT = "cleartext"
SOME = "some"
OPTIONAL = "optional"


@dataclass(frozen=True)
class Place:
    """Where something stands: line and column from 1 (0: not known), path inside the data."""

    line: int = 0
    column: int = 0
    path: str = ""


@dataclass(frozen=True)
class Mention:
    """A mail port that is named.

    ``row`` is the service of the table that is meant, ``port`` the number as written. ``tls`` is
    one of the words above, None where nothing is said about it. ``login`` tells whether a user
    name or password goes with it, None where nothing is said. ``local``: the other end is this
    very machine. ``tls_place`` is where ``tls`` is said. ``bare``: a key names
    the port, and nothing beside it says who uses it. ``text`` is what stands there.
    """

    row: Service
    port: int
    role: str
    place: Place
    text: str = ""
    tls: Optional[str] = None
    login: Optional[bool] = None
    local: bool = False
    tls_place: Optional[Place] = None
    bare: bool = False


@dataclass(frozen=True)
class Lowest:
    """The lowest TLS version that a setting lets through."""

    version: str
    place: Place
    text: str = ""


@dataclass(frozen=True)
class Flaw:
    """What is wrong under every policy: a rule, and the facts of its message."""

    rule: str
    place: Place
    facts: Mapping[str, str] = field(default_factory=dict)
    service: str = ""
    port: int = 0
    severity: str = ""
    remedy: str = ""


def unverified(place: Place) -> Flaw:
    """Return the flaw of a setting that stops certificates from being checked."""
    return Flaw("verification-off", place, {"message": "switches the check of certificates off"})


Fact = Union[Mention, Lowest, Flaw]


def moved(fact: Fact, lines: int, path: str = "") -> Fact:
    """Return a fact of a text that stands ``lines`` further down, inside ``path``."""
    place = _moved(fact.place, lines, path)
    if isinstance(fact, Mention) and fact.tls_place:
        return replace(fact, place=place, tls_place=_moved(fact.tls_place, lines, path))
    return replace(fact, place=place)


def _moved(place: Place, lines: int, path: str) -> Place:
    inner = ".".join(part for part in (path, place.path) if part)
    line = place.line + lines if place.line else 0
    return Place(line, 0 if lines else place.column, inner)
