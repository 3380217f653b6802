# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on a host: change a server's listeners as its module does, and die at a point of the change.

Standard input: JSON with ``server`` (dovecot or postfix), ``intent``, ``certificate``, ``key``,
``ca_path`` and ``die_at`` (a point, or ``restored``; "" to live; a number N for the Nth system call
that changes a file or a process). Prints what came of it as JSON, with the number of such calls.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._change.journal import Journal
from ansible_collections.postmaster.mailports.plugins.module_utils._change.listener_change import (
    Change,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import change as dovecot
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import plan
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import (
    Intent,
    expand,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix import change as postfix
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix import demands


def die() -> None:
    """End as a kill from outside does."""
    os.kill(os.getpid(), signal.SIGKILL)


def change(request: dict[str, Any], intent: Intent) -> Change:
    """Return the change that is asked for."""
    pair = (request["certificate"], request["key"])
    common: dict[str, Any] = {
        "host": intent.host,
        "policy": intent.policy,
        "prove": True,
        "ca_path": request["ca_path"],
    }
    if request["server"] == "dovecot":
        listeners = plan.Wanted(tuple(dovecot.ours(intent.listeners)), *pair)
        options = dovecot.Options(config=dovecot.DEFAULT_CONFIG, wanted=listeners, **common)
        return dovecot.Change(options)
    wanted = demands.Wanted(tuple(postfix.ours(intent.listeners)), *pair)
    return postfix.Change(postfix.Options(wanted=wanted, **common))


# What Python is about to do to files and processes, by its audit events.
CHANGES = (
    "fcntl.flock",
    "os.chmod",
    "os.chown",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.truncate",
    "os.utime",
    "shutil.rmtree",
    "subprocess.Popen",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# Copies to try a change on, which nobody else sees.
SCRATCH = "/mailports-"


class Calls:
    """Counts the calls that change files or processes, and dies before one of them."""

    def __init__(self, die_at: int) -> None:
        self.die_at = die_at
        self.count = 0
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        opens = event == "open" and isinstance(args[0], str) and args[2] & WRITING
        if not opens and event not in CHANGES:
            return
        if any(isinstance(one, str) and SCRATCH in one and "/tmp" in one for one in args):
            return
        self.count += 1
        if self.count == self.die_at:
            self.die_at = 0
            die()


def main() -> None:
    """Change, or die."""
    request = json.load(sys.stdin)
    wish = request["die_at"]
    made = change(request, expand(request["intent"]))
    calls = Calls(wish if isinstance(wish, int) else 0)

    def reached(point: str) -> None:
        if point == request["die_at"]:
            die()

    if request["die_at"] == "restored":
        # Between the files and the server of a rollback.
        restore = Journal.restore

        def restored(self: Journal) -> object:
            restore(self)
            die()
            return None

        Journal.restore = restored  # type: ignore[assignment, method-assign]
    report = made.run(reached)
    found = {"changed": report.changed, "recovered": report.recovered}
    print(json.dumps({**found, "calls": calls.count} if isinstance(wish, int) else found))


main()
