# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role audit leaves in the variables of its hosts: what is asked, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Optional

from ...module_utils._audit.unfinished import KEYS, Unfinished
from .under_way import results_at

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


def with_listeners(
    audits: Iterable[Mapping[str, Any]], hostvars: Mapping[str, Vars]
) -> list[dict[str, Any]]:
    """Return audits of fleet_check with what their hosts say that they are configured to serve."""
    found = []
    for audit in audits:
        listeners = hostvars[audit["name"]].get(LISTENERS) or {}
        more = {"configured": listeners} if "configured" in listeners else {}
        found.append({**audit, **more})
    return found


class Results:
    """The results of the hosts of a play, by host and vantage, wherever they are kept.

    ``run`` is the folder of this run of Ansible; ``raw`` returns the variables of a host as they
    stand, templates and all, which takes a fraction of the time that the values take.
    """

    def __init__(self, hostvars: Any, run: Path) -> None:
        # What tasks have registered holds no template, and some of it is long.
        self.raw = getattr(hostvars, "raw_get", hostvars.get)
        self._run = run
        self._files: dict[str, Unfinished] = {}
        self._vantages: dict[int, dict[str, list[str]]] = {}

    def at(self, kept: str) -> Unfinished:
        """Return the results in a file."""
        if kept not in self._files:
            self._files[kept] = results_at(kept, self._run)
        return self._files[kept]

    def elsewhere(self, name: str) -> Optional[list[str]]:
        """Return the vantages of a host that is in another slice, None for one that is not."""
        known = self.raw(name)
        settled = (known.get(SETTLED) or {}).get(ELSEWHERE) or {}
        found = settled.get(name, (known.get(SEEN) or {}).get(ELSEWHERE))
        return None if found is None else list(found)

    def seen(self, name: str) -> dict[str, dict[str, Any]]:
        """Return by vantage what was seen of a host, or {kept} for what stands in a file.

        Of a vantage that was asked and has no result, what is known of the reason.
        """
        known = self.raw(name)
        settled, task = known.get(SETTLED) or {}, known.get(TASK) or {}
        found: dict[str, dict[str, Any]] = {}
        if settled.get("failed"):
            found[""] = {"msg": str(settled.get("msg", ""))}
        why = {key: task[key] for key in ("msg",) if key in task and KEPT not in task}
        found.update((vantage, dict(why)) for vantage in self._asked(settled).get(name, ()))
        for vantage, registered in (known.get(SEEN) or {}).items():
            found[vantage] = {key: registered[key] for key in KEYS if key in registered}
        if task.get(KEPT):
            kept = str(task[KEPT])
            found.update((vantage, {KEPT: kept}) for vantage in self.at(kept).vantages(name))
        return found

    def _asked(self, settled: Vars) -> dict[str, list[str]]:
        """Return the vantages of each host, as far as they were settled."""
        if id(settled) not in self._vantages:
            found: dict[str, list[str]] = {}
            for part in ("asked", "then"):
                for vantage, audits in (settled.get(part) or {}).items():
                    for audit in audits:
                        found.setdefault(audit["name"], []).append(vantage)
            self._vantages[id(settled)] = found
        return self._vantages[id(settled)]

    def whole(self, name: str, vantage: str, result: dict[str, Any]) -> dict[str, Any]:
        """Return a result, out of its file where that is where it is."""
        if KEPT not in result:
            return result
        return self.at(str(result[KEPT])).result(name, vantage) or {}
