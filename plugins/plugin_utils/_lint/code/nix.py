# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the options of NixOS that stand for settings of mail servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ....module_utils._model.services import SERVICES
from ..facts import LISTENER, Fact, Mention, Place
from ..servers.postfix_rules import Entry, Parameter, entry_facts
from ..settings.context import Context, Walker
from ..tree.nodes import Node, Scalar, Table, scalars, target
from ..words.mail_words import truth

# Options that open a listener, by the module that they belong to.
_MODULES = ("dovecot2", "mailserver")
_LISTENERS = {"enableImap": "imap", "enablePop3": "pop3"}
# Options that hold a text of a file, by their module and name.
_TEXTS = {
    ("postfix", "extraConfig"): "main.cf",
    ("postfix", "extraMasterConf"): "master.cf",
    ("dovecot2", "extraConfig"): "dovecot.conf",
    ("dovecot2", "config"): "dovecot.conf",
    ("opensmtpd", "serverConfiguration"): "smtpd.conf",
    ("exim", "config"): "exim.conf",
}
_OPTIONS = {"submissionOptions": "submission", "submissionsOptions": "submissions"}
_DEEPEST = 12


def nix_facts(table: Table, walker: Walker) -> Iterator[Fact]:
    """Yield what the options of modules say beside what their names and values say themselves."""
    yield from _module(table, "", "", walker, 0)


def without_options(table: Table, depth: int = 0) -> Table:
    """Return the options without those that are settings of one entry of master.cf."""
    found: list[tuple[Scalar, Node]] = []
    for key, node in table.items:
        inner = target(node)
        if isinstance(inner, Table) and key.text in _OPTIONS:
            continue
        if isinstance(inner, Table) and depth < _DEEPEST:
            found.append((key, without_options(inner, depth + 1)))
        else:
            found.append((key, node))
    return Table(tuple(found), table.line)


def _module(table: Table, name: str, path: str, walker: Walker, depth: int) -> Iterator[Fact]:
    for key, node in table.items:
        value = target(node)
        below = f"{path}.{key.text}" if path else key.text
        if isinstance(value, Scalar):
            yield from _option(key, value, name, below, walker)
        elif isinstance(value, Table) and key.text in _OPTIONS and name == "postfix":
            yield from _entry(_OPTIONS[key.text], key, value, below)
        elif isinstance(value, Table) and name in ("master", "masterConfig"):
            yield from _master_entry(key, value, below)
        elif isinstance(value, Table) and depth < _DEEPEST:
            yield from _module(value, key.text, below, walker, depth + 1)


def _option(key: Scalar, value: Scalar, name: str, path: str, walker: Walker) -> Iterator[Fact]:
    place = Place(value.line or key.line, 0, path)
    if key.text in _LISTENERS and name in _MODULES and truth(value.text):
        row = SERVICES[_LISTENERS[key.text]]
        yield Mention(row, row.port, LISTENER, place, f"{key.text} = {value.text}")
    elif (name, key.text) in _TEXTS and value.text.strip():
        # Of a module's text only a part is the user's: what it lacks may stand in other options.
        text = replace(value, text=value.text.rstrip() + "\n")
        yield from walker.text(text, _TEXTS[(name, key.text)], Context(path=path))


def _master_entry(key: Scalar, table: Table, path: str) -> Iterator[Fact]:
    """Yield the facts of an entry of master.cf: its type, its command and a list of arguments."""
    found: dict[str, Parameter] = {}
    for one in scalars(table.get("args")):
        name, equals, value = one.text.partition("=")
        if equals:
            found[name.strip()] = Parameter(value.strip(), Place(one.line or key.line, 0, path))
    kind, command = table.text("type") or "inet", table.text("command") or key.text
    name = table.text("name") or key.text
    place = Place(key.line, 0, path)
    complete = table.get("args") is not None
    yield from entry_facts(Entry(name, kind, command, place, found, complete), {})


def _entry(service: str, key: Scalar, options: Table, path: str) -> Iterator[Fact]:
    """Yield the facts of an entry of master.cf whose options a module takes."""
    found = {
        name.text: Parameter(value.text, Place(value.line or name.line, 0, path))
        for name, node in options.items
        for value in (target(node),)
        if isinstance(value, Scalar)
    }
    entry = Entry(service, "inet", "smtpd", Place(key.line, 0, path), found, complete=False)
    yield from entry_facts(entry, {})
