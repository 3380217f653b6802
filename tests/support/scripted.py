# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte-scripted hostile servers: a list of steps run for each connection."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Union

from .serving import Server
from .wire import Wire

_FLOOD_BLOCK = 65536


@dataclass(frozen=True)
class Send:
    """Send these bytes at once."""

    data: bytes


@dataclass(frozen=True)
class SendTagged:
    """Send the tag (first word) of the last line that came, a space, and these bytes."""

    data: bytes


@dataclass(frozen=True)
class SendSlowly:
    """Send one byte each ``interval`` seconds."""

    data: bytes
    interval: float


@dataclass(frozen=True)
class Flood:
    """Send ``data`` again and again: ``total`` bytes, or without end."""

    data: bytes
    total: int | None = None


@dataclass(frozen=True)
class Expect:
    """Read a line; with ``data``, end the connection and note a surprise if it lacks them."""

    data: bytes | None = None


@dataclass(frozen=True)
class ReadChunk:
    """Read whatever comes, at least one byte, without meaning (a ClientHello, for instance)."""


@dataclass(frozen=True)
class StartTls:
    """Shake hands as a TLS server."""

    context: ssl.SSLContext


@dataclass(frozen=True)
class Silence:
    """Say nothing more until the peer leaves or the server is closed."""


@dataclass(frozen=True)
class Close:
    """End politely, and end the script."""


@dataclass(frozen=True)
class Reset:
    """End by a TCP reset, and end the script."""


Step = Union[
    Send, SendTagged, SendSlowly, Flood, Expect, ReadChunk, StartTls, Silence, Close, Reset
]


class Play:
    """Run one script on any number of connections; a handler for `Server`.

    A script that comes to its end closes politely. ``surprises`` holds (expected, received) of
    each Expect that was not met.
    """

    def __init__(self, script: Sequence[Step]) -> None:
        self.script = tuple(script)
        self.surprises: list[tuple[bytes, bytes]] = []

    def __call__(self, wire: Wire) -> None:
        """Run the script."""
        last_line = b""
        for step in self.script:
            if isinstance(step, Expect):
                line = wire.read_line()
                if line is None:
                    break
                last_line = line
                if step.data is not None and step.data.lower() not in line.lower():
                    self.surprises.append((step.data, line))
                    break
            elif isinstance(step, SendTagged):
                wire.send(last_line.split(b" ", maxsplit=1)[0] + b" " + step.data)
            elif isinstance(step, Reset):
                wire.reset()
                return
            elif isinstance(step, Close):
                break
            else:
                _perform(wire, step)
        wire.finish()


def _perform(wire: Wire, step: Step) -> None:
    """Do a step that neither ends the script nor looks at lines."""
    if isinstance(step, Send):
        wire.send(step.data)
    elif isinstance(step, SendSlowly):
        for byte in step.data:
            wire.send(bytes([byte]))
            if wire.stopping.wait(step.interval):
                return
    elif isinstance(step, Flood):
        _flood(wire, step)
    elif isinstance(step, ReadChunk):
        wire.read_chunk()
    elif isinstance(step, StartTls):
        wire.start_tls(step.context)
    elif isinstance(step, Silence):
        while wire.read_chunk():
            pass


def _flood(wire: Wire, step: Flood) -> None:
    block = step.data * (_FLOOD_BLOCK // len(step.data) + 1)
    block = block[: len(block) - len(block) % len(step.data)]
    left = step.total
    while left is None or left > 0:
        part = block if left is None else block[:left]
        wire.send(part)
        if left is not None:
            left -= len(part)


class Scripted(Server):
    """A server on one port that plays one script; a context manager.

    ``port`` is the bound port, ``surprises`` the expectations not met.
    """

    def __init__(self, script: Sequence[Step], address: str = "127.0.0.1", port: int = 0) -> None:
        self._play = Play(script)
        self._wanted = port
        super().__init__(address, {port: self._play})

    @property
    def port(self) -> int:
        """The bound port."""
        return self.ports[self._wanted]

    @property
    def surprises(self) -> list[tuple[bytes, bytes]]:
        """The (expected, received) pairs of expectations not met."""
        return self._play.surprises
