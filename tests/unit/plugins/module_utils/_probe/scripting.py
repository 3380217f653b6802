# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a scripted server as a row of a table, and play it to a dialogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Union

from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Starttls,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.dialogue import (
    Dialogue,
    Facts,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.protocols import (
    Credentials,
    syntax_for,
)

USER = Credentials("alice", 'Wonder"land\\1')
PLAIN = b"AGFsaWNlAFdvbmRlciJsYW5kXDE="
USER64, PASSWORD64 = b"YWxpY2U=", b"V29uZGVyImxhbmRcMQ=="


@dataclass(frozen=True)
class Tls:
    """The server is ready for the handshake, and it succeeds."""


@dataclass(frozen=True)
class End:
    """The connection ends in this way."""

    kind: str = "closed"


# A script is what the server does in turn: bytes, TLS, an end. Each turn is played when the
# dialogue waits for something, so one turn of bytes may hold several replies.
Turn = Union[bytes, Tls, End]


@dataclass(frozen=True)
class Case:
    """A protocol, how the dialogue is set up, a script, and all that must come of it."""

    protocol: str
    script: tuple[Turn, ...]
    sent: bytes
    facts: dict[str, Any]
    setup: dict[str, Any]


def case(protocol: str, *script: Turn, sent: bytes, setup: Any = None, **facts: Any) -> Case:
    """Return a Case."""
    return Case(protocol, script, sent, facts, setup or {})


def play(row: Case, cuts: Optional[tuple[int, ...]] = None) -> tuple[bytes, Facts, str, int]:
    """Play a script, each turn of bytes cut at ``cuts``; return sent, facts, step, bytes unread.

    Bytes that the dialogue no longer waits for in clear belong to the TLS layer: they are counted.
    """
    setup = dict(row.setup)
    may_login = setup.pop("may_login", True)
    dialogue = Dialogue(syntax_for(row.protocol, "probe.example.org"), **setup)
    sent = b""
    unread = 0
    for turn in row.script:
        if isinstance(turn, Tls):
            assert dialogue.wants == "tls"
            sent += b"<TLS>" + dialogue.tls_started(may_login)
        elif isinstance(turn, End):
            if dialogue.wants != "done":
                dialogue.ended(turn.kind, "the end")
        else:
            edges = [0, *(cut for cut in cuts or () if cut < len(turn)), len(turn)]
            for first, last in zip(edges, edges[1:]):
                if dialogue.wants == "read":
                    sent += dialogue.receive(turn[first:last])
                else:
                    unread += last - first
    return sent, dialogue.facts, dialogue.wants, unread


def starttls(offered: Optional[bool], status: str, reply: str, leftover: int = 0) -> Starttls:
    """Return a Starttls."""
    return Starttls(offered, status, reply, leftover)
