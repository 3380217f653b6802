# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dovecot's settings for single protocols, networks and names that undo the general ones.

Such a block wins over the general setting wherever it stands; a later block of the same kind and
name wins over it. So the drop-in repeats the blocks that undo it, with what they must say.
"""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from .doveconf import Block, words

_KINDS = ("protocol", "local", "remote", "local_name")
_PROTOCOLS = ("imap", "pop3")


@dataclass(frozen=True)
class Filter:
    """One block, inside others: ``path`` holds the kind and the name of each, outermost first."""

    path: tuple[tuple[str, str], ...]
    settings: Mapping[str, str]

    @property
    def title(self) -> str:
        """Return how a message names it."""
        return " ".join(f"{kind} {name}" for kind, name in self.path)

    def serves(self, host: str, addresses: Collection[str]) -> bool:
        """Tell whether it is about one host in particular: it holds for clients that ask for its
        name, or that connect to one of its ``addresses``, and not only for other ones."""
        names = [name for kind, name in self.path if kind == "local_name"]
        places = [name for kind, name in self.path if kind == "local"]
        return bool(names or places) and (
            all(_names(patterns, host) for patterns in names)
            and all(any(_holds(place, one) for one in addresses) for place in places)
        )

    def at(self, address: str) -> bool:
        """Tell whether it holds for connections to an address of this machine, and by that."""
        places = [name for kind, name in self.path if kind == "local"]
        return bool(places) and all(_holds(place, address) for place in places)

    @property
    def networks(self) -> tuple[str, ...]:
        """Return the client networks that it holds for, none where it holds for all."""
        return tuple(net for kind, name in self.path if kind == "remote" for net in words(name))

    @property
    def local(self) -> bool:
        """Tell whether it holds for connections within this machine alone."""
        places = [
            place
            for kind, name in self.path
            if kind in ("remote", "local")
            for place in words(name)
        ]
        return bool(places) and all(is_loopback(place) for place in places)

    def lines(self, settings: Mapping[str, str]) -> Iterator[str]:
        """Yield the block again, with these settings alone."""
        for depth, (kind, name) in enumerate(self.path):
            shown = f'"{name}"' if " " in name or "*" in name else name
            yield f"{'  ' * depth}{kind} {shown} {{"
        for name, value in settings.items():
            yield f"{'  ' * len(self.path)}{name} = {value}"
        for depth in reversed(range(len(self.path))):
            yield f"{'  ' * depth}}}"


def filters(conf: Block) -> list[Filter]:
    """Return the blocks that hold for mail clients of some kind, in the order of ``doveconf -n``.

    Those for other protocols than IMAP and POP3, and for this machine alone, are left out.
    """
    found = list(_inside(conf, ()))
    return [one for one in found if not one.local and _concerns_mail(one)]


def local_networks(conf: Block) -> list[str]:
    """Return the networks within this machine that have settings of their own."""
    return [net for one in _inside(conf, ()) if one.local for net in one.networks]


def with_certificates(block: Block) -> dict[str, str]:
    """Return the settings of a block, with those that 2.4 prints in a block ``ssl_server``."""
    settings = dict(block.settings)
    for inner in block.of_kind("ssl_server"):
        settings.update({f"ssl_server_{name}": value for name, value in inner.settings.items()})
    return settings


def _inside(conf: Block, path: tuple[tuple[str, str], ...]) -> Iterator[Filter]:
    for block in conf.blocks:
        if block.kind in _KINDS:
            here = (*path, (block.kind, block.name))
            yield Filter(here, with_certificates(block))
            yield from _inside(block, here)


def _concerns_mail(one: Filter) -> bool:
    for kind, name in one.path:
        if kind == "protocol" and name not in _PROTOCOLS and not name.startswith("!"):
            return False
    return True


def _names(patterns: str, host: str) -> bool:
    return any(fnmatch.fnmatchcase(host, pattern.lower()) for pattern in words(patterns))


def _holds(networks: str, address: str) -> bool:
    """Tell whether one of several networks holds an address; a name, which may, is taken to."""
    for network in words(networks):
        try:
            if ipaddress.ip_address(address) in ipaddress.ip_network(
                network.strip("[]"), strict=False
            ):
                return True
        except ValueError:
            return True
    return False


def is_loopback(place: str) -> bool:
    """Tell whether an address or a network is this machine's alone; no name is."""
    try:
        return ipaddress.ip_network(place.strip("[]"), strict=False).is_loopback
    except ValueError:
        return False
