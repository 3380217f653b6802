# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the entries of master.cf that are one listener the options that it must have."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from . import _master_edit as edit
from ._intent import Listener
from ._main_cf import MainCf
from ._master_cf import Entry, MasterCf
from ._master_find import Ask, divided, matching, spelled
from ._postfix_demands import LISTS, Demand, Wanted, everywhere, of_listener, words
from ._services import SERVICES

# Lists that are made for strangers and could turn users away.
_FOR_STRANGERS = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_recipient_restrictions",
)
_LEVEL = "smtpd_tls_security_level"
_SCREEN_LEVEL = "postscreen_tls_security_level"
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))")


class PlanError(ValueError):
    """An intent that Postfix cannot be given; one line for everything wrong."""


@dataclass(frozen=True)
class Present:
    """A Postfix as it is: the texts of its files, its version, and every parameter that it knows
    with the value in force (``postconf -x``). ``ask`` is getservbyname."""

    main: str
    master: str
    version: tuple[int, int]
    values: Mapping[str, str]
    ask: Ask = socket.getservbyname


def entries_of(master: MasterCf, one: Listener, ask: Ask) -> list[Entry]:
    """Return the entries that have the port of a listener, on whatever address."""
    return matching(master.entries, "inet", str(one.port), "", ask)


def unmet(
    demands: Iterable[Demand], force: Mapping[str, str], own: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the settings to write: those whose value is not good, an entry's ``own`` before that
    in ``force``."""
    for demand in demands:
        value = own.get(demand.name, force.get(demand.name, ""))
        if not demand.good(_resolved(value, force)):
            yield demand.name, demand.value


def _resolved(value: str, force: Mapping[str, str]) -> str:
    """Return a value with its plain references to parameters put in."""
    return _REFERENCE.sub(lambda found: force.get(found[1] or found[2] or found[3], ""), value)


@dataclass(frozen=True)
class Entries:
    """What decides about every entry; ``force`` are the values of main.cf as it shall be."""

    present: Present
    wanted: Wanted
    force: Mapping[str, str]

    def opened(self, master: MasterCf, one: Listener) -> MasterCf:
        """Return the file with every entry of a listener as wanted, or with a new one.

        Raises PlanError for entries that cannot serve it.
        """
        entries = entries_of(master, one, self.present.ask)
        if not entries:
            return self._added(master, one)
        _refuse_doubles(one, entries)
        for place in range(len(entries)):
            # Lines move with each change, so that an entry is found by its place.
            entry = entries_of(master, one, self.present.ask)[place]
            if entry["command"] == "smtpd":
                master = self._edited(master, entry, one)
            else:
                master = self._screened(master, entry, one)
        return master

    def _edited(self, master: MasterCf, entry: Entry, one: Listener) -> MasterCf:
        options = self._options(entry.values, one)
        return edit.changed(master, entry, edit.Wanted(options=options)) if options else master

    def _screened(self, master: MasterCf, entry: Entry, one: Listener) -> MasterCf:
        """Return the file with a listener in front of which postscreen stands: the options belong
        to the entry that it passes clients on to."""
        if entry["command"] != "postscreen" or one.login != "none":
            raise PlanError(
                f"master.cf line {entry.line}: {entry['service']} runs {entry['command']}, which "
                f"cannot serve {one.service}"
            )
        behind = matching(master.entries, "pass", "smtpd", "", self.present.ask)
        if not behind:
            raise PlanError(f"master.cf line {entry.line}: postscreen has no entry 'smtpd pass'")
        level = self._screen_level(entry, behind[-1], one)
        if level:
            position = master.entries.index(behind[-1])
            master = edit.changed(master, entry, edit.Wanted(options={_SCREEN_LEVEL: level}))
            return self._edited(master, master.entries[position], one)
        return self._edited(master, behind[-1], one)

    def _screen_level(self, entry: Entry, behind: Entry, one: Listener) -> str:
        """Return the TLS level to give postscreen, "" where it has that of the entry behind it."""
        options = {**behind.values, **self._options(behind.values, one)}
        level = options.get(_LEVEL) or self.force.get(_LEVEL, "")
        # By default it follows smtpd's.
        main = MainCf.parse(self.present.main).values
        own = {_SCREEN_LEVEL: f"${_LEVEL}", **main, **entry.values}[_SCREEN_LEVEL]
        return "" if _resolved(own, self.force) == level else level

    def _options(self, own: Mapping[str, str], one: Listener) -> dict[str, Optional[str]]:
        """Return the options that an entry with the options ``own`` must be given."""
        restrictions = {
            name: _resolved(own.get(name, self.force.get(name, "")), self.force) for name in LISTS
        }
        demands = (
            *of_listener(one, self.wanted, restrictions),
            *everywhere(self.wanted, self.present.version, self.present.values),
        )
        extra = self.wanted.extra.get(one.service, {})
        given = {name: value for name, value in extra.items() if value != own.get(name)}
        needed = {k: v for k, v in unmet(demands, self.force, own) if k not in extra}
        return {**needed, **given}

    def _added(self, master: MasterCf, one: Listener) -> MasterCf:
        """Return the file with a new entry, which runs in the chroot as the other smtpd do."""
        row = SERVICES.get(one.service)
        name = one.service if row is not None and row.port == one.port else str(one.port)
        fields = {
            "service": spelled(name, "", self.present.version, self.present.ask),
            "type": "inet",
            "private": "n",
            "command": "smtpd",
        }
        models = [entry for entry in master.entries if entry["command"] == "smtpd"]
        if models:
            fields["chroot"] = models[0]["chroot"]
        own = {"syslog_name": f"postfix/{one.service}"}
        if one.login == "required":
            own.update((name, "") for name in _FOR_STRANGERS if self._turns_users_away(name))
        options = {**own, **self._options(own, one)}
        return edit.added(master, edit.Wanted(fields, options))

    def _turns_users_away(self, name: str) -> bool:
        value = words(self.force.get(name, ""))
        return bool(value) and "permit_sasl_authenticated" not in value


def _refuse_doubles(one: Listener, entries: Sequence[Entry]) -> None:
    """Raise PlanError for entries that Postfix cannot open at the same time."""
    by_address: dict[str, Entry] = {}
    for entry in entries:
        first = by_address.setdefault(divided(entry["service"])[0], entry)
        if first["service"] != entry["service"]:
            raise PlanError(
                f"master.cf: {first['service']} (line {first.line}) and {entry['service']} (line "
                f"{entry.line}) are both port {one.port}; remove one"
            )
