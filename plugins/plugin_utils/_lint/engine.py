# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint one text or one value: choose its reader, and turn all that can go wrong into findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

from ...module_utils._model.finding import Finding
from ...module_utils._model.policy import Policy
from ...module_utils._model.safe_text import printable
from .facts import Fact, Flaw, Place
from .judge import judge_lint
from .kinds import YAML, kind_of
from .noqa import Noqa, rule_id
from .read import Sibling, read_text
from .structures import structure_facts
from .tree.nodes import TreeError, tree_from
from .tree.scope import Scope
from .waivers import NEVER_WAIVED, inline


@dataclass(frozen=True)
class Text:
    """A text and the name that it has in a project."""

    name: str
    text: str


def lint_text(
    source: Text,
    policy: Policy,
    kind: str = "",
    scope: Optional[Scope] = None,
    sibling: Optional[Sibling] = None,
) -> list[Finding]:
    """Return the findings on one text, those left out that its own comments excuse.

    ``kind`` is one of KINDS, "" to go by name and content; ``scope`` holds variables that stand in
    other files, ``sibling`` returns the text of a file of the same folder.
    """
    facts = list(_facts(source, kind, scope or Scope(), sibling))
    findings = judge_lint(facts, policy, source.name)
    if "noqa" in source.text and findings:
        noqa = Noqa(source.text, source.name, (kind or kind_of(source.name, source.text)) == YAML)
        findings = [
            one
            for one in findings
            if one.rule in NEVER_WAIVED or not noqa.excuses(one.line, rule_id(one.rule))
        ]
    kept, wrong = inline(source.text, findings, source.name)
    if not wrong:
        return kept
    return sorted([*kept, *judge_lint(wrong, policy, source.name)], key=lambda one: one.line)


def _facts(source: Text, kind: str, scope: Scope, sibling: Optional[Sibling]) -> Iterator[Fact]:
    """Yield the facts of one text; what cannot be read is one of them."""
    found = kind or kind_of(source.name, source.text)
    if not found:
        return
    try:
        yield from read_text(source.text, source.name, found, scope, sibling=sibling)
    except TreeError as error:
        yield not_read(str(error), error.line)
    except RecursionError:
        yield not_read("nested too deep", 0)


def not_read(words: str, line: int) -> Flaw:
    """Return the fact that something was not read."""
    return Flaw("not-read", Place(line), {"seen": printable(words, 200)})


def lint_data(data: Any, policy: Policy, name: str = "") -> list[Finding]:
    """Return the findings on plain data: variables, an intent, lists of listeners or ports."""
    try:
        tree = tree_from(data)
        scope = Scope()
        scope.learn((tree,), variables=True)
        facts = list(structure_facts(tree, name, scope, read_text))
    except TreeError as error:
        facts = [not_read(str(error), 0)]
    except RecursionError:
        facts = [not_read("nested too deep", 0)]
    return judge_lint(facts, policy, name)
