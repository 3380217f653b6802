# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the comments ``# noqa: mail-port-...`` of a file excuse, in YAML and in every other kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from .ansible.tasks import is_task
from .tree.nodes import Items, Node, Table, target
from .tree.yaml import read_yaml

_NOQA = re.compile(r"(?P<before>.*?)(?:#-?|;|//|<!--)\s?noqa\b(?P<rules>.*)")
_RULE = re.compile(r"mail-port-[a-z0-9-]*[a-z0-9]")
_COMMENT = re.compile(r"\s*(?:#|;|//|\{#|<!--)")
# In these a comment has a line of its own; behind a value it would be part of the value.
_NO_TRAILING = re.compile(r"(?:main|master)\.cf(?:\.[\w.]+)?$")
_TASK_LISTS = ("tasks", "pre_tasks", "post_tasks", "handlers")
_BLOCKS = ("block", "rescue", "always")
_DEEPEST = 50


def rule_id(name: str) -> str:
    """Return the name that a rule of the engine has in ansible-lint, and in a ``noqa``."""
    return f"mail-port-{name.removesuffix('-port')}"


class Noqa:
    """The comments of one text.

    A comment excuses its own line; one that has a line of its own, the next line that is neither
    empty nor a comment. Inside a task it excuses all of that task, but not the tasks of its block.
    ``tasks`` tells whether the file can hold tasks.
    """

    def __init__(self, text: str, name: str, tasks: bool) -> None:
        self._lines = text.split("\n")
        self._excused: dict[int, set[str]] = {}
        self._by_task: dict[int, set[str]] = {}
        starts = sorted(_starts(text)) if tasks else []
        self._tasks = [(start, self._end(start)) for start in starts]
        own_line_only = _NO_TRAILING.search(name) is not None
        for number, line in enumerate(self._lines, 1):
            found = _NOQA.match(line) if "noqa" in line else None
            if found is None:
                continue
            alone = not found["before"].strip(" \t{")
            if alone or not own_line_only:
                at = self._next(number) if alone else number
                self._add(at, set(_RULE.findall(found["rules"])))

    def excuses(self, line: int, rule: str) -> bool:
        """Tell whether the finding of a rule on a line is excused."""
        task = self._task(line)
        return rule in self._excused.get(line, ()) or rule in self._by_task.get(task, ())

    def _add(self, line: int, rules: set[str]) -> None:
        self._excused.setdefault(line, set()).update(rules)
        task = self._task(line)
        if task:
            self._by_task.setdefault(task, set()).update(rules)

    def _next(self, number: int) -> int:
        """Return the next line that says something, behind a comment on line ``number``."""
        for index in range(number, len(self._lines)):
            line = self._lines[index]
            if line.strip() and not _COMMENT.match(line):
                return index + 1
        return number

    def _task(self, line: int) -> int:
        """Return the first line of the innermost task around a line, 0 for none."""
        return max((start for start, end in self._tasks if start <= line <= end), default=0)

    def _end(self, start: int) -> int:
        """Return the last line of the list item that begins on line ``start``."""
        first = self._lines[start - 1]
        dash = len(first) - len(first.lstrip(" "))
        for index in range(start, len(self._lines)):
            line = self._lines[index]
            text = line.lstrip(" ")
            if text and not text.startswith("#") and len(line) - len(text) <= dash:
                return index
        return len(self._lines)


def _starts(text: str) -> Iterator[int]:
    """Yield the first line of each task; of a text that is not YAML, none."""
    try:
        documents = read_yaml(text)
    except ValueError:
        return
    for one in documents:
        tables = _items(one)
        plays = [table for table in tables if table.get("hosts") is not None]
        if not plays and any(is_task(table) or "block" in table.keys for table in tables):
            yield from _tasks(one, 0)
        for play in plays:
            for key in _TASK_LISTS:
                yield from _tasks(play.get(key), 0)


def _tasks(tasks: Optional[Node], depth: int) -> Iterator[int]:
    if depth > _DEEPEST:
        return
    for task in _items(tasks):
        yield task.line
        for key in _BLOCKS:
            yield from _tasks(task.get(key), depth + 1)


def _items(node: Optional[Node]) -> list[Table]:
    """Return the mappings of a list node, nothing for any other node."""
    found = target(node)
    nodes = found.nodes if isinstance(found, Items) else ()
    return [one for one in map(target, nodes) if isinstance(one, Table)]
