# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the linters over the checkout, print one line a linter, and fail if one of them failed.

``--quick`` leaves out ansible-lint, which takes longer than all others together.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "ansible_collections.postmaster.mailports.plugins"


def commands() -> list[tuple[str, list[str]]]:
    """Return the linters in the order of their speed: a name and a command each."""
    typed = [
        name for name in ("module_utils", "plugin_utils") if (ROOT / "plugins" / name).is_dir()
    ]
    packages = [part for name in typed for part in ("-p", f"{PACKAGE}.{name}")]
    return [
        ("ruff check", ["ruff", "check", "--quiet"]),
        ("ruff format", ["ruff", "format", "--check", "--quiet"]),
        ("yamllint", ["yamllint", "--strict", "."]),
        ("antsibull-changelog", ["antsibull-changelog", "lint"]),
        ("mypy", ["mypy", "--config-file", "pyproject.toml", "--no-error-summary", *packages]),
        ("ansible-lint", ["ansible-lint", "--offline", "--nocolor", "-q"]),
    ]


def run(name: str, command: list[str]) -> bool:
    """Run one linter; print its output only when it failed; return whether it passed."""
    start = time.monotonic()
    env = dict(os.environ)
    if name == "mypy":
        # The checkout itself on the path would give every module a second name.
        env.pop("PYTHONPATH", None)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = done.returncode == 0
    print(
        f"{name}: {'passed' if passed else 'FAILED'} ({time.monotonic() - start:.1f} s)", flush=True
    )
    if not passed:
        print(done.stdout, flush=True)
    return passed


def main() -> int:
    """Run the linters, even behind one that failed; return 1 when any failed."""
    left_out = {"ansible-lint"} if sys.argv[1:] == ["--quick"] else set()
    results = [run(name, command) for name, command in commands() if name not in left_out]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
