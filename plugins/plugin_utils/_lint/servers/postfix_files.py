# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read main.cf and master.cf, or parts of them, or templates, into parameters and entries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Optional

from ....module_utils._postfix.files.lines import CfError
from ....module_utils._postfix.files.main_cf import MainCf
from ....module_utils._postfix.files.master_cf import FIELDS, MasterCf
from ....module_utils._postfix.files.master_cf import Entry as MasterEntry
from ..facts import Fact, Place
from ..tree.nodes import UNKNOWN, Items, Node, Scalar, Table, target
from ..tree.scope import Scope
from ..tree.shapes import assignments
from .postfix_rules import Entry, Parameter, Parameters, entry_facts, main_facts
from .tolerant import tolerant

_REFERENCE = re.compile(r"\$[({]?(\w+)[)}]?")
# Placeholders that a play or an installer fills in later.
_DASH = re.compile(rf"^(?:{UNKNOWN}|[@%$<{{_]*[A-Z][A-Z0-9_]{{2,}}[@%>}}_]*)$")
_WORD = re.compile(rf"(?<=\s){UNKNOWN}(?=\s|$)")


def main_cf_facts(text: str, complete: bool, template: bool) -> Iterator[Fact]:
    """Yield the facts of a main.cf."""
    parsed, bad = tolerant(text, MainCf.parse, CfError, continues=True)
    if not template:
        yield from bad[:1]
    yield from main_facts(_parameters(parsed), complete)


def main_parameters(text: str) -> Parameters:
    """Return the parameters of a main.cf."""
    return _parameters(tolerant(text, MainCf.parse, CfError, continues=True)[0])


def _parameters(parsed: Optional[MainCf]) -> Parameters:
    if parsed is None:
        return {}
    values = {one.name: one.value for one in parsed.settings}
    return {
        one.name: Parameter(_resolved(one.value, values), Place(one.line, 1, one.name))
        for one in parsed.settings
    }


def _resolved(value: str, values: Mapping[str, str]) -> str:
    """Return a value with what it refers to, UNKNOWN for what stands elsewhere."""
    if "$" not in value:
        return value
    return _REFERENCE.sub(lambda match: values.get(match[1], UNKNOWN), value)


def master_cf_facts(
    text: str, main: Parameters, template: bool, options_complete: bool = True
) -> Iterator[Fact]:
    """Yield the facts of a master.cf; ``main`` are the parameters of its main.cf.

    ``options_complete``: each entry has all of its options in the text.
    """
    # Unknown words may be options, and would hide the options behind them.
    known = "\n".join(map(_known, text.split("\n")))
    unknown = {index for index, line in enumerate(text.split("\n"), 1) if _WORD.search(line)}
    parsed, bad = tolerant(known, MasterCf.parse, CfError, continues=True)
    if not template:
        yield from bad[:1]
    if parsed is None:
        return
    values = {name: one.value for name, one in main.items()}
    for line, entry in parsed.lines:
        if entry is not None:
            lines = range(line.number, line.number + len(line.physical))
            complete = options_complete and unknown.isdisjoint(lines)
            found = replace(_entry(line.raw, entry, values, complete), main_known=bool(main))
            yield from entry_facts(found, main)


def _known(line: str) -> str:
    """Return a line of master.cf without unknown words; in the columns a dash stands for them."""
    words = line.split()
    if line[:1].isspace() or len(words) < len(FIELDS) or line.startswith("#"):
        return _WORD.sub(" ", line) if UNKNOWN in line else line
    if UNKNOWN not in line and not any(map(_DASH.match, words)):
        return line
    columns = ["-" if word == UNKNOWN else word for word in words[:2]]
    columns += [_DASH.sub("-", word) for word in words[2 : len(FIELDS)]]
    return " ".join([*columns, *(word for word in words[len(FIELDS) :] if word != UNKNOWN)])


def _entry(raw: str, entry: MasterEntry, main: Mapping[str, str], complete: bool) -> Entry:
    options = {}
    for option in entry.options:
        token = option.tokens[-1]
        line = entry.line + raw.count("\n", 0, token.start)
        path = f"{entry['service']}.{option.name}"
        value = _resolved(option.value, main)
        options[option.name] = Parameter(value, Place(line, 0, path))
    place = Place(entry.line, 1, entry["service"])
    return Entry(entry["service"], entry["type"], entry["command"], place, options, complete)


def is_master_entry(table: Table) -> bool:
    """Tell whether a mapping describes an entry of master.cf, as our module and roles do."""
    name = table.text("service") or table.text("name")
    command = table.text("command").split(None, 1)
    kind = table.text("type")
    return bool(name) and kind == "inet" and bool(command) and command[0] in ("smtpd", "postscreen")


def service_module_facts(args: Table, scope: Scope, path: str) -> Iterator[Fact]:
    """Yield the facts of the arguments of our module postfix_service."""
    name = target(args.get("service") or args.get("name"))
    options = target(args.get("options") or args.get("opts") or args.get("args"))
    if not isinstance(name, Scalar):
        return
    table = _options(options)
    found: dict[str, Parameter] = {}
    for key, node in table.items if table else ():
        value = scope.text(node)
        switch = {"true": "yes", "false": "no"}.get(value.lower(), value)
        at = target(node)
        line = at.line if isinstance(at, Scalar) and at.line else key.line
        found[key.text] = Parameter(switch, Place(line, 0, f"{path}.options.{key.text}"))
    kind = scope.text(args.get("type")) or "inet"
    command = scope.text(args.get("command")).split(None, 1)
    program = command[0] if command else "smtpd"
    place = Place(name.line, name.column, f"{path}.service")
    complete = options is None or table is not None
    yield from entry_facts(Entry(scope.text(name), kind, program, place, found, complete), {})


def _options(node: Optional[Node]) -> Optional[Table]:
    """Return the options of an entry in any of the shapes of roles, None for another shape."""
    if isinstance(node, Table):
        return node
    if not isinstance(node, Items):
        return None
    found: list[tuple[Scalar, Node]] = []
    for one in map(target, node.nodes):
        if isinstance(one, Table) and "name" in one.keys:
            name, value = target(one.get("name")), one.get("value")
            if isinstance(name, Scalar) and value is not None:
                found.append((name, value))
        elif isinstance(one, Table):
            found += one.items
        elif isinstance(one, Scalar):
            option = replace(one, text=one.text.strip().removeprefix("-o").strip())
            table = assignments(Items((option,)))
            if table is None:
                return None
            found += table.items
    return Table(tuple(found), node.line)
