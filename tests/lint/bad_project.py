# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A project with one finding of every rule, for a linter that must find exactly those."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.lint.examples import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "extensions" / "ansible_lint" / "rules"
# File, line and rule, as ansible-lint calls it.
Found = tuple[str, int, str]


def name_of(rule: str) -> str:
    """Return the name of an engine's rule in ansible-lint."""
    return "mail-port-" + re.sub("-port$", "", rule)


IDS = {name_of(rule) for rule in EXAMPLES}


def snippet() -> str:
    """Return the configuration that docs/ansible-lint.md recommends."""
    page = (ROOT / "docs" / "ansible-lint.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(kinds:\n.*?)```", page, re.DOTALL)
    assert found
    return "---\n" + found[1]


def write(folder: Path) -> set[Found]:
    """Write the project and return what is wrong with it."""
    expected = set()
    (folder / ".ansible-lint").write_text(snippet(), encoding="utf-8")
    for rule, example in EXAMPLES.items():
        file, text, line = f"{rule}/{example.name}", example.bad, example.line
        if rule == "not-read":
            # ansible-lint reads YAML before any rule, and gives up on what is not well-formed.
            file, text, line = "not-read/files/main.cf", "inet_interfaces = all\n\0\n", 2
        path = folder / file
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        expected.add((file, line, name_of(rule)))
    return expected


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return a user's process environment: nothing of this checkout, a home of its own."""
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "ANSIBLE_COLLECTIONS_PATH", "MAILPORTS_POLICY")
    kept = {key: value for key, value in os.environ.items() if key not in ours}
    # What pip has fetched before it need not fetch again.
    kept.setdefault("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    return {**kept, "HOME": str(home), "NO_COLOR": "1", **more}


class LintRun:
    """One run of ansible-lint: its exit status, what it found, and all that it said."""

    def __init__(
        self, python: str, folder: Path, arguments: list[str], env: Mapping[str, str]
    ) -> None:
        # Its programs (ansible-playbook) are those beside its interpreter.
        path = f"{Path(python).parent}{os.pathsep}{env.get('PATH', os.defpath)}"
        done = subprocess.run(
            [python, "-m", "ansiblelint", "-f", "json", *arguments],
            cwd=folder,
            env={**env, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.status = done.returncode
        self.said = done.stderr
        self.issues = json.loads(done.stdout) if done.stdout.startswith("[") else []

    @property
    def found(self) -> set[Found]:
        """Return every issue, of our rules and of ansible-lint's own."""
        return {
            (place["path"], place["lines"]["begin"] if "lines" in place else 0, one["check_name"])
            for one in self.issues
            for place in (one["location"],)
        }


def listed(python: str, folder: Path, arguments: list[str], env: Mapping[str, str]) -> set[str]:
    """Return which of our rules ``ansible-lint -L`` names."""
    done = subprocess.run(
        [python, "-m", "ansiblelint", "-L", *arguments],
        cwd=folder,
        env=dict(env),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"^- (mail-port-\S+)", done.stdout, re.MULTILINE))
