# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What linting costs: ansible-lint with our rules and without, mailports-lint, and many files.

Counted are the seconds of the processor that the linter and its children took: all of them compute
from beginning to end, and what else the machine does falls on the clock alone.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.lint_tree import generate
from tests.bench.measure import BenchError, Figure, Report, medians
from tests.hosts import Site

ROOT = Path(__file__).resolve().parents[2]
RULES = str(ROOT / "extensions" / "ansible_lint" / "rules")
CLI = "ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.cli"
FILES, FEW, MANY = 200, 1_000, 10_000
ROUNDS = 2
_ANSIBLE_LINT = (sys.executable, "-m", "ansiblelint", "--offline", "-q", "-f", "pep8")
_OURS = (sys.executable, "-m", CLI, ".")


def run(_site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    for files in (FILES, FEW, MANY):
        generate(folder / str(files), files)
    project = folder / str(FILES)
    taken = medians(
        {
            "ansible-lint without our rules": _linter(_ANSIBLE_LINT, project),
            "ansible-lint with our rules": _linter((*_ANSIBLE_LINT, "-R", "-r", RULES), project),
            "ansible-lint with our rules alone": _linter((*_ANSIBLE_LINT, "-r", RULES), project),
            "mailports-lint": _linter(_OURS, project),
        },
        ROUNDS,
        report,
        "lint",
    )
    for name, value in taken.items():
        report.add(Figure("lint", f"{FILES} files: {name}", value, "s"))
    without, with_ours, alone, ours = taken.values()
    report.add(
        Figure("lint", "ansible-lint with / without", with_ours / without, "x", 1.05, more=False)
    )
    report.add(Figure("lint", "our rules alone / mailports-lint", alone / ours, "x", 5))
    _growth(report, folder)


def _growth(report: Report, folder: Path) -> None:
    """Measure how time grows with ten times the files."""
    few, many = (
        medians({f"{files} files": _linter(_OURS, folder / str(files))}, ROUNDS, report, "lint")
        for files in (FEW, MANY)
    )
    (little,), (much,) = few.values(), many.values()
    report.add(Figure("lint", f"mailports-lint: {FEW} files", little, "s"))
    report.add(Figure("lint", f"mailports-lint: {MANY} files", much, "s"))
    growth = much / little
    report.add(Figure("lint", "ten times the files take", growth, "x", 11, more=False))


def _linter(command: Sequence[str], project: Path) -> Callable[[], float]:
    """Return a run of one linter over a project, which returns the seconds it took."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            command,
            cwd=project,
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # The projects have findings, so that a linter that finds none has not looked.
        expected = 2 if command is _OURS or RULES in command else 0
        if done.returncode != expected:
            raise BenchError(f"{command} ended with {done.returncode}: {done.stderr[-1500:]}")
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return once
