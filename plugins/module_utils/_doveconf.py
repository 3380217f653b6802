# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What doveconf prints, as values: settings, blocks and the listeners of each service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

_OPENS = re.compile(r"^(\S+)(?:\s+(.*\S))?\s*\{$")


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
    """One ``inet_listener`` of a service; ``port`` 0 is a closed one, ``tls`` its ``ssl``."""

    service: str
    name: str
    port: int
    tls: bool
    addresses: tuple[str, ...]


def parse(text: str) -> Block:
    """Return what ``doveconf`` printed. Raises ValueError for blocks that do not match."""
    stack = [Block()]
    for raw in text.splitlines():
        line = raw.strip()
        opens = _OPENS.match(line)
        if not line or line.startswith("#"):
            continue
        if line == "}":
            stack.pop()
        elif opens and "=" not in opens.group(1):
            block = Block(opens.group(1), (opens.group(2) or "").strip('"'))
            stack[-1].blocks.append(block)
            stack.append(block)
        else:
            key, equals, value = line.partition("=")
            if equals:
                stack[-1].settings[key.strip()] = value.strip()
        if not stack:
            raise ValueError("doveconf printed a block's end too many")
    if len(stack) != 1:
        raise ValueError(f"doveconf printed no end of the block {stack[-1].kind!r}")
    return stack[0]


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
