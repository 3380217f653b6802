# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint files and folders, each file with its variables and with the files beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Optional

from ...module_utils._model.finding import Finding
from ...module_utils._model.policy import Policy
from .engine import Text, lint_text, not_read
from .facts import Fact
from .files import UnreadableError, decoded, find, is_binary, read
from .judge import judge_lint
from .kinds import YAML, kind_of
from .project_variables import variables_for
from .tree.scope import Scope


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
        # A file that is not known by its name can be anything.
        facts: list[Fact] = [not_read(str(error), error.line)] if by_name else []
        return judge_lint(facts, policy, name)
    kind = kind_of(name, text)
    if not kind:
        return []
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
