# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of replacing a file alone among those who do the same."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import threading
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system.replace_file import (
    Attributes,
    Busy,
    attributes_of,
    beside,
    content,
    exclusive,
    read,
    replace,
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


def test_replacing_without_a_lock(tmp_path: Path) -> None:
    """The whole file with the mode that is asked for, and nothing else left; a link is followed."""
    path = tmp_path / "report.txt"
    for text in (b"one\n", b"two\n" * 100_000):
        replace(str(path), text, Attributes(0o640))
        assert path.read_bytes() == text
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    link = tmp_path / "link"
    link.symlink_to(path.name)
    replace(str(link), b"three\n", attributes_of(str(path)))
    assert link.is_symlink()
    assert path.read_bytes() == b"three\n"
    assert sorted(os.listdir(tmp_path)) == ["link", "report.txt"]


def test_no_moment_with_a_wider_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that holds secrets is 0600 from its first moment, whatever the mask is."""
    seen: list[int] = []
    real = os.write

    def looked(handle: int, data: memoryview) -> int:
        seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        return real(handle, data)

    before = os.umask(0)
    try:
        monkeypatch.setattr(os, "write", looked)
        monkeypatch.setattr(os, "fchmod", lambda _handle, mode: seen.append(mode))
        replace(str(tmp_path / "secret"), b"x", Attributes(0o600))
        replace(str(tmp_path / "open"), b"x", Attributes(0o644))
    finally:
        os.umask(before)
    assert seen == [0o600, 0o600, 0o644]


def test_a_full_disk_is_told_with_the_name_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")

    def full(_handle: int, _data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match=re.escape(f"device: '{beside(str(path))}'")):
        replace(str(path), b"new\n", attributes_of(str(path)))
    with (
        pytest.raises(OSError, match=re.escape(f"device: '{path}.tmp'")),
        exclusive(str(path)) as held,
    ):
        held.replace(b"new\n")
    assert path.read_bytes() == b"old\n"
    assert os.listdir(tmp_path) == ["main.cf"]
