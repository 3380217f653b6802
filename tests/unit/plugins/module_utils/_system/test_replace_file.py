# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of replacing a file alone among those who do the same."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system.replace_file import (
    Busy,
    content,
    exclusive,
    read,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of somebody's, with a mode of its own."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    path.chmod(0o640)
    return path


def test_the_file_is_replaced_with_its_mode(file: Path) -> None:
    """In one step: who has it open goes on reading the old one."""
    with open(file, "rb") as before, exclusive(str(file)) as held:
        held.replace(b"new\n" * 100_000)
        assert before.read() == b"old\n"
    assert file.read_bytes() == b"new\n" * 100_000
    assert file.stat().st_mode & 0o7777 == 0o640
    assert os.listdir(file.parent) == ["main.cf"]


def test_nothing_is_left_where_nothing_is_replaced(file: Path) -> None:
    with exclusive(str(file)):
        assert sorted(os.listdir(file.parent)) == ["main.cf", "main.cf.tmp"]
    assert os.listdir(file.parent) == ["main.cf"]
    with pytest.raises(ValueError, match="within"), exclusive(str(file)):
        raise ValueError("within")
    assert os.listdir(file.parent) == ["main.cf"]
    assert file.read_bytes() == b"old\n"


def test_a_link_is_followed(file: Path) -> None:
    link = file.parent / "link"
    link.symlink_to(file.name)
    with exclusive(str(link)) as held:
        held.replace(b"new\n")
    assert link.is_symlink()
    assert file.read_bytes() == b"new\n"


def test_the_temporary_file_may_not_be_a_link(file: Path) -> None:
    """Somebody could let it point to a file of root's."""
    victim = file.parent / "victim"
    victim.write_bytes(b"precious")
    (file.parent / "main.cf.tmp").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"), exclusive(str(file)):
        pass
    assert victim.read_bytes() == b"precious"


def test_busy(file: Path) -> None:
    """Whoever waits too long is told; postconf -e holds the same lock."""
    with open(f"{file}.tmp", "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Busy, match="for 1 seconds"), exclusive(str(file), 1):
            pass


def test_who_waited_gets_the_new_file(file: Path) -> None:
    """The lock of a temporary file that was renamed meanwhile is worth nothing."""
    order: list[str] = []
    inside = threading.Event()

    def wait() -> None:
        inside.wait()
        with exclusive(str(file)) as held:
            order.append(read(str(file)))
            held.replace(b"third\n")

    waiter = threading.Thread(target=wait)
    waiter.start()
    with exclusive(str(file)) as held:
        inside.set()
        held.replace(b"second\n")
    waiter.join()
    assert order == ["second\n"]
    assert file.read_bytes() == b"third\n"


def test_bytes_that_are_no_text_survive(file: Path) -> None:
    file.write_bytes(b"# \xff\n")
    assert content(read(str(file))) == b"# \xff\n"
