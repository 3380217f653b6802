# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the entries of master.cf that are one listener the options that it must have."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from .._model.intent import Listener
from .._model.services import SERVICES
from .demands import (
    CERTIFICATES,
    CHAIN,
    LEGACY,
    LEGACY_KEYS,
    RELAY_PORT,
    Demand,
    Restrictions,
    Wanted,
    everywhere,
    of_listener,
)
from .effective import Settings
from .files import master_edit as edit
from .files.main_cf import MainCf
from .files.master_cf import Entry, MasterCf
from .files.master_find import Ask, divided, is_loopback, matching, spelled
from .restrictions import LISTS, USERS, bars_strangers, trusts_everybody, words

# Lists that are made for strangers and could turn users away.
_FOR_STRANGERS = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_recipient_restrictions",
)
AUTH_SOCKET = "private/auth"
_CYRUS_PATH = "smtpd"
_LEVEL = "smtpd_tls_security_level"
_SCREEN_LEVEL = "postscreen_tls_security_level"
_REFERENCE = re.compile(r"\$(?:(\w+)|\{(\w+)\}|\((\w+)\))")


class PlanError(ValueError):
    """An intent that Postfix cannot be given; one line for everything wrong."""


@dataclass(frozen=True)
class Present:
    """A Postfix as it is: the texts of its files, its version, and every parameter that it knows
    with the value in force (``postconf -x``), and as it is written or by default, not expanded
    (``raw``). ``ask`` is getservbyname, ``cyrus`` tells whether Cyrus SASL is set up."""

    main: str
    master: str
    version: tuple[int, int]
    values: Mapping[str, str]
    ask: Ask = socket.getservbyname
    cyrus: bool = False
    raw: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """Return the parameters for what depends on how they are written."""
        return Settings(self.raw or self.values)


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


def restrictions(
    present: Present, own: Mapping[str, str], force: Optional[Mapping[str, str]] = None
) -> Restrictions:
    """Return the restrictions that hold for an entry with the options ``own``."""
    values = present.values if force is None else force

    def value(name: str) -> str:
        return _resolved(own.get(name, values.get(name, "")), values)

    lists = {name: value(name) for name in LISTS}
    return Restrictions(lists, trusts_everybody(value("mynetworks")))


def answerer(present: Present, wanted: Wanted, master: MasterCf) -> Optional[tuple[str, str]]:
    """Return the type and the path of who is to answer about logins, None to leave that alone.

    Unless it is said who, those who answer now: users may not be known anywhere else.
    """
    if wanted.auth_socket is not None:
        return ("dovecot", wanted.auth_socket) if wanted.auth_socket else None
    found = set()
    for entry in master.entries:
        values = {**present.values, **entry.values}
        if entry["command"] == "smtpd" and values["smtpd_sasl_auth_enable"].lower() == "yes":
            path = _resolved(values["smtpd_sasl_path"], present.values)
            found.add((values["smtpd_sasl_type"].lower(), path))
    # The default path is one of Cyrus, and Cyrus is the default type.
    found.discard(("dovecot", _CYRUS_PATH))
    found = {pair for pair in found if pair[0] != "cyrus" or present.cyrus}
    if len(found) > 1:
        return None
    return found.pop() if found else ("dovecot", AUTH_SOCKET)


