# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Callback: note what a dry run of converge says it would change, and what the next run changes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: changes
type: aggregate
short_description: Note what converge changes
description:
  - Writes C(changes-check.json) for a dry run and C(changes.json) for the first run after it, into
    the folder that molecule names in C(MOLECULE_EPHEMERAL_DIRECTORY). Both map a host to the list
    of its changes, a task and its differences each, every one once.
"""

KEPT = ("before", "after", "prepared")


class CallbackModule(CallbackBase):
    """Listen to a run of converge."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "changes"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        """Begin with no change."""
        super().__init__()
        self._changes: dict[str, list[dict[str, Any]]] = {}
        self._converge = False

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """See whether this is the playbook in question."""
        self._converge = Path(playbook._file_name).name == "converge.yml"

    def v2_runner_on_ok(self, result: Any) -> None:
        """Keep a change; a role that runs twice tells the same one twice in a dry run."""
        known = self._changes.setdefault(result.host.get_name(), [])
        if not result.result.get("changed"):
            return
        diffs = result.result.get("diff") or []
        texts = [
            {key: diff[key] for key in KEPT if key in diff}
            for diff in (diffs if isinstance(diffs, list) else [diffs])
        ]
        change = {"task": result.task.get_name(), "diff": texts}
        if change not in known:
            known.append(change)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write the changes down."""
        del stats
        if not self._converge:
            return
        folder = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
        done = folder / "changes.json"
        if context.CLIARGS["check"]:
            done.unlink(missing_ok=True)
            done = folder / "changes-check.json"
        if not done.exists() or context.CLIARGS["check"]:
            done.write_text(json.dumps(self._changes, indent=1), encoding="utf-8")
