# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an intent and Postfix's two files to the files as they shall be: pure functions.

What is in force as wanted already is not written, so that a user's own spelling stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

from .._model.host_view import Configured
from .demands import (
    CERTIFICATES,
    CHAIN,
    ENCRYPT,
    LEGACY,
    MANAGED,
    RELAY_PORT,
    Wanted,
    everywhere,
    of_server,
)
from .effective import PinError, other_programs
from .entries import (
    Entries,
    PlanError,
    Present,
    answerer,
    entries_of,
    restrictions,
    unmet,
)
from .files import master_edit as edit
from .files.main_cf import MainCf
from .files.master_cf import MasterCf
from .files.master_find import divided, is_loopback
from .kept import Kept, named_entries
from .restrictions import RELAY, refuses_relay, words

_FLOOR = "smtpd_tls_protocols"
_DECIDED = (
    "smtpd_tls_wrappermode",
    "smtpd_tls_security_level",
    "smtpd_sasl_auth_enable",
    "smtpd_tls_auth_only",
    CHAIN,
)


@dataclass(frozen=True)
class Planned:
    """The files as they shall be, and what a user should know.

    ``effects`` is what the change means for each entry, one setting a line, before and after;
    ``own_certificates`` the places (address and port) with a certificate of their own.
    """

    main: str
    master: str
    warnings: tuple[str, ...] = ()
    effects: tuple[str, str] = ("", "")
    own_certificates: frozenset[tuple[str, int]] = frozenset()


def check(wanted: Wanted) -> None:
    """Raise PlanError for what no Postfix can be given."""
    errors = list(_listener_errors(wanted))
    ports = [one.port for one in wanted.listeners]
    errors += [
        f"port {port} is given twice" for port in sorted(set(ports)) if ports.count(port) > 1
    ]
    if wanted.public_mx and wanted.smtp_tls == ENCRYPT:
        errors.append(
            "smtp_tls: encrypt is refused on a public MX, which must take mail from servers that "
            "have no TLS (RFC 3207 section 4); set public_mx to false if this is none"
        )
    names = {one.service for one in wanted.open}
    for service, options in wanted.extra.items():
        if service not in names:
            errors.append(f"listener_options: {service!r} is not meant to be open")
        errors += [
            f"listener_options: {name} of {service} follows from the intent"
            for name in options
            if name in _DECIDED
        ]
        if not refuses_relay(options.get(RELAY) or "reject"):
            errors.append(f"listener_options: {RELAY} of {service} makes it an open relay")
    if errors:
        raise PlanError("\n".join(errors))


def _listener_errors(wanted: Wanted) -> Iterator[str]:
    for one in wanted.open:
        if one.tls == "cleartext":
            yield f"{one.service}: a cleartext listener is refused; set tls to starttls"
        closed_to_mx = one.tls == "implicit" or one.login == "required"
        if wanted.public_mx and one.port == RELAY_PORT and closed_to_mx:
            yield (
                f"{one.service}: a public MX must take mail without implicit TLS and without a "
                f"login on port {one.port}; set public_mx to false if this is none"
            )


def plan(present: Present, wanted: Wanted) -> Planned:
    """Return the files as they shall be. Raises PlanError, and CfError for a file that is broken
    or cannot be changed so that Postfix reads it back."""
    check(wanted)
    main, master = MainCf.parse(present.main), MasterCf.parse(present.master)
    who = answerer(present, wanted, master)
    settings = _settings(present, wanted, who)
    for one in wanted.listeners:
        if one.state == "closed":
            master = edit.removed(master, entries_of(master, one, present.ask))
    warnings = list(_warnings(present, wanted, who))
    if wanted.open and _only_loopback(present, wanted, master):
        settings["inet_interfaces"] = "all"
        warnings.append(
            "inet_interfaces was loopback alone and is all now; to keep it, give the addresses"
        )
    entries = Entries(present, wanted, {**present.values, **settings}, who)
    for one in wanted.open:
        there = entries_of(master, one, present.ask)
        if entries.secluded(there):
            warnings += [
                f"{entry['service']} (line {entry.line}) was for this host alone, and "
                f"{one.service} is on all addresses now; to keep it, give the addresses"
                for entry in there
            ]
        master = entries.opened(master, one)
    for one in wanted.open:
        warnings += entries.warnings(master, one)
    old = MasterCf.parse(present.master)
    kept = Kept(present, named_entries(wanted, present, old, master))
    try:
        settings = {**settings, **other_programs(present.settings, settings)}
        master = kept.pinned(old, master, settings)
    except PinError as error:
        raise PlanError(str(error)) from error
    warnings += kept.warnings(master, settings)
    return Planned(
        main.changed(settings).text,
        master.text,
        tuple(warnings),
        kept.effects(old, master, settings),
        frozenset(_own_certificates(entries, wanted, master)),
    )


