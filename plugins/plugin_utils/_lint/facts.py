# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the readers of the linter hand to its judge: frozen facts, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Optional, Union

from ...module_utils._model.services import Service

# What a file does with a port. A probe connects to a port that something else opens.
LISTENER = "listener"
CLIENT = "client"
FIREWALL = "firewall"
PROBE = "probe"

# Beside the modes of the table of services: TLS of an unknown kind, and TLS only if it is offered.
IMPLICIT = "implicit"
STARTTLS = "starttls"
CLEARTEXT = "cleartext"
SOME = "some"
OPTIONAL = "optional"


@dataclass(frozen=True)
class Place:
    """Where something is written: line and column from 1 (0: not known), path inside the data."""

    line: int = 0
    column: int = 0
    path: str = ""


@dataclass(frozen=True)
class Mention:
    """A mail port that is named.

    ``row`` is its row in the table of services, ``port`` the number as written, ``text`` what is
    written. ``role`` and ``tls`` are words from above, ``tls`` is None if it is not known;
    ``tls_place`` is where it is set. ``login`` tells whether a user name or password belongs to the
    port, None if it is not known. ``local``: the other end is the same machine. ``bare``: a key
    names the port, and nothing beside it says who uses it. ``by_default`` names the program that
    opens the port by default, and ``remedy`` says how to close it.
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
    by_default: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Lowest:
    """The lowest TLS version that a setting allows."""

    version: str
    place: Place
    text: str = ""


@dataclass(frozen=True)
class Flaw:
    """What is wrong under every policy: a rule, and the values in its message.

    ``absent`` names the settings of which one is missing, where that is what is wrong.
    """

    rule: str
    place: Place
    facts: Mapping[str, str] = field(default_factory=dict)
    service: str = ""
    port: int = 0
    severity: str = ""
    remedy: str = ""
    absent: tuple[str, ...] = ()


def unverified(place: Place) -> Flaw:
    """Return the flaw of a setting that stops certificates from being checked."""
    return Flaw(
        "verification-off", place, {"message": "switches the verification of certificates off"}
    )


Fact = Union[Mention, Lowest, Flaw]


def moved(fact: Fact, lines: int, path: str = "") -> Fact:
    """Return a fact of a text that begins ``lines`` further down, inside ``path``."""
    place = _moved(fact.place, lines, path)
    if isinstance(fact, Mention) and fact.tls_place:
        return replace(fact, place=place, tls_place=_moved(fact.tls_place, lines, path))
    return replace(fact, place=place)


def _moved(place: Place, lines: int, path: str) -> Place:
    inner = ".".join(part for part in (path, place.path) if part)
    line = place.line + lines if place.line else 0
    return Place(line, 0 if lines else place.column, inner)
