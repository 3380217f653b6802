# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint files and folders, each file with its variables and with the files beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Optional

from ...module_utils._model.finding import Finding
from ...module_utils._model.policy import Policy
from .engine import Text, lint_text, not_read
from .facts import Fact
from .files import UnreadableError, decoded, find, is_binary, is_unreadable, read
from .judge import judge_lint
from .kinds import YAML, kind_of
from .project_variables import variables_for
from .tree.scope import Scope


@dataclass(frozen=True)
class Linted:
    """One file: whether it is of a kind that is read, and what was found in it."""

    path: str
    known: bool
    findings: list[Finding]


def lint_paths(
    paths: Iterable[str], policy: Policy, skips: Callable[[str], bool] = lambda _path: False
) -> Iterator[Linted]:
    """Yield each file of ``paths`` and below them, each once, but for those that are skipped.

    Raises OSError for a path that is not there.
    """
    seen: set[str] = set()
    for path in paths:
        for file in find(path, skips):
            if file not in seen:
                seen.add(file)
                found = _linted(file, policy)
                yield Linted(file, found is not None, found or [])


def lint_file(path: str, policy: Policy) -> list[Finding]:
    """Return the findings on one file; that it cannot be read is one of them."""
    return _linted(path, policy) or []


def _linted(path: str, policy: Policy) -> Optional[list[Finding]]:
    """Return the findings on one file, None for one of a kind that is not read."""
    name = path.replace(os.sep, "/")
    by_name = kind_of(name, "")
    try:
        content = read(path)
        if is_unreadable(content) or (not by_name and is_binary(content)):
            return None
        text = decoded(content, by_name not in ("", YAML))
    except UnreadableError as error:
        # A file that is not known by its name can be anything.
        facts: list[Fact] = [not_read(str(error), error.line)]
        return judge_lint(facts, policy, name) if by_name else None
    kind = kind_of(name, text)
    if not kind:
        return None
    scope = Scope(variables_for(path))
    folder = os.path.dirname(path)
    return lint_text(
        Text(name, text), policy, kind, scope, lambda one: _text(os.path.join(folder, one), True)
    )


def _text(path: str, eight_bit: bool = False) -> Optional[str]:
    try:
        return decoded(read(path), eight_bit)
    except UnreadableError:
        return None
