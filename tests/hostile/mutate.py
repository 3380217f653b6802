# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the judge and what feeds it, one place at a time, and see that a test notices.

``mutate.py [FILE ...]``: files below plugins/module_utils, all of FILES without any. Each is
mutated by cosmic-ray in a copy of the checkout, against the tests of its room. Survivors are
printed as diffs; the run fails where less than 95 % of the mutants of a file are killed. EVERY=N in
the environment takes one mutant in N.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem

from tests.support import amount

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path("plugins/module_utils")
TESTS = Path("tests/unit/plugins/module_utils")
# What decides about a verdict; rooms may bring more files of the same kind.
FILES = (
    "_judge/*.py",
    "_model/demand.py",
    "_probe/certificate.py",
    "_probe/certificate_names.py",
    "_probe/dialogue.py",
    "_probe/protocols.py",
)
LEAST = 0.95
# Mutations that change nothing: "is" for "==" where constants are compared, operators of types.
SAME = ("_Is", "_IsNot", "BitOr_")
# The tests of a room, with a part of the inputs that they generate; a mutant may loop for ever.
COMMAND = "{python} -m pytest -q -x --no-header -p no:cacheprovider {tests}"
SECONDS = 120
CONFIG = """
[cosmic-ray]
module-path = "{module}"
timeout = {seconds}
excluded-modules = []
test-command = "{command}"
[cosmic-ray.distributor]
name = "local"
"""


def wanted(names: list[str]) -> list[Path]:
    """Return the files to mutate, relative to the checkout."""
    patterns = names or FILES
    found = sorted(path for one in patterns for path in (ROOT / ENGINE).glob(one))
    return [path.relative_to(ROOT) for path in found if path.name != "__init__.py"]


def thin_out(session: Path, every: int) -> None:
    """Leave one mutant in ``every``, always the same ones, and none that changes nothing."""
    with use_db(session, WorkDB.Mode.open) as database:
        items = [item for item in database.work_items if not _changes_nothing(item)]
        kept = [item for number, item in enumerate(items) if number % every == 0]
        database.clear()
        database.add_work_items(kept)


def _changes_nothing(item: WorkItem) -> bool:
    return any(word in one.operator_name for one in item.mutations for word in SAME)


def mutate(copy: Path, module: Path, every: int) -> tuple[int, list[str]]:
    """Return how many mutants of one file were tried, and the survivors as diffs."""
    room = TESTS / module.relative_to(ENGINE).parent
    command = COMMAND.format(python=sys.executable, tests=room)
    config, session = copy / "mutate.toml", copy / "mutate.sqlite"
    session.unlink(missing_ok=True)
    text = CONFIG.format(module=module, seconds=SECONDS, command=command)
    config.write_text(text, encoding="utf-8")
    tree = copy.parent / "tree"
    env = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{copy}", "PYTHONDONTWRITEBYTECODE": "1"}
    env[amount.VARIABLE] = "5"
    for step in (["init", str(config), str(session)], ["exec", str(config), str(session)]):
        subprocess.run(
            [sys.executable, "-m", "cosmic_ray.cli", *step], cwd=copy, env=env, check=True
        )
        if step[0] == "init":
            thin_out(session, every)
    with use_db(session, WorkDB.Mode.open) as database:
        results = [result for _job, result in database.results]
    lived = [one.diff or "" for one in results if one.test_outcome is TestOutcome.SURVIVED]
    return len(results), lived


def main(names: list[str]) -> int:
    """Mutate in a copy; return 1 where too many mutants of a file lived."""
    weak = []
    with tempfile.TemporaryDirectory(prefix="mailports-mutate-") as folder:
        copy = Path(folder) / "checkout"
        ignored = shutil.ignore_patterns(".git", "build", "dist", "__pycache__", "output")
        shutil.copytree(ROOT, copy, ignore=ignored)
        link = Path(folder) / "tree/ansible_collections/postmaster/mailports"
        link.parent.mkdir(parents=True)
        link.symlink_to(copy)
        for module in wanted(names):
            tried, lived = mutate(copy, module, int(os.environ.get("EVERY") or 1))
            for diff in lived:
                print(f"lived: {diff}", flush=True)
            share = 1 - len(lived) / tried if tried else 1.0
            print(f"{module}: {tried} mutants, {share:.1%} killed", flush=True)
            if share < LEAST:
                weak.append(module)
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
