# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the processor does for an endpoint, part by part: a fleet as a process, with clocks in it.

The path of a JSON request in argv (see fleet_engine.py), JSON on stdout: seconds of the processor
by part, each without the parts inside it, and the number of endpoints.
"""

from __future__ import annotations

import functools
import json
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._fleet import run as fleet
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import (
    asker,
    certificate,
    chain,
    connection,
    dialogue,
    endpoint,
    inquiry,
    tls,
    turns,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._tls import answer
from fleet_engine import audits

TLS, SYSTEM, DIALOGUE = "TLS library", "system calls", "dialogue and hellos"
CERTIFICATES, QUEUE = "certificates", "bookkeeping"
VERDICT, TRANSPORT, REST = "verdict", "results as JSON", "the rest of our own"
# Every door of a part; what is called behind another door is counted there.
DOORS: dict[str, list[tuple[Any, str]]] = {
    TLS: [
        *((ssl.SSLObject, name) for name in ("do_handshake", "read", "write", "getpeercert")),
        *((ssl.SSLObject, name) for name in ("_create", "get_verified_chain")),
        (tls, "unverified_context"),
        (tls, "verifying_context"),
        (tls, "strict_context"),
    ],
    SYSTEM: [
        *((connection.Connection, name) for name in ("_reach", "_wait", "_arrived", "_take")),
        (connection, "watch_icmp"),
        (connection.Connection, "close"),
    ],
    DIALOGUE: [
        *((dialogue.Dialogue, name) for name in ("__init__", "receive", "tls_started", "ended")),
        (answer.Reader, "receive"),
        (asker, "client_hello"),
    ],
    CERTIFICATES: [
        (certificate, "parse_certificate"),
        (endpoint, "_certificate"),
        (endpoint, "chain_rows"),
        (chain, "parse_certificate"),
    ],
    QUEUE: [
        *((turns.Turns, name) for name in ("put", "take", "finish", "heard", "wait")),
        (inquiry.Inquiry, "_in_turn"),
        (inquiry.Inquiry, "gathered"),
    ],
    VERDICT: [(fleet, "plan"), (fleet, "conclude"), (fleet, "not_audited")],
}


class Clocks:
    """The processor's time of each part, over all threads."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all: list[Counter[str]] = []

    def _mine(self) -> tuple[Counter[str], list[float]]:
        if not hasattr(self._own, "spent"):
            self._own.spent, self._own.inside = Counter(), [0.0]
            self._all.append(self._own.spent)
        return self._own.spent, self._own.inside

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function whose time is counted as that of a part."""

        @functools.wraps(function)
        def counted(*args: Any, **named: Any) -> Any:
            spent, inside = self._mine()
            inside.append(0.0)
            begun = time.thread_time()
            try:
                return function(*args, **named)
            finally:
                taken = time.thread_time() - begun
                spent[part] += taken - inside.pop()
                inside[-1] += taken

        return counted

    def total(self) -> Counter[str]:
        """Return the seconds of each part."""
        return sum(self._all, Counter())

    def install(self) -> None:
        """Put a clock behind every door."""
        for part, doors in DOORS.items():
            for owner, name in doors:
                found = owner.__dict__.get(name)
                if isinstance(found, classmethod):
                    setattr(owner, name, classmethod(self.timed(part, found.__func__)))
                elif found is not None:
                    setattr(owner, name, self.timed(part, found))


def main() -> None:
    """Do what argv asks for."""
    data = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    clocks = Clocks()
    clocks.install()
    dump = clocks.timed(TRANSPORT, json.dumps)
    before = time.process_time()
    count = size = 0
    for result in fleet.audit_many(audits(data), fleet.LIMITS):
        count += len(result["observations"])
        size += len(dump(result))
    spent = time.process_time() - before
    parts = clocks.total()
    parts[REST] = spent - sum(parts.values())
    json.dump({"parts": parts, "endpoints": count, "bytes": size}, sys.stdout)


if __name__ == "__main__":
    main()
