# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run on a host: change Dovecot's listeners as the module does, and die at a point of the change.

Standard input: JSON with ``intent``, ``certificate``, ``key``, ``ca_path`` and ``die_at`` (a point,
or ``restored``; "" to live). Prints what came of it as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from ansible_collections.postmaster.mailports.plugins.module_utils import _dovecot_change as dovecot
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot_plan import Wanted
from ansible_collections.postmaster.mailports.plugins.module_utils._intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._journal import Journal


def die() -> None:
    """End as a kill from outside does."""
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Change, or die."""
    request = json.load(sys.stdin)
    intent = expand(request["intent"])

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
    options = dovecot.Options(
        config=dovecot.DEFAULT_CONFIG,
        wanted=Wanted(
            tuple(dovecot.ours(intent.listeners)), request["certificate"], request["key"]
        ),
        host=intent.host,
        policy=intent.policy,
        prove=True,
        ca_path=request["ca_path"],
    )
    report = dovecot.Change(options).run(reached)
    print(json.dumps({"changed": report.changed, "recovered": report.recovered}))


main()
