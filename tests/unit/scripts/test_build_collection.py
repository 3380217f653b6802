# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the archive of the collection: that it is reproducible, complete, and can be installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.programs

ROOT = Path(__file__).resolve().parents[3]
# What git knows or would add here, as the script finds it.
LISTED = ["git", "ls-files", "-co", "--exclude-standard", "-z"]


def built(checkout: Path, folder: Path) -> Path:
    """Build the collection of a checkout and return the path of the archive."""
    command = [sys.executable, checkout / "scripts" / "build_collection.py", folder]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Path(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the archive of this checkout."""
    return built(ROOT, tmp_path_factory.mktemp("dist"))


def test_the_same_files_make_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    """Neither place, nor time, nor the order on the disk, nor what tools left behind is in it."""
    other = tmp_path / "elsewhere"
    listing = subprocess.run(LISTED, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    for name in sorted(set(filter(None, os.fsdecode(listing).split("\0"))), reverse=True):
        if (ROOT / name).is_file():
            (other / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, other / name)
            os.utime(other / name, (1e9, 1e9))
            # Whether it can be run is the only part of a mode that counts.
            (other / name).chmod((ROOT / name).stat().st_mode & 0o700)
    left = other / "plugins" / "module_utils" / "__pycache__"
    left.mkdir()
    (left / "lines.cpython-39.pyc").write_bytes(b"x")
    subprocess.run(["git", "init", "-q"], cwd=other, check=True)
    again = built(other, tmp_path / "dist")
    assert again.name == archive.name
    assert again.read_bytes() == archive.read_bytes()


def test_it_can_be_installed_and_is_whole(archive: Path, tmp_path: Path) -> None:
    """Ansible finds every file as the archive's own list has it."""
    here = str(tmp_path)
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": here, "ANSIBLE_HOME": here, "PYTHONPATH": ""}
    galaxy = ["ansible-galaxy", "collection"]
    install = [*galaxy, "install", "--offline", "-p", str(tmp_path), str(archive)]
    subprocess.run(install, env=env, stdout=subprocess.PIPE, check=True)
    verify = [*galaxy, "verify", "--offline", "postmaster.mailports"]
    done = subprocess.run(verify, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Successfully verified" in done.stdout
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
    names = {one.name for one in members}
    assert {"plugins/modules/port_check.py", "roles/postfix/tasks/main.yml"} <= names
    assert not any(name.startswith(("tests", "scripts", "requirements", ".git")) for name in names)
    assert {(one.mtime, one.uid, one.gid, one.uname) for one in members} == {(315532800, 0, 0, "")}
