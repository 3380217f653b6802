# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What postfix_service and postfix_parameter do: edit, have postconf judge it, put it in place."""

from __future__ import annotations

import difflib
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .._model.secrets import MASK, is_secret, masked, secret_values
from .._model.services import SERVICES
from .advice import ignored, needs, spelling_error, text_of
from .files.lines import CfError
from .files.main_cf import MainCf
from .files.master_cf import Entry, MasterCf
from .files.master_edit import Wanted, added, changed, removed, separated
from .files.master_find import chosen, divided, matching, plain_address, spelled
from .postconf import Postfix, PostfixError, Words, ask, change, known

_COLUMNS = ("private", "unprivileged", "chroot", "wakeup", "maxproc", "command")


@dataclass(frozen=True)
class Done:
    """What a module returns: its result, warnings, and values that must not be shown."""

    result: dict[str, Any]
    warnings: list[str]
    secrets: set[str]


@dataclass(frozen=True)
class ServiceRequest:
    """The entry that is meant, by type, name and address, and what it shall be."""

    kind: str
    name: str
    address: str
    wanted: Wanted
    absent: bool


@dataclass(frozen=True)
class _Made:
    """A changed file: its text, what was found out on the way, the entries concerned."""

    text: str
    warnings: list[str]
    secrets: set[str] = field(default_factory=set)
    entry: Optional[Entry] = None
    removed: tuple[Entry, ...] = ()
    values: tuple[Mapping[str, str], Mapping[str, str]] = field(default=({}, {}))


def texts(values: Mapping[str, Any]) -> dict[str, Optional[str]]:
    """Return values of YAML as Postfix writes them. Raises CfError."""
    try:
        return {str(name): text_of(str(name), value) for name, value in values.items()}
    except ValueError as error:
        raise CfError(str(error)) from None


def service_request(params: Mapping[str, Any]) -> ServiceRequest:
    """Return what the options of postfix_service ask for. Raises CfError."""
    kind, service = params["type"], params["service"]
    written, name = divided(service) if kind == "inet" else ("", service)
    address = plain_address(params["address"] or "")
    if kind != "inet" and address:
        raise CfError(f"address: a service of the type {kind} has none")
    if written and address and written != address:
        raise CfError(f"address: {address!r} is not the one in the service {service!r}")
    columns = {name: params[name] for name in _COLUMNS if params[name] is not None}
    if kind == "inet" and columns.setdefault("private", "n") != "n":
        raise CfError("private: a service of the type inet cannot be private")
    options = texts(params["options"])
    wanted = Wanted(columns, options, params["purge_options"], params["arguments"])
    wanted.check()
    absent = params["state"] == "absent"
    return ServiceRequest(kind, name, written or address, wanted, absent)


def parameters(postfix: Postfix, wanted: Mapping[str, Optional[str]], *, write: bool) -> Done:
    """Set parameters of main.cf, None for the default. Raises CfError and PostfixError."""

    def make(text: str) -> _Made:
        old = parsed(MainCf, postfix, "main.cf", text)
        new = old.changed(wanted)
        words = ask(postfix, {"main.cf": new.text}, "-n")
        set_now = [name for name, value in wanted.items() if value is not None]
        refuse_unknown(postfix, set_now, words)
        warnings = [*_hints(set_now, wanted, words), *ignored(set_now, new.values)]
        return _Made(
            new.text,
            warnings,
            secret_values(old.values) | secret_values(new.values),
            values=(old.values, new.values),
        )

    _refuse_spelling(postfix, wanted)
    before, made = change(postfix, "main.cf", make, write=write)
    old, new = made.values
    differing = [name for name in wanted if old.get(name) != new.get(name)]
    shown = {
        name: {"before": _hidden(name, old.get(name)), "after": _hidden(name, new.get(name))}
        for name in differing
    }
    extra = {"needs": needs(differing), "parameters": shown}
    return _done(postfix, "main.cf", before, made, extra)


def service(postfix: Postfix, request: ServiceRequest, *, write: bool) -> Done:
    """Add, change or remove an entry of master.cf. Raises CfError and PostfixError."""

    def make(text: str) -> _Made:
        old = parsed(MasterCf, postfix, "master.cf", text)
        meant = matching(old.entries, request.kind, request.name, request.address)
        if request.absent:
            new, entry = removed(old, meant), None
        else:
            new, entry = _present(postfix, request, old, chosen(meant))
        words = ask(postfix, {"master.cf": separated(new)}, "-M")
        refuse_difference(new, words)
        hidden = set().union(*(secret_values(e.values) for e in (*old.entries, *new.entries)))
        warnings = _service_warnings(postfix, request, new, entry, words) if entry else []
        return _Made(new.text, warnings, hidden, entry, tuple(meant) if request.absent else ())

    _refuse_spelling(postfix, request.wanted.options)
    before, made = change(postfix, "master.cf", make, write=write)
    extra = {
        "needs": "none" if made.text == before else "reload",
        "entry": _told(made.entry) if made.entry else None,
        "removed": [_told(entry) for entry in made.removed],
    }
    return _done(postfix, "master.cf", before, made, extra)


def parsed(kind: Any, postfix: Postfix, name: str, text: str) -> Any:
    """Return the file that is there. Raises CfError that says where it is broken."""
    try:
        return kind.parse(text)
    except CfError as error:
        raise CfError(f"{postfix.path(name)} is broken, nothing was changed: {error}") from None


