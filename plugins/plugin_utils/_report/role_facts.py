# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role audit leaves in the variables of its hosts: what is asked, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Optional

from ...module_utils._audit.unfinished import KEYS, Unfinished
from .._intent.of_host import intent_of_host
from .under_way import results_at

ASKED = "mailports_audit_asked"
SETTLED = "mailports_audit_settled"
SEEN = "mailports_audit_seen_from"
TASK = "mailports_audit_seen"
LISTENERS = "mailports_audit_listeners"
VANTAGE = "mailports_vantage"
# Marks a host of another slice: the vantages that see it there.
ELSEWHERE = "elsewhere"
# In place of a result: the file that has it.
KEPT = "kept"
Vars = Mapping[str, Any]


def vantages(hostvars: Mapping[str, Vars], hosts: Iterable[str]) -> list[str]:
    """Return the vantages from which any of the hosts is to be seen, each once."""
    return list(dict.fromkeys(one for name in hosts for one in hostvars[name].get(ASKED) or ()))


def asked(hostvars: Mapping[str, Vars], hosts: Iterable[str], vantage: str) -> list[dict[str, Any]]:
    """Return what is asked of each host from a vantage, as audits of fleet_check."""
    audits = []
    for name in hosts:
        known = hostvars[name]
        own = (known.get(ASKED) or {}).get(vantage)
        if own is None:
            continue
        given = {key: value for key, value in own.items() if value is not None}
        address = str(given.pop("ansible_host", "") or "")
        given.setdefault("intent", intent_of_host(name, address))
        listeners = known.get(LISTENERS) or {}
        if "configured" in listeners:
            given["configured"] = listeners
        audits.append({**given, "name": name})
    return audits


class Results:
    """The results of the hosts of a play, by host and vantage, wherever they are kept.

    ``run`` is the folder of this run of Ansible.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._files: dict[str, Unfinished] = {}

    def at(self, kept: str) -> Unfinished:
        """Return the results in a file."""
        if kept not in self._files:
            self._files[kept] = results_at(kept, self._run)
        return self._files[kept]

    def seen(self, name: str, known: Vars) -> dict[str, dict[str, Any]]:
        """Return by vantage what was seen of a host, or {kept} for what stands in a file.

        Of a vantage that was asked and has no result, what is known of the reason.
        """
        found: dict[str, dict[str, Any]] = {}
        for failed in _failed(known.get(SETTLED) or {}):
            found[str(failed.get(VANTAGE, ""))] = {"msg": str(failed.get("msg", ""))}
        task = known.get(TASK) or {}
        why = {key: task[key] for key in ("msg",) if key in task and KEPT not in task}
        found.update((vantage, dict(why)) for vantage in known.get(ASKED) or ())
        for vantage, registered in (known.get(SEEN) or {}).items():
            found[vantage] = {key: registered[key] for key in KEYS if key in registered}
        if task.get(KEPT):
            kept = str(task[KEPT])
            found.update((vantage, {KEPT: kept}) for vantage in self.at(kept).vantages(name))
        return found

    def whole(self, name: str, vantage: str, result: dict[str, Any]) -> dict[str, Any]:
        """Return a result, out of its file where that is where it is."""
        if KEPT not in result:
            return result
        return self.at(str(result[KEPT])).result(name, vantage) or {}


def _failed(registered: Vars) -> list[Vars]:
    """Return the items of a task that failed, or the task itself."""
    items: Optional[list[Vars]] = registered.get("results")
    return [one for one in (items or [registered]) if one.get("failed")]
