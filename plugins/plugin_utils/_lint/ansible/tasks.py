# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Ansible tasks: what each module's arguments say of mail ports, loops spelt out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Optional

from ..facts import Fact
from ..settings.context import Context, Walker
from ..tree.nodes import Items, Node, Scalar, Table, target
from ..tree.scope import Scope
from ..words.sets import word_set
from .modules import READ_MODULES, ModuleReader

LISTS = frozenset(("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"))
_KEYWORDS = word_set(
    "name when register tags notify become become_user become_method delegate_to delegate_facts "
    "run_once ignore_errors ignore_unreachable changed_when failed_when until retries delay no_log "
    "check_mode diff any_errors_fatal listen loop loop_control throttle timeout async poll vars "
    "environment args connection remote_user port module_defaults collections debugger first_found "
    "with_items with_list with_dict with_nested with_flattened with_together with_subelements "
    "with_fileglob with_first_found with_sequence with_indexed_items block rescue always"
)
_FREE_FORM = frozenset(("command", "shell", "raw", "script", "action", "local_action"))
_LOOPS = ("loop", "with_items", "with_list", "with_dict", "with_flattened", "with_indexed_items")
_MOST_ITEMS = 200


def is_play(table: Table) -> bool:
    """Tell whether a mapping is a play."""
    keys = table.keys
    return "hosts" in keys and any(key in keys for key in (*LISTS, "roles", "vars", "vars_files"))


def is_task(table: Table) -> bool:
    """Tell whether a mapping is a task: one module, and keywords."""
    keys = table.keys
    if not keys or "hosts" in keys or any(key in LISTS for key in keys):
        return False
    return any(_module(key.text) and _has_arguments(key.text, node) for key, node in table.items)


def _has_arguments(key: str, node: Node) -> bool:
    """Tell whether a value can be a module's: ``service: imap`` in a list of listeners is none."""
    value = target(node)
    if not isinstance(value, Scalar):
        return isinstance(value, Table)
    return "." in key or "=" in value.text or key in _FREE_FORM


def _module(key: str) -> str:
    """Return the short name of a module that is read in its own way, "" for another key."""
    if key in ("action", "local_action"):
        return key
    short = key.rpartition(".")[2]
    known = short in READ_MODULES and (key.count(".") in (0, 2))
    return short if known or (key.count(".") == 2 and " " not in key) else ""


