# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint files and folders: variables of a role reach its tasks, main.cf reaches master.cf."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from typing import Optional

from ...module_utils._finding import Finding
from ...module_utils._policy import Policy
from ._engine import Text, lint_text, not_read
from ._facts import Fact
from ._files import UnreadableError, decoded, find, is_binary, read
from ._judge_lint import judge_lint
from ._kinds import YAML, kind_of
from ._scope import Scope
from ._tree import Again, Items, Node, Scalar, Table, TreeError
from ._yaml import read_yaml

_ROLE_PARTS = ("tasks", "handlers", "templates", "files", "defaults", "vars", "meta")


def lint_paths(paths: Iterable[str], policy: Policy) -> Iterator[list[Finding]]:
    """Yield the findings of each file of ``paths`` and below them, each file once.

    Raises OSError for a path that is not there.
    """
    seen: set[str] = set()
    for path in paths:
        for file in find(path):
            if file not in seen:
                seen.add(file)
                yield lint_file(file, policy)


def lint_file(path: str, policy: Policy) -> list[Finding]:
    """Return the findings on one file; that it cannot be read is one of them."""
    name = path.replace(os.sep, "/")
    by_name = kind_of(name, "")
    try:
        content = read(path)
        if not by_name and is_binary(content):
            return []
        text = decoded(content, by_name not in ("", YAML))
    except UnreadableError as error:
        # Of a file that is none of ours by its name, nothing can be said.
        facts: list[Fact] = [not_read(str(error), error.line)] if by_name else []
        return judge_lint(facts, policy, name)
    kind = kind_of(name, text)
    if not kind:
        return []
    role = _role_of(path)
    scope = Scope(_role_variables(os.path.abspath(role))) if role else Scope()
    folder = os.path.dirname(path)
    return lint_text(
        Text(name, text), policy, kind, scope, lambda one: _text(os.path.join(folder, one), True)
    )


def _text(path: str, eight_bit: bool = False) -> Optional[str]:
    try:
        return decoded(read(path), eight_bit)
    except UnreadableError:
        return None


def _role_of(path: str) -> str:
    """Return the folder of the role that a file belongs to, "" for none."""
    parts = os.path.normpath(path).split(os.sep)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in _ROLE_PARTS:
            return os.sep.join(parts[:index]) or ("" if path.startswith(os.sep) else ".")
    return ""


@functools.lru_cache(maxsize=64)
def _role_variables(role: str) -> Scope:
    scope = Scope()
    known: set[str] = set()
    for part in ("vars", "defaults"):
        for table in _tables(os.path.join(role, part)):
            fresh = tuple((key, node) for key, node in table.items if key.text not in known)
            scope.add(Table(fresh))
            known.update(key.text for key, _node in fresh)
    return scope


def _tables(folder: str) -> Iterator[Table]:
    """Yield the mappings of the variable files in a folder, without their lines."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        text = _text(os.path.join(folder, name)) if name.endswith((".yml", ".yaml")) else None
        if text is None:
            continue
        try:
            documents = read_yaml(text)
        except TreeError:
            continue
        for one in documents:
            node = _elsewhere(one)
            if isinstance(node, Table):
                yield node


def _elsewhere(node: Node) -> Node:
    """Return a node of another file: its lines say nothing about this one."""
    if isinstance(node, Scalar):
        return Scalar(node.text, plain=node.plain)
    if isinstance(node, Again):
        return Scalar("")
    if isinstance(node, Items):
        return Items(tuple(_elsewhere(one) for one in node.nodes))
    return Table(tuple((key, _elsewhere(value)) for key, value in node.items))
