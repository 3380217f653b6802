# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each run of the sanity tests has a copy of its own, and none is left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
# Takes a folder, says so, and keeps it until it is killed.
HOLDER = """
import sys
from pathlib import Path
import run_sanity
with run_sanity.own_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def run_sanity(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the script as a module, imported as it imports its neighbours."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import run_sanity

    return run_sanity


def test_two_runs_share_no_folder_and_leave_none(run_sanity: ModuleType, tmp_path: Path) -> None:
    """The second run neither gets nor removes the folder of the first."""
    with run_sanity.own_folder(tmp_path) as first:
        with run_sanity.own_folder(tmp_path) as second:
            assert sorted(tmp_path.iterdir()) == sorted([first, second])
        assert list(tmp_path.iterdir()) == [first]
    assert list(tmp_path.iterdir()) == []


def test_folder_of_a_killed_run_is_removed_by_the_next(
    run_sanity: ModuleType, tmp_path: Path
) -> None:
    """A run that could not clean up is told by its lock, which died with it."""
    argv = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(
        argv, cwd=SCRIPTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout
        left = Path(killed.stdout.readline().strip())
        killed.kill()
    assert left.is_dir()
    with run_sanity.own_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_a_failing_run_leaves_nothing(run_sanity: ModuleType, tmp_path: Path) -> None:
    """An exception passes through, the folder goes."""
    with pytest.raises(KeyError), run_sanity.own_folder(tmp_path):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_ansible_test_finds_no_shim(
    run_sanity: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks for interpreters by name, and a shim would answer to a name and end with 127."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/.pyenv/shims/:{tmp_path}/bin")
    folders = run_sanity.search_path().split(":")
    assert folders[0] == str(Path(sys.executable).parent)
    assert f"{tmp_path}/bin" in folders
    assert [folder for folder in folders if "shims" in folder] == []
