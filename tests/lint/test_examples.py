# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that each rule's page is up to date, and that its examples are what they say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import RULES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_text,
)

from tests.lint.examples import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "plugins" / "plugin_utils" / "_lint"
# Only a waiver file can expire, and ansible-lint has none.
NOT_OF_ONE_FILE = {"waiver-expired"}


def found(name: str, text: str) -> list[tuple[int, str]]:
    """Return line and rule of what the engine says of a text, without what is for information."""
    findings = lint_text(Text(name, text), POLICIES["rfc8314"])
    return [(one.line, one.rule) for one in findings if one.severity != "info"]


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_bad_example_has_its_finding_and_no_other(rule: str) -> None:
    example = EXAMPLES[rule]
    assert found(example.name, example.bad) == [(example.line, rule)]


@pytest.mark.parametrize("rule", EXAMPLES)
def test_the_good_example_is_clean(rule: str) -> None:
    assert found(EXAMPLES[rule].name, EXAMPLES[rule].good) == []


def test_the_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "scripts")])
    import lint_pages

    pages = {path.name: path.read_text(encoding="utf-8") for path in lint_pages.FOLDER.iterdir()}
    assert pages == lint_pages.pages()


def test_every_rule_that_the_engine_names_has_an_example() -> None:
    """A finding of a rule without a class of its own would be silent in ansible-lint."""
    source = "".join(path.read_text(encoding="utf-8") for path in ENGINE.rglob("*.py"))
    assert {rule for rule in RULES if f'"{rule}"' in source} - NOT_OF_ONE_FILE == set(EXAMPLES)