def _present(
    postfix: Postfix, request: ServiceRequest, old: MasterCf, entry: Optional[Entry]
) -> tuple[MasterCf, Entry]:
    """Return the file with the entry as wanted, and that entry."""
    if entry is not None:
        new = changed(old, entry, request.wanted)
        return new, new.entries[old.entries.index(entry)]
    columns = {"type": request.kind, "service": request.name, **request.wanted.fields}
    if request.kind == "inet":
        columns["service"] = spelled(
            request.name, request.address, postfix.version, socket.getservbyname
        )
    if "command" not in columns:
        columns["command"] = _program(request)
    options, words = request.wanted.options, request.wanted.arguments
    new = added(old, Wanted(columns, options, arguments=words))
    earlier = [entry.meaning for entry in old.entries]
    for index, candidate in enumerate(new.entries):
        if index >= len(earlier) or candidate.meaning != earlier[index]:
            return new, candidate
    raise CfError(f"{columns['service']}: the new entry cannot be told from the one before it")


def _program(request: ServiceRequest) -> str:
    """Return the program of a new entry where the table tells it. Raises CfError."""
    rows = SERVICES.values()
    row = next((r for r in rows if request.name in (r.name, *r.also, str(r.port))), None)
    if request.kind != "inet" or row is None or row.protocol != "smtp":
        raise CfError(f"command: needed to add {request.name!r}, which is not there yet")
    return "smtpd"


def _service_warnings(
    postfix: Postfix, request: ServiceRequest, new: MasterCf, entry: Entry, words: Words
) -> list[str]:
    """Raise PostfixError for unknown options, return what else a user should know."""
    names = [name for name, value in request.wanted.options.items() if value is not None]
    refuse_unknown(postfix, names, words)
    main = parsed(MainCf, postfix, "main.cf", postfix.text("main.cf"))
    warnings = ignored(names, {**main.values, **entry.values})
    warnings += _hints(names, request.wanted.options, words)
    if request.kind != "inet":
        return warnings
    where, name = divided(entry["service"])
    if where and not request.address:
        warnings.append(f"{entry['service']} (line {entry.line}) listens on {where} only")
    for other in matching(new.entries, "inet", name, ""):
        there = divided(other["service"])[0]
        if other["service"] != entry["service"] and not (where and there):
            warnings.append(
                f"{entry['service']} (line {entry.line}) and {other['service']} (line "
                f"{other.line}) have the same port; Postfix may be unable to open both"
            )
    return warnings


def _refuse_spelling(postfix: Postfix, values: Mapping[str, Optional[str]]) -> None:
    for name, value in values.items():
        error = spelling_error(name, value, postfix.version)
        if error:
            raise PostfixError(error)


def refuse_unknown(postfix: Postfix, names: Iterable[str], words: Words) -> None:
    """Raise PostfixError where postconf calls one of ``names`` unused, with what may be meant."""
    strange = [name for name in names if name in words.unused]
    if not strange:
        return
    there = known(postfix)
    said = []
    for name in strange:
        near = difflib.get_close_matches(name, there, 1)
        said.append(f"{name} (do you mean {near[0]}?)" if near else name)
    raise PostfixError(f"Postfix {postfix.release} does not know {', '.join(said)}")


def refuse_difference(new: MasterCf, words: Words) -> None:
    """Raise PostfixError unless postconf reads the same entries out of the file."""
    theirs = [entry.meaning for entry in MasterCf.parse(words.output).entries]
    if theirs != [entry.meaning for entry in new.entries]:
        raise PostfixError("postconf reads something else out of the new master.cf")


def _hints(names: Iterable[str], values: Mapping[str, Optional[str]], words: Words) -> list[str]:
    """Return postconf's own warnings that concern these parameters."""
    said = [words.leaving[name] for name in names if name in words.leaving]
    for name in sorted(words.undefined):
        said += [
            f"{asked} refers to ${name}, which is not set"
            for asked, value in values.items()
            if value and any(form in value for form in (f"${name}", f"${{{name}", f"$({name}"))
        ]
    return said


def _done(postfix: Postfix, name: str, before: str, made: _Made, extra: dict[str, Any]) -> Done:
    path = postfix.path(name)
    result = {
        "changed": made.text != before,
        "config_file": path,
        "postfix_version": postfix.release,
        "diff": {
            "before": _shown(before),
            "after": _shown(made.text),
            "before_header": path,
            "after_header": path,
        },
        **extra,
    }
    return Done(result, [*postfix.warnings, *made.warnings], made.secrets)


def _shown(text: str) -> str:
    """Return text fit for a diff: without secrets, and bytes that are no UTF-8 as escapes."""
    return masked(text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


def _told(entry: Entry) -> dict[str, object]:
    options = {name: _hidden(name, value) for name, value in entry.values.items()}
    return {**entry.to_dict(), "options": options}


def _hidden(name: str, value: Optional[str]) -> Optional[str]:
    return MASK if value and is_secret(name, value) else value


__all__ = [
    "Done",
    "ServiceRequest",
    "parameters",
    "parsed",
    "refuse_difference",
    "refuse_unknown",
    "service",
    "texts",
]
