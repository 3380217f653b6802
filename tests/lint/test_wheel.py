# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the wheel of the linter: what is in it, that it is reproducible, that it can be used."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.lint.bad_project import ROOT, Found, environment, name_of, write

pytestmark = pytest.mark.programs

# All that goes into the wheel or says how it is built.
SOURCES = (
    ".pre-commit-hooks.yaml",
    "COPYING",
    "docs/ansible-lint.md",
    "docs/lint",
    "extensions/ansible_lint",
    "galaxy.yml",
    "packaging",
    "plugins",
    "pyproject.toml",
    "scripts/build_wheel.py",
)
FOLDERS = {
    "mailports_lint/plugins/module_utils/": "plugins/module_utils",
    "mailports_lint/plugins/plugin_utils/_lint/": "plugins/plugin_utils/_lint",
    "mailports_lint/docs/lint/": "docs/lint",
    "ansiblelint/rules/custom/mailports/": "extensions/ansible_lint/rules",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sources alone, copied just now."""
    folder = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel of these sources."""
    return built(sources, tmp_path_factory.mktemp("dist"))


def built(sources: Path, folder: Path) -> Path:
    """Build a wheel and return its path."""
    command = [sys.executable, sources / "scripts" / "build_wheel.py", folder]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip())


def reported(text: str) -> set[Found]:
    """Return what a JSON report of mailports-lint holds, with the names of ansible-lint."""
    return {
        (one["file"], one["line"], name_of(one["rule"])) for one in json.loads(text)["findings"]
    }


def test_the_same_sources_make_the_same_bytes(sources: Path, wheel: Path, tmp_path: Path) -> None:
    """Neither place, nor time, nor the mode of a file, nor what tools left behind is in it."""
    other = shutil.copytree(sources, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    for room in ("_model", "_postfix/files"):
        left = other / "plugins" / "module_utils" / room / "__pycache__"
        left.mkdir(exist_ok=True)
        (left / "lines.cpython-39.pyc").write_bytes(b"x")
    for path in other.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o600)
    assert built(other, tmp_path / "dist").read_bytes() == wheel.read_bytes()


def test_the_wheel_holds_the_engine_once_and_nothing_of_others(sources: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = {name for name in names if ".dist-info/" in name}
    expected = {
        f"{there}{path.relative_to(sources / here).as_posix()}"
        for there, here in FOLDERS.items()
        for path in (sources / here).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    marks = {"mailports_lint/__init__.py", "ansiblelint/rules/custom/mailports/__init__.py"}
    assert names - info == expected | marks


def test_a_user_without_ansible_can_install_it(wheel: Path, tmp_path: Path) -> None:
    """In a new environment of the oldest Python, with no more than the wheel itself asks for."""
    command = [sys.executable, ROOT / "scripts" / "interpreters.py"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    oldest = done.stdout.splitlines()[-1].split("\t")[1]
    subprocess.run([oldest, "-m", "venv", tmp_path / "env"], check=True)
    env = environment(tmp_path)
    pip = [tmp_path / "env/bin/python", "-m", "pip", "install", "-qq", "--no-input", str(wheel)]
    subprocess.run(pip, env=env, check=True)
    project = tmp_path / "a project"
    project.mkdir()
    expected = write(project)
    command = [tmp_path / "env/bin/mailports-lint", "--format", "json", "."]
    done = subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (2, "")
    assert reported(done.stdout) == expected


def test_pre_commit_runs_both_hooks(sources: Path, tmp_path: Path) -> None:
    """pre-commit installs the repository itself, and ansible-lint from its registry."""
    env = environment(
        tmp_path, PRE_COMMIT_HOME=str(tmp_path / "home"), GIT_CONFIG_GLOBAL=os.devnull
    )

    def git(folder: Path, *arguments: str) -> str:
        names = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.net"]
        command = ["git", *names, *arguments]
        return subprocess.run(
            command, cwd=folder, env=env, check=True, stdout=subprocess.PIPE, text=True
        ).stdout.strip()

    project = tmp_path / "project"
    project.mkdir()
    for folder in (sources, project):
        git(folder, "init", "-q")
    git(sources, "add", ".")
    git(sources, "commit", "-q", "-m", "Release")
    expected = write(project)
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {sources}\n    rev: {git(sources, 'rev-parse', 'HEAD')}\n    hooks:\n"
        "      - id: mailports-lint\n"
        "      - id: ansible-lint-mailports\n        args: [--offline, -f, pep8]\n",
        encoding="utf-8",
    )
    git(project, "add", ".")
    for hook in ("mailports-lint", "ansible-lint-mailports"):
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color=never", hook]
        done = subprocess.run(
            command, cwd=project, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1, done.stdout + done.stderr
        said = re.findall(r"^([^:\n]+):(\d+): (?:error |warning )?([a-z-]+):", done.stdout, re.M)
        ours = hook == "mailports-lint"
        found = {(file, int(line), name_of(rule) if ours else rule) for file, line, rule in said}
        assert found == expected, done.stdout
