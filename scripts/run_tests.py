# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every test of the project, the fast ones first, and say at the end what did not run.

The steps: the unit and lint-rule tests; the engine's unit tests on every other Python of the
machine; the reports, in a real browser; ansible-test sanity; the molecule scenarios; the
integration tests, whose pytest prints the gaps of all steps.
The first step that fails ends the run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import interpreters

from tests.support.gaps import real_hosts_obstacle

ROOT = Path(__file__).resolve().parent.parent
ENGINE_TESTS = "tests/unit/plugins/module_utils"


def step(title: str, command: list[str], **variables: str) -> None:
    """Run one command in the checkout; exit with its status when it fails."""
    print(f"== {title}", flush=True)
    status = subprocess.call(command, cwd=ROOT, env={**os.environ, **variables})
    if status:
        print(f"== {title}: failed (exit status {status})", flush=True)
        raise SystemExit(status)


def note(gaps: Path, what: str, why: str, fatal: bool = False) -> None:
    """Add to the gaps file something that did not run; FATAL when continuous integration must."""
    with gaps.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"what": what, "why": why, "fatal": fatal}) + "\n")


def engine_on_other_pythons(gaps: Path) -> None:
    """Run the engine's unit tests on each Python of the machine but the one running this."""
    found = {python.release[:2]: python for python in interpreters.usable(*interpreters.NODES)}
    (major, low), (_major, high) = interpreters.NODES
    for minor in range(low, high + 1):
        python = found.get((major, minor))
        if python is None:
            note(gaps, f"{ENGINE_TESTS} on Python {major}.{minor}", "no such interpreter here")
        elif python.release[:2] != sys.version_info[:2]:
            command = ["scripts/env", "--python", python.path, "unit", "python", "-m", "pytest"]
            command += ["-q", "--no-header", "-n", "2", "--dist", "loadfile"]
            step(f"engine on Python {python.text}", [*command, ENGINE_TESTS])


def reports() -> None:
    """Run the tests of the reports, with Debian's Chromium where that can be installed."""
    missing = [name for name in ("chromium", "npm") if shutil.which(name) is None]
    if missing and real_hosts_obstacle() is None:
        install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing]
        for command in (["apt-get", "update", "-qq"], install):
            step("programs for the tests of the reports", command, DEBIAN_FRONTEND="noninteractive")
    command = ["scripts/env", "report", "python", "-m", "pytest", "-q", "--no-header"]
    step("reports", [*command, "tests/report"])


def molecule(gaps: Path) -> None:
    """Run the molecule scenarios where the real hosts can be."""
    obstacle = real_hosts_obstacle()
    if obstacle:
        note(gaps, "molecule scenarios", obstacle, fatal=True)
    else:
        step("molecule", [sys.executable, "scripts/run_molecule.py"])


def main() -> None:
    """Run the steps in order."""
    pytest = [sys.executable, "-m", "pytest", "-q", "--no-header"]
    with tempfile.TemporaryDirectory(prefix="mailports-tests-") as folder:
        gaps = Path(folder) / "gaps"
        os.environ["MAILPORTS_GAPS"] = str(gaps)
        fast = [name for name in ("tests/unit", "tests/lint") if (ROOT / name).is_dir()]
        step("unit tests", [*pytest, "-n", "2", "--dist", "loadfile", *fast])
        engine_on_other_pythons(gaps)
        reports()
        step("sanity", [sys.executable, "scripts/run_sanity.py"])
        molecule(gaps)
        # A worker has hosts of its own; what is left over is taken one test at a time.
        step("integration tests", [*pytest, "-n", "2", "--dist", "worksteal", "tests/integration"])


if __name__ == "__main__":
    main()
