# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each entry of master.cf does: its own options, over main.cf, over Postfix's defaults.

A setting of main.cf reaches every entry that does not say otherwise, also through references
(``smtp_tls_cert_file = $smtpd_tls_cert_file``). Entries that an intent does not name must do what
they did: where their effective settings would change, the old value is pinned.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .files.master_cf import Entry

_REFERENCE = re.compile(r"\$(?:(\w+)|\((\w+)\)|\{(\w+)\})")
_INSIDE = re.compile(r"\$\{\{?\s*\$?[({]?(\w+)")
# The settings that each program of a listener reads, by the beginning of their names.
_READS = {"smtpd": "smtpd_", "postscreen": "postscreen_", "tlsproxy": "tlsproxy_"}
_LISTENING = tuple(_READS.values())
# Where these say no, the settings that begin so have no effect.
_SASL = ("smtpd_sasl_type", "smtpd_sasl_path", "smtpd_tls_auth_only")
_NO_TLS = ("", "none")
# Those that switch TLS and logins on and off: where they are as before, others may be idle.
_MODES = ("smtpd_tls_wrappermode", "smtpd_use_tls", "smtpd_enforce_tls")
_DECIDING = (*_MODES, "smtpd_tls_security_level", "smtpd_sasl_auth_enable")
_PROXIED = "proxy_read_maps"
_DEEPEST = 20
# Between a value that cannot be expanded here and what it refers to.
_HINT = "\0"


class PinError(ValueError):
    """A setting of an entry that would change and cannot be pinned; one line for the user."""


@dataclass(frozen=True)
class Settings:
    """The parameters of one main.cf, defaults included, as they are written: not expanded."""

    raw: Mapping[str, str]

    def meaning(self, name: str, own: Mapping[str, str]) -> str:
        """Return what a parameter is for an entry with the options ``own``.

        What is written with conditions (``${name?text}``) is not expanded; what it refers to stands
        behind it, so that two meanings are equal only where Postfix's are.
        """
        return self._value(name, own, 0)

    def shown(self, name: str, own: Mapping[str, str]) -> str:
        """Return the meaning for people: what cannot be expanded stands as it is written."""
        return self.meaning(name, own).partition(_HINT)[0]

    def _value(self, name: str, own: Mapping[str, str], depth: int) -> str:
        text = own.get(name, self.raw.get(name, ""))
        if "$" not in text or depth > _DEEPEST:
            return text
        text = _REFERENCE.sub(
            lambda found: self._value(found[1] or found[2] or found[3], own, depth + 1), text
        )
        hints = [
            f"{_HINT}{inside}={self._value(inside, own, depth + 1)}"
            for inside in sorted(set(_INSIDE.findall(text)) - {name})
        ]
        return text + "".join(hints)

    def changed(self, values: Mapping[str, str]) -> Settings:
        """Return these settings with some changed."""
        return Settings({**self.raw, **values})


def program(entry: Entry) -> str:
    """Return the name of the program that an entry runs."""
    return os.path.basename(entry["command"])


def differing(
    entry: Entry, own: Mapping[str, str], before: Settings, after: Settings
) -> dict[str, tuple[str, str]]:
    """Return the settings that an entry's program reads and that differ, with both meanings.

    ``own`` are the entry's options afterwards. What has no effect in either case is left out.
    """
    prefix = _READS.get(program(entry), "")
    if not prefix:
        return {}
    names = {
        name
        for settings in (before.raw, after.raw, entry.values, own)
        for name in settings
        if name.startswith(prefix)
    }
    found = {}
    for name in sorted(names):
        old, new = before.meaning(name, entry.values), after.meaning(name, own)
        if old != new and not (_idle(name, entry.values, before) and _idle(name, own, after)):
            found[name] = (old, new)
    return found


