# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a known-bad project fails with exactly its rules, however the rules were installed.

A rule that is not loaded says nothing, so nothing less shows that all are there.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lint.bad_project import IDS, ROOT, LintRun, environment, listed, write

pytestmark = pytest.mark.programs

# The oldest and the newest ansible-lint that the rules support; the newest runs these tests.
VERSIONS = ("oldest", "newest")


@dataclass(frozen=True)
class Setup:
    """An ansible-lint and the options with which it loads the rules."""

    python: str
    options: tuple[str, ...]


@pytest.fixture(scope="module")
def base(request: pytest.FixtureRequest) -> Path:
    """Return the environment of one version of ansible-lint."""
    if request.param == "newest":
        return Path(sys.prefix)
    done = subprocess.run(
        [ROOT / "scripts" / "env", "lint-oldest"], stdout=subprocess.PIPE, text=True, check=True
    )
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a freshly built wheel."""
    command = [sys.executable, ROOT / "scripts" / "build_wheel.py", tmp_path_factory.mktemp("dist")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def with_wheel(
    base: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Setup]:
    """Give an environment that has ansible-lint and our wheel."""
    env = tmp_path_factory.mktemp("wheel") / "env"
    # Names for the same files where that is possible: an environment has 10,000.
    shutil.copytree(base, env, symlinks=True, copy_function=_linked)
    python = str(env / "bin" / "python")
    pip = [python, "-m", "pip", "install", "-qq", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(pip, env=environment(env), check=True)
    yield Setup(python, ())
    shutil.rmtree(env)


def _linked(source: str, target: str) -> str:
    try:
        Path(target).hardlink_to(source)
    except OSError:
        return str(shutil.copy2(source, target))
    return target


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the rules in the installed collection."""
    folder = tmp_path_factory.mktemp("collection")
    galaxy = [sys.executable, "-m", "ansible.cli.galaxy", "collection"]
    env = environment(folder)
    build = [*galaxy, "build", str(ROOT), "--output-path", str(folder)]
    subprocess.run(build, env=env, check=True, stdout=subprocess.DEVNULL)
    archive = next(folder.glob("*.tar.gz"))
    install = [*galaxy, "install", "--offline", str(archive), "-p", str(folder / "here")]
    subprocess.run(install, env=env, check=True, stdout=subprocess.DEVNULL)
    installed = folder / "here" / "ansible_collections" / "postmaster" / "mailports"
    return installed / "extensions" / "ansible_lint" / "rules"


@pytest.fixture(scope="module")
def with_collection(base: Path, collection: Path) -> Setup:
    """Return an ansible-lint that is told where the installed collection's rules are."""
    return Setup(str(base / "bin" / "python"), ("-R", "-r", str(collection)))


@pytest.fixture
def setup(request: pytest.FixtureRequest, base: Path) -> Setup:
    """Return one of the ways to have the rules."""
    found: Setup = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("base", VERSIONS, indirect=True)
@pytest.mark.parametrize("setup", ["with_wheel", "with_collection"], indirect=True)
class TestEverySetup:
    def test_a_bad_project_fails_with_exactly_its_rules(self, setup: Setup, tmp_path: Path) -> None:
        project = tmp_path / "somewhere" / "a project"
        project.mkdir(parents=True)
        expected = write(project)
        run = LintRun(setup.python, project, [*setup.options, "--offline"], environment(tmp_path))
        assert run.found == expected, run.said
        assert run.status == 2

    def test_ansible_lint_lists_every_rule(self, setup: Setup, tmp_path: Path) -> None:
        assert listed(setup.python, tmp_path, list(setup.options), environment(tmp_path)) == IDS


@pytest.mark.parametrize("base", ["newest"], indirect=True)
def test_the_wheel_works_online_and_below_a_profile(with_wheel: Setup, tmp_path: Path) -> None:
    """Without --offline ansible-lint may ask the network, and goes on when there is none."""
    expected = write(tmp_path)
    run = LintRun(with_wheel.python, tmp_path, ["--profile", "min"], environment(tmp_path))
    assert run.found == expected, run.said


@pytest.mark.parametrize("base", ["oldest"], indirect=True)
def test_the_wheel_and_the_collection_together_say_things_once(
    with_wheel: Setup, collection: Path, tmp_path: Path
) -> None:
    expected = write(tmp_path)
    options = ["-R", "-r", str(collection), "--offline", "--profile", "min"]
    run = LintRun(with_wheel.python, tmp_path, options, environment(tmp_path))
    assert run.found == expected, run.said
    assert len(run.issues) == len(expected)