class TaskReader:
    """Reads one task after the other; ``walker`` is the one for all other structures."""

    def __init__(self, walker: Walker, scope: Scope, name: str) -> None:
        self._walker = walker
        self._scope = scope
        self._name = name

    def task(self, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of a task."""
        if _never(table):
            return
        base = Context(path=context.path)
        for name in ("vars", "environment"):
            given = table.get(name)
            if given is not None and not isinstance(given, Scalar):
                yield from self._walker.facts(given, base.below(name))
        for key, node in table.items:
            if key.text in _KEYWORDS:
                continue
            short = _module(key.text)
            continued = self._continued(short, node, table)
            if continued is not None:
                yield from self._module_facts(short, key, continued, table, base)
                continue
            for scope in self._turns(table):
                turn = TaskReader(self._walker.within(scope), scope, self._name)
                yield from turn._module_facts(short or key.text, key, node, table, base)

    def defaults(self, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of a play's module_defaults."""
        for key, node in table.items:
            if not key.text.startswith("group/"):
                yield from self._module_facts(_module(key.text), key, node, table, context)

    def _loop(self, table: Table) -> Optional[tuple[str, list[Node]]]:
        """Return the name and the items of the task's loop, None without one that is known."""
        loop = next((table.get(name) for name in _LOOPS if table.get(name) is not None), None)
        items = None if loop is None else self._scope.items(loop)
        if items is None:
            return None
        control = target(table.get("loop_control"))
        name = control.text("loop_var") if isinstance(control, Table) else ""
        if table.get("with_items") is not None and all(isinstance(target(i), Items) for i in items):
            items = [inner for one in items for inner in (self._scope.items(one) or [one])]
        return name or "item", items[:_MOST_ITEMS]

    def _turns(self, table: Table) -> Iterator[Scope]:
        """Yield a scope for each turn of the task's loop."""
        loop = self._loop(table)
        if loop is None:
            yield self._scope
            return
        name, items = loop
        for item in items:
            yield self._scope.bind(name, item)

    def _continued(self, short: str, node: Node, table: Table) -> Optional[Table]:
        """Return the arguments of a lineinfile whose loop writes lines that continue each other.

        They have all the lines as one text: a line alone would be judged without its options. Of
        equal lines only the first is written, and what is inserted behind a line, or at the
        beginning, stands in the reverse order of the loop.
        """
        args = target(node)
        loop = self._loop(table) if short == "lineinfile" else None
        if loop is None or not isinstance(args, Table):
            return None
        if args.text("insertafter") not in ("", "EOF") or args.text("insertbefore") == "BOF":
            return None
        name, items = loop
        use = target(args.get("line"))
        lines = [one for one in map(target, items) if isinstance(one, Scalar)]
        if not isinstance(use, Scalar) or use.text.strip("{} ") != name or len(lines) < len(items):
            return None
        if not any(one.text[:1].isspace() for one in lines):
            return None
        first = lines[0].line
        own = [one.line for one in lines] == list(range(first, first + len(lines)))
        texts = [one.text for one in lines]
        text = "\n".join("" if one in texts[:at] else one for at, one in enumerate(texts))
        # Lines from another file are reported where they are used.
        joined = Scalar(text, first - 1, offset=1) if own else Scalar(text, first or use.line)
        rest = tuple(pair for pair in args.items if pair[0].text != "line")
        return Table((*rest, (Scalar("line", first), joined)), args.line)

    def _module_facts(
        self, short: str, key: Scalar, node: Node, table: Table, context: Context
    ) -> Iterator[Fact]:
        args = self._arguments(short, node, table)
        below = context.below(key.text)
        below = replace(below, path=context.below(short).path)
        if short in ("action", "local_action"):
            yield from self._action(node, table, context)
        elif short in READ_MODULES:
            modules = ModuleReader(self._walker, self._scope)
            yield from modules.facts(short, args, below, key)
        else:
            yield from self._walker.facts(args, below)

    def _action(self, node: Node, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of the old spelling, ``local_action: wait_for port=…``."""
        node = target(node) or Scalar("")
        if isinstance(node, Table):
            name = node.text("module")
        else:
            words = node.text.split(None, 1) if isinstance(node, Scalar) else []
            name = words[0] if words else ""
            rest = words[1] if len(words) > 1 else ""
            node = replace(node, text=rest) if isinstance(node, Scalar) else node
        if name and name not in ("action", "local_action"):
            short = name.rpartition(".")[2]
            yield from self._module_facts(short, Scalar(name), node, table, context)

    @staticmethod
    def _arguments(short: str, node: Node, table: Table) -> Table:
        """Return a module's arguments, whether they are a mapping or ``key=value`` words."""
        found = target(node)
        more = target(table.get("args"))
        extra = more.items if isinstance(more, Table) else ()
        if isinstance(found, Table):
            return Table(found.items + extra, found.line)
        if not isinstance(found, Scalar):
            return Table(extra)
        if short in ("command", "shell", "raw", "script"):
            return Table(((Scalar("cmd"), found), *extra))
        pairs_: list[tuple[Scalar, Node]] = []
        for word in _split(found.text):
            name, equals, value = word.partition("=")
            if equals and name.isidentifier():
                pairs_.append((replace(found, text=name), replace(found, text=value)))
        return Table((*pairs_, *extra), found.line)


def _never(table: Table) -> bool:
    """Tell whether a task is switched off for good."""
    when = target(table.get("when"))
    return isinstance(when, Scalar) and when.text.strip().lower() in ("false", "no")


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