@dataclass(frozen=True)
class Entries:
    """What decides about every entry; ``force`` are the values of main.cf as it shall be, ``who``
    the one who is to answer about logins."""

    present: Present
    wanted: Wanted
    force: Mapping[str, str]
    who: Optional[tuple[str, str]]

    def warnings(self, master: MasterCf, one: Listener) -> Iterator[str]:
        """Yield what keeps those away who are meant to reach a listener; it is not changed."""
        for entry in entries_of(master, one, self.present.ask):
            address = divided(entry["service"])[0]
            if address:
                yield f"{entry['service']} (line {entry.line}) is on {address} only"
            behind = matching(master.entries, "pass", "smtpd", "", self.present.ask)
            smtpd = entry if entry["command"] == "smtpd" else behind[-1]
            for name, value in restrictions(self.present, smtpd.values, self.force).lists.items():
                said = self._shut(one, name, value)
                if said:
                    yield f"{name} of {smtpd['service']} (line {smtpd.line}) is {value!r}: {said}"

    def _shut(self, one: Listener, name: str, value: str) -> str:
        """Return whom a restriction list keeps away, "" for nobody."""
        if one.login == "none":
            if self.wanted.public_mx and one.port == RELAY_PORT and bars_strangers(value):
                return (
                    "no mail from other servers is taken; set public_mx to false if this is meant"
                )
            return ""
        made_for_strangers = name in _FOR_STRANGERS and _turns_users_away(value)
        return "users may be turned away, whom it does not permit" if made_for_strangers else ""

    def opened(self, master: MasterCf, one: Listener) -> MasterCf:
        """Return the file with every entry of a listener as wanted, or with a new one.

        Raises PlanError for entries that cannot serve it.
        """
        entries = entries_of(master, one, self.present.ask)
        if not entries:
            return self._added(master, one)
        _refuse_doubles(one, entries)
        if self.secluded(entries):
            # Others could not be bound beside one on all addresses.
            master = edit.removed(master, entries[1:])
            entry = entries_of(master, one, self.present.ask)[0]
            name = {"service": divided(entry["service"])[1]}
            master = edit.changed(master, entry, edit.Wanted(name))
            entries = entries[:1]
        for place in range(len(entries)):
            # Lines move with each change, so that an entry is found by its place.
            entry = entries_of(master, one, self.present.ask)[place]
            self._refuse_proxied(entry, one)
            if entry["command"] == "smtpd":
                master = self._edited(master, entry, one)
            else:
                master = self._screened(master, entry, one)
        return master

    def secluded(self, entries: Sequence[Entry]) -> bool:
        """Tell whether nobody but this host reaches any of the entries of a listener, and nobody
        has asked for that."""
        at = [divided(entry["service"])[0] for entry in entries]
        return bool(at) and not self.wanted.addresses and all(map(is_loopback, at))

    def _refuse_proxied(self, entry: Entry, one: Listener) -> None:
        """Raise PlanError for an entry that clients reach only through a proxy."""
        name = f"{entry['command']}_upstream_proxy_protocol"
        protocol = entry.values.get(name, self.force.get(name, ""))
        if _resolved(protocol, self.force):
            raise PlanError(
                f"master.cf line {entry.line}: {entry['service']} takes connections from a proxy "
                f"alone ({name} = {protocol}), so that no client reaches {one.service}; give the "
                "proxy an entry with another port, or name that port in the intent"
            )

    def _edited(self, master: MasterCf, entry: Entry, one: Listener) -> MasterCf:
        options = self._options(entry.values, one, self.own_certificate(entry))
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

    def own_certificate(self, entry: Entry) -> bool:
        """Tell whether an entry has an address and, for it, a certificate of its own: it stays."""
        address = divided(entry["service"])[0]
        own = [entry.values.get(name, "") for name in CERTIFICATES]
        return bool(address) and any(own) and words(own[0]) != self.wanted.chain

    def _options(
        self, own: Mapping[str, str], one: Listener, own_certificate: bool = False
    ) -> dict[str, Optional[str]]:
        """Return the options that an entry with the options ``own`` must be given."""
        version, known = self.present.version, self.present.values
        demands = (
            *of_listener(one, self.wanted, restrictions(self.present, own, self.force)),
            *everywhere(self.wanted, version, known, self.who),
        )
        extra = self.wanted.extra.get(one.service, {})
        given = {name: value for name, value in extra.items() if value != own.get(name)}
        needed: dict[str, Optional[str]] = {
            k: v for k, v in unmet(demands, self.force, own) if k not in extra
        }
        if own_certificate:
            needed.pop(CHAIN, None)
            # A chain of main.cf would win over the entry's certificate.
            if self.force.get(CHAIN) and CHAIN not in own:
                needed[CHAIN] = ""
            return {**needed, **given}
        idle = (*LEGACY, *LEGACY_KEYS) if self.wanted.certificate else ()
        return {**needed, **given, **{name: None for name in idle if own.get(name)}}

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
        # Those that are closed are gone by now.
        before = MasterCf.parse(self.present.master).entries
        models = [entry for entry in before if entry["command"] == "smtpd"]
        if models:
            fields["chroot"] = models[0]["chroot"]
        own = {"syslog_name": f"postfix/{one.service}"}
        if one.login == "required":
            lists = restrictions(self.present, {}, self.force).lists
            own.update((name, "") for name in _FOR_STRANGERS if _turns_users_away(lists[name]))
        options = {**own, **self._options(own, one)}
        return edit.added(master, edit.Wanted(fields, options))


def _turns_users_away(value: str) -> bool:
    """Tell whether a list looks at clients and permits no users."""
    found = words(value)
    return USERS not in found and any(not word.startswith("permit") for word in found)


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
