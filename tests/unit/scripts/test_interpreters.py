# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for interpreters takes real ones, newest first, and no stand-in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from scripts import interpreters


def plant(folder: Path, name: str, text: str = "#!/bin/sh\nexit 127\n") -> Path:
    """Put an executable file into FOLDER."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty machine: nothing is searched but the folders of PATH below the returned one."""
    monkeypatch.setattr(interpreters, "_PLACES", ())
    names = ("shims", "first", "second")
    monkeypatch.setenv("PATH", ":".join(str(tmp_path / name) for name in names))
    return tmp_path


def test_candidates_are_sorted_by_version_then_place(places: Path) -> None:
    """3.12 comes before 3.9, the earlier folder first, shims and other names never."""
    plant(places / "shims", "python3.14")
    old = plant(places / "first", "python3.9")
    plant(places / "first", "python3.12-config")
    new = plant(places / "second", "python3.12")
    again = plant(places / "second", "python3.9")
    folders = interpreters.everywhere()
    assert interpreters.candidates(folders) == [str(new), str(old), str(again)]


@pytest.mark.parametrize(
    "versions",
    ["$PYENV_ROOT/versions", "~/.pyenv/versions", "~/.asdf/installs/python"],
)
def test_version_managers_are_searched_wherever_they_keep_their_versions(
    versions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYENV_ROOT need not lie in the home folder, and where it is not set nothing is searched."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = Path(os.path.expanduser(os.path.expandvars(versions)), "3.12.1", "bin")
    folder.mkdir(parents=True)
    assert str(folder) in interpreters.everywhere()
    monkeypatch.delenv("PYENV_ROOT")
    assert (str(folder) in interpreters.everywhere()) is not versions.startswith("$")


def test_programs_that_do_not_run_are_passed_over(places: Path) -> None:
    """An interpreter that fails, or that is of another release than its name, is not offered."""
    plant(places / "first", "python3.14")
    plant(places / "second", "python3.12", f'#!/bin/sh\nexec "{sys.executable}" --version\n')
    assert list(interpreters.usable(*interpreters.NODES)) == []


def test_the_distributions_own_comes_first_where_it_is_wanted(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older one of the distribution is chosen; where it has none, the newest of the machine."""

    def claiming(path: str) -> interpreters.Interpreter:
        return interpreters.Interpreter(path, (3, int(path.rpartition(".")[2]), 0), "")

    monkeypatch.setattr(interpreters, "probe", claiming)
    monkeypatch.setattr(interpreters, "_DISTRIBUTION", str(places / "second"))
    new = plant(places / "first", "python3.13")
    assert interpreters.choose(own=True).path == str(new)
    old = plant(places / "second", "python3.11")
    plant(places / "second", "python3.10")
    plant(places / "second", "python3.15")
    assert interpreters.choose(own=True).path == str(old)
    assert interpreters.choose().path == str(new)


def test_an_environment_is_no_interpreter() -> None:
    """The Python of an environment is refused: another environment must not hang on it."""
    assert sys.prefix != sys.base_prefix
    assert interpreters.probe(sys.executable) is None


def test_the_interpreter_behind_this_environment_is_found() -> None:
    """The base interpreter of the running environment is what the search can use."""
    wanted = sys.version_info[:3]
    found = {python.release for python in interpreters.usable(wanted[:2], wanted[:2])}
    assert found == {wanted}
