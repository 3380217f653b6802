# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint a folder of checkouts of other people: counts by rule and repository, crashes, time.

    scripts/env run python scripts/lint_in_the_wild.py FOLDER [--json FILE] [--policy NAME]

Each folder below FOLDER is one checkout. The table goes to standard output; the JSON holds every
finding with its file relative to FOLDER. Exit status: 0, or 1 if a file made the linter crash.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Optional

from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import (
    DEFAULT_POLICY,
    POLICIES,
    Policy,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.files import find
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.project import lint_file

_SLOWEST = 5


@dataclass
class Checkout:
    """What linting one checkout gave. Times are in seconds."""

    name: str
    files: int = 0
    seconds: float = 0.0
    findings: list[dict[str, Any]] = field(default_factory=list)
    crashes: list[dict[str, str]] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)

    @property
    def rules(self) -> Counter[str]:
        """Return the number of findings by rule."""
        return Counter(one["rule"] for one in self.findings)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Lint every checkout, print the table and return the exit status."""
    parser = argparse.ArgumentParser(description="Lint a folder of checkouts.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there")
    parser.add_argument("--policy", choices=list(POLICIES), default=DEFAULT_POLICY)
    given = parser.parse_args(arguments)
    if not given.folder.is_dir():
        parser.error(f"{given.folder}: not a folder")
    os.chdir(given.folder)
    names = sorted(one.name for one in Path().iterdir() if one.is_dir())
    checkouts = [lint_checkout(name, POLICIES[given.policy]) for name in names]
    print(table(checkouts))
    if given.json:
        rows = [asdict(one) for one in checkouts]
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 1 if any(one.crashes for one in checkouts) else 0


def lint_checkout(name: str, policy: Policy) -> Checkout:
    """Lint the files of one checkout one by one, so that a crash costs one file."""
    found = Checkout(name)
    for path in find(name):
        found.files += 1
        start = time.perf_counter()
        try:
            findings: list[Finding] = lint_file(path, policy)
        except Exception:
            findings = []
            found.crashes.append({"file": path, "error": traceback.format_exc()})
        seconds = time.perf_counter() - start
        found.seconds += seconds
        found.findings += [one.to_dict() for one in findings]
        found.slowest = sorted([*found.slowest, (seconds, path)], reverse=True)[:_SLOWEST]
    return found


def table(checkouts: Sequence[Checkout]) -> str:
    """Return the counts as Markdown tables."""
    rules: Counter[str] = Counter()
    for one in checkouts:
        rules += one.rules
    lines = ["| checkout | files | seconds | findings | crashes | by rule |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | --- |")
    for one in checkouts:
        by_rule = ", ".join(f"{rule} {count}" for rule, count in one.rules.most_common())
        cells = (one.name, one.files, f"{one.seconds:.1f}", len(one.findings), len(one.crashes))
        lines.append(f"| {' | '.join(map(str, cells))} | {by_rule} |")
    total = (
        sum(one.files for one in checkouts),
        f"{sum(one.seconds for one in checkouts):.1f}",
        sum(len(one.findings) for one in checkouts),
        sum(len(one.crashes) for one in checkouts),
    )
    lines.append(f"| all {len(checkouts)} | {' | '.join(map(str, total))} | |")
    lines += ["", "| rule | findings | checkouts |", "| --- | ---: | ---: |"]
    for rule, count in rules.most_common():
        lines.append(f"| {rule} | {count} | {sum(rule in one.rules for one in checkouts)} |")
    lines += ["", "| slowest file | seconds |", "| --- | ---: |"]
    slowest = sorted((row for one in checkouts for row in one.slowest), reverse=True)
    lines += [f"| {path} | {seconds:.2f} |" for seconds, path in slowest[:_SLOWEST]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