def _own_certificates(
    entries: Entries, wanted: Wanted, master: MasterCf
) -> Iterator[tuple[str, int]]:
    for one in wanted.open:
        for entry in entries_of(master, one, entries.present.ask):
            if entries.own_certificate(entry):
                yield divided(entry["service"])[0], one.port


def differences(wanted: Wanted, found: Sequence[Configured]) -> list[str]:
    """Return where Postfix's own reading of its files is not as wanted."""
    problems = []
    for one in wanted.listeners:
        there = [other for other in found if other.port == one.port]
        if one.state == "closed":
            problems += [f"{one.service} ({one.port}) is still configured" for _other in there[:1]]
        elif not there:
            problems.append(f"{one.service} ({one.port}) is not configured")
        for other in there if one.state == "open" else ():
            if other.tls != one.tls:
                problems.append(f"{one.service} ({one.port}) has TLS mode {other.tls}")
            if (other.login == "none") is not (one.login == "none") or other.clear_login:
                problems.append(f"{one.service} ({one.port}) offers logins otherwise than intended")
    return problems


def restart_needed(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    """Tell whether Postfix must be stopped and started: it reads these parameters once."""
    return any(old.get(name) != new.get(name) for name in ("inet_interfaces", "inet_protocols"))


def _warnings(present: Present, wanted: Wanted, who: Optional[tuple[str, str]]) -> Iterator[str]:
    """Yield what is unusual in this Postfix, and how it is met."""
    if wanted.open and wanted.relay_restrictions == MANAGED and restrictions(present, {}).wide:
        yield (
            "mynetworks holds everybody: restriction lists that permit it let strangers relay, and "
            "are replaced; set mynetworks to this host's own networks"
        )
    # Only what somebody has chosen: Debian's default is as low.
    floor = MainCf.parse(present.main).values.get(_FLOOR)
    if floor is not None and any(one.port == RELAY_PORT for one in wanted.open):
        for one in everywhere(wanted, present.version, present.values, None):
            if one.name == _FLOOR and not one.good(present.values.get(_FLOOR, floor)):
                yield (
                    f"{_FLOOR} was {floor!r} and is {one.value!r} now, on port {RELAY_PORT} too: "
                    "servers that know no newer TLS will send their mail there in cleartext"
                )
    if who is not None and who[0] != "dovecot":
        yield (
            f"logins are answered by {who[0]} ({who[1]}), which stays; with auth_socket, Dovecot "
            "answers"
        )


def _settings(present: Present, wanted: Wanted, who: Optional[tuple[str, str]]) -> dict[str, str]:
    """Return the settings of main.cf that must change."""
    if not wanted.open:
        return {}
    if not wanted.certificate and not any(present.values.get(name) for name in CERTIFICATES):
        raise PlanError("certificate: this Postfix has none, so that one must be given")
    demands = (
        *everywhere(wanted, present.version, present.values, who),
        *of_server(wanted, restrictions(present, {})),
    )
    found = dict(unmet(demands, present.values, {}))
    if CHAIN in found:
        # Postfix warns, at every connection, of what a chain makes idle.
        found.update({name: "" for name in LEGACY if present.values.get(name)})
    return found


def _only_loopback(present: Present, wanted: Wanted, master: MasterCf) -> bool:
    """Tell whether nobody but this host could reach an intended listener."""
    interfaces = words(present.values.get("inet_interfaces", "all"))
    if wanted.addresses or not all(map(is_loopback, interfaces)):
        return False
    return any(
        not any(divided(entry["service"])[0] for entry in entries_of(master, one, present.ask))
        for one in wanted.open
    )
