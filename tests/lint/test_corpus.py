# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the linter against the labelled corpus: precision and recall, and each case that differs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_text,
)

CORPUS = Path(__file__).resolve().parent / "corpus"
HELD = sorted(CORPUS.glob("*.held.yml"))
OPEN = sorted(set(CORPUS.glob("*.yml")) - set(HELD))
Label = tuple[int, str]


@dataclass(frozen=True)
class Case:
    """One labelled text."""

    shape: str
    id: str
    path: str
    policy: str
    text: str
    expect: frozenset[Label]

    def found(self) -> frozenset[Label]:
        """Return what the linter says, without the findings that are only for information."""
        findings = lint_text(Text(self.path, self.text), POLICIES[self.policy])
        return frozenset((one.line, one.rule) for one in findings if one.severity != "info")


def cases(files: list[Path]) -> list[Case]:
    """Return the cases of corpus files."""
    return [
        Case(
            shape=file.name.split(".yml")[0].removesuffix(".held"),
            id=one["id"],
            path=one["path"],
            policy=one.get("policy", "rfc8314"),
            text=one["text"],
            expect=frozenset((label["line"], label["rule"]) for label in one["expect"]),
        )
        for file in files
        for one in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


def figures(found: list[tuple[Case, frozenset[Label]]]) -> tuple[float, float]:
    """Return precision and recall over all labels."""
    right = sum(len(case.expect & labels) for case, labels in found)
    said = sum(len(labels) for _case, labels in found)
    wanted = sum(len(case.expect) for case, _labels in found)
    return right / said, right / wanted


@pytest.mark.parametrize("case", cases(OPEN), ids=lambda case: case.id)
def test_a_case_has_the_findings_of_its_label(case: Case) -> None:
    assert sorted(case.found()) == sorted(case.expect)


@pytest.mark.parametrize(("files", "least"), [(OPEN, 1.0), (HELD, 0.94)], ids=["open", "held"])
def test_precision_and_recall(
    files: list[Path], least: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """The held cases are run for these two figures only; nobody looks at them while building."""
    found = [(case, case.found()) for case in cases(files)]
    precision, recall = figures(found)
    with capsys.disabled():
        print(f"\n{len(found)} cases: precision {precision:.3f}, recall {recall:.3f}")
    assert precision >= least
    assert recall >= least