def _idle(name: str, own: Mapping[str, str], settings: Settings) -> bool:
    """Tell whether a setting of smtpd has no effect, because logins or TLS are off."""
    if name in _SASL:
        return settings.meaning("smtpd_sasl_auth_enable", own).lower() != "yes"
    if not name.startswith("smtpd_tls_") or name == "smtpd_tls_wrappermode":
        return False
    if any(settings.meaning(one, own).lower() == "yes" for one in _MODES):
        return False
    return settings.meaning("smtpd_tls_security_level", own) in _NO_TLS


def pins(entry: Entry, before: Settings, after: Settings) -> dict[str, str]:
    """Return the options that an entry must be given to go on as it does. Raises PinError."""
    found: dict[str, str] = {}
    # A pinned setting may be what keeps others idle, or what they refer to.
    for _round in range(_DEEPEST):
        own = {**entry.values, **found}
        left = differing(entry, own, before, after)
        if not left:
            return found
        direct = [name for name in left if _written(name, before) != _written(name, after)]
        first = [name for name in _DECIDING if name in left] or direct or list(left)
        found.update(_pinned(entry, own, name, before, after) for name in first)
    raise PinError(f"master.cf line {entry.line}: {entry['service']} cannot be kept as it is")


def _written(name: str, settings: Settings) -> str:
    return settings.raw.get(name, "")


def _pinned(
    entry: Entry, own: Mapping[str, str], name: str, before: Settings, after: Settings
) -> tuple[str, str]:
    """Return the option that gives a setting its old meaning: as it was written, if that does."""
    wish = before.meaning(name, entry.values)
    for text in (entry.values.get(name, before.raw.get(name, "")), wish):
        if _HINT not in text and after.meaning(name, {**own, name: text}) == wish:
            return name, text
    raise PinError(
        f"master.cf line {entry.line}: {name} of {entry['service']}, which the intent does not "
        f"name, would change, and cannot be kept: give that entry a {name} of its own"
    )


def other_programs(before: Settings, changes: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of main.cf that keep the programs that are no listeners as they are.

    ``changes`` are those of main.cf. Raises PinError.
    """
    after = before.changed(changes)
    found: dict[str, str] = {}
    for name in sorted(before.raw):
        if name in changes or name.startswith(_LISTENING) or "$" not in before.raw[name]:
            continue
        old, new = before.meaning(name, {}), after.meaning(name, {})
        if old == new:
            continue
        if name == _PROXIED:
            found.update(_still_proxied(before.raw[name], old, new))
        elif _HINT in old:
            raise PinError(f"{name} of main.cf would change, and cannot be kept: give it a value")
        else:
            found[name] = old
    return found


def _still_proxied(raw: str, old: str, new: str) -> dict[str, str]:
    """Keep the tables that proxymap may open: it takes them from the values of other settings."""
    lost = [word for word in _tables(old) if word not in _tables(new)]
    return {_PROXIED: " ".join([raw, *lost])} if lost else {}


def _tables(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"proxy:[^\s,{}]+", text)))


def pairs(
    before: Sequence[Entry], after: Sequence[Entry], named: Collection[tuple[str, str]]
) -> Iterator[tuple[Entry, Entry]]:
    """Yield the entries that are not ``named`` (service and type), as they were and as they are.

    Raises PinError where they are not the same ones.
    """
    old = [one for one in before if (one["service"], one["type"]) not in named]
    new = [one for one in after if (one["service"], one["type"]) not in named]
    if [identity(one) for one in old] != [identity(one) for one in new]:
        raise PinError("entries of master.cf that the intent does not name would change")
    yield from zip(old, new)


def identity(entry: Entry) -> tuple[str, ...]:
    """Return what makes an entry the same one: everything but its options."""
    return (*(token.text for token in entry.fields), *entry.words)


def shown(
    entries: Sequence[Entry], settings: Settings, names: Mapping[str, Collection[str]]
) -> str:
    """Return the settings ``names`` (by service and type) of entries, one a line, for a diff."""
    lines = []
    for entry in entries:
        title = f"{entry['service']} {entry['type']}"
        for name in sorted(names.get(title, ())):
            lines.append(f"{title}: {name} = {settings.shown(name, entry.values)}".rstrip())
    return "".join(f"{line}\n" for line in lines)
