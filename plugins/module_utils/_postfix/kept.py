# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of master.cf that an intent does not name: they go on doing what they did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from .demands import Wanted
from .effective import Settings, differing, pairs, pins, program, shown
from .entries import PlanError, Present, entries_of, restrictions
from .files import master_edit as edit
from .files.master_cf import MasterCf
from .files.master_find import divided, is_loopback


def named_entries(
    wanted: Wanted, present: Present, old: MasterCf, new: MasterCf
) -> frozenset[tuple[str, str]]:
    """Return the entries (service and type) that an intent is about: those of its ports, and those
    behind a postscreen that is one of them."""
    found = [
        entry
        for master in (old, new)
        for one in wanted.listeners
        for entry in entries_of(master, one, present.ask)
    ]
    named = {(entry["service"], entry["type"]) for entry in found}
    if any(program(entry) == "postscreen" for entry in found):
        named |= {("smtpd", "pass"), ("tlsproxy", "unix"), ("dnsblog", "unix")}
    return frozenset(named)


@dataclass(frozen=True)
class Kept:
    """The entries that an intent does not name: they go on as before. ``named`` are the others."""

    present: Present
    named: frozenset[tuple[str, str]]

    def pinned(self, old: MasterCf, master: MasterCf, settings: Mapping[str, str]) -> MasterCf:
        """Return the file with the old values pinned where the ``settings`` of main.cf would change
        what such an entry does. Raises PinError, and PlanError where only a person can tell."""
        before = self.present.settings
        after = before.changed(settings)
        if "inet_interfaces" in settings:
            self._refuse_moved(master, before, after)
        for place, (was, _is) in enumerate(pairs(old.entries, master.entries, self.named)):
            wish: dict[str, Optional[str]] = dict(pins(was, before, after))
            if wish:
                # Lines move with each change, so that an entry is found by its place.
                entry = [
                    one for one in master.entries if (one["service"], one["type"]) not in self.named
                ][place]
                master = edit.changed(master, entry, edit.Wanted(options=wish))
        return master

    def _refuse_moved(self, master: MasterCf, before: Settings, after: Settings) -> None:
        """Raise PlanError for listeners without an address, which would be on other addresses."""
        moved = [
            f"{entry['service']} (line {entry.line})"
            for entry in master.entries
            if entry["type"] == "inet"
            and (entry["service"], entry["type"]) not in self.named
            and not divided(entry["service"])[0]
        ]
        if moved:
            old, new = (one.meaning("inet_interfaces", {}) for one in (before, after))
            raise PlanError(
                f"inet_interfaces would change from {old} to {new}, and with it the addresses of "
                f"{', '.join(moved)}, which the intent does not name: give those entries an "
                "address (127.0.0.1:PORT), or set the addresses to listen on"
            )

    def warnings(self, master: MasterCf, settings: Mapping[str, str]) -> Iterator[str]:
        """Yield the listeners that let strangers relay; they are not changed."""
        force = {**self.present.values, **settings}
        for entry in master.entries:
            if entry["type"] != "inet" or program(entry) != "smtpd":
                continue
            address = divided(entry["service"])[0]
            if (entry["service"], "inet") in self.named or is_loopback(address):
                continue
            if not restrictions(self.present, entry.values, force).no_relay:
                yield (
                    f"{entry['service']} (line {entry.line}) lets strangers relay; the intent does "
                    "not name it, so that it stays as it is"
                )

    def effects(
        self, old: MasterCf, master: MasterCf, settings: Mapping[str, str]
    ) -> tuple[str, str]:
        """Return what entries do, before and after: the settings that differ anywhere."""
        before = self.present.settings
        after = before.changed(settings)
        was = {(one["service"], one["type"]): one for one in old.entries}
        now = {(one["service"], one["type"]): one for one in master.entries}
        names: dict[str, set[str]] = {}
        for key in {**was, **now}:
            entry, other = was.get(key), now.get(key)
            if entry is not None and other is not None:
                found = set(differing(entry, other.values, before, after))
            else:
                found = set((entry or other or now[key]).values)
            names[" ".join(key)] = found
        return (
            shown(tuple(was.values()), before, names),
            shown(tuple(now.values()), after, names),
        )


def unkept(present: Present, wanted: Wanted, master: str, after: Settings) -> list[str]:
    """Return what differs for entries that the intent does not name, one line each.

    ``master`` is the new master.cf, ``after`` the new main.cf as Postfix itself reads it.
    """
    old, new = MasterCf.parse(present.master), MasterCf.parse(master)
    named = named_entries(wanted, present, old, new)
    return [
        f"{was['service']} (line {was.line}), which the intent does not name, would have {name} = "
        f"{values[1]!r} in place of {values[0]!r}"
        for was, now in pairs(old.entries, new.entries, named)
        for name, values in differing(was, now.values, present.settings, after).items()
    ]
