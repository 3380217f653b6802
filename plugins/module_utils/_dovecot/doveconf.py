# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What doveconf prints, as values: settings, blocks and the listeners of each service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

from .syntax import NAMELESS, Path, parse_dovecot


@dataclass
class Block:
    """One block: ``kind`` and ``name`` as in ``service imap-login {``, settings and blocks inside.

    The outermost one has neither.
    """

    kind: str = ""
    name: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def of_kind(self, kind: str) -> Iterator[Block]:
        """Yield the blocks of one kind inside this one."""
        return (block for block in self.blocks if block.kind == kind)


@dataclass(frozen=True)
class Inet:
    """One ``inet_listener`` of a service; ``port`` 0 is a closed one, ``tls`` its ``ssl``,
    ``proxied`` whether it takes connections from a HAProxy alone. The name of one that has none
    begins with NAMELESS."""

    service: str
    name: str
    port: int
    tls: bool
    addresses: tuple[str, ...]
    proxied: bool = False

    @property
    def nameless(self) -> bool:
        """Return whether it has no name, so that no other file can change it."""
        return self.name.startswith(NAMELESS)


def parse(text: str) -> Block:
    """Return what ``doveconf`` printed. Raises ReadError for blocks that do not match."""
    blocks: dict[Path, Block] = {(): Block()}
    for path, setting in parse_dovecot(text, "doveconf").items():
        inside = next(path[:end] for end in range(len(path) - 1, -1, -1) if path[:end] in blocks)
        words_ = path[len(inside) :]
        if setting.value is None:
            blocks[path] = Block(words_[0], " ".join(words_[1:]))
            blocks[inside].blocks.append(blocks[path])
        else:
            blocks[inside].settings["/".join(words_)] = setting.value
    return blocks[()]


def listeners(conf: Block) -> list[Inet]:
    """Return the listeners of all services, in the order of doveconf; a later block of the same
    service and name adds to the earlier one."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for service in conf.of_kind("service"):
        for listener in service.of_kind("inet_listener"):
            found.setdefault((service.name, listener.name), {}).update(listener.settings)
    return [
        Inet(
            service=service,
            name=name,
            port=_number(values.get("port", "0")),
            tls=values.get("ssl", "no") == "yes",
            addresses=words(values.get("listen", values.get("address", ""))),
            proxied=values.get("haproxy", "no") == "yes",
        )
        for (service, name), values in found.items()
    ]


def protocols(conf: Block) -> tuple[str, ...]:
    """Return the enabled protocols: a list of words in 2.3, a block of yes and no in 2.4."""
    found = list(words(conf.settings.get("protocols", "")))
    for block in conf.of_kind("protocols"):
        found += [name for name, value in block.settings.items() if value == "yes"]
    return tuple(dict.fromkeys(found))


def words(value: Optional[str]) -> tuple[str, ...]:
    """Return the words of a list, separated by commas or white space, quoted or not."""
    return tuple((value or "").strip('"').replace(",", " ").split())


def _number(value: str) -> int:
    return int(value) if value.isdecimal() else 0
