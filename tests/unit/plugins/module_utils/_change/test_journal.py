# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the way back: to the very file that was there, also on a full disk, also to a link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._change import (
    journal as _journal,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._change.edit import Edit
from ansible_collections.postmaster.mailports.plugins.module_utils._change.journal import (
    Journal,
    JournalError,
    locks,
    put_aside,
    resolved,
    stage,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._system import replace_file
from ansible_collections.postmaster.mailports.plugins.module_utils._system.replace_file import Busy


def switched(folder: Path, edit: Edit) -> Journal:
    """Return the journal of a change that was cut off behind the switch."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    journal = Journal(str(state))
    journal.write([edit], {"word": "as it was"})
    if edit.data is None:
        journal.mark()
        put_aside(edit.path)
    else:
        draft = stage(edit)
        journal.mark()
        os.replace(draft, resolved(edit.path))
    return journal


def full(*_args: Any, **_more: Any) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_very_file_comes_back_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going back is a rename: no byte is written, and owner, mode and times are the file's own."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    path.chmod(0o640)
    before = path.stat()
    journal = switched(tmp_path, Edit(str(path), b"new\n"))
    assert path.read_bytes() == b"new\n"
    monkeypatch.setattr(os, "write", full)
    assert journal.restore() == {"word": "as it was"}
    monkeypatch.undo()
    after = path.stat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (
        before.st_ino,
        before.st_mode,
        before.st_mtime_ns,
    )
    journal.forget()
    assert sorted(os.listdir(tmp_path)) == ["main.cf", "state"]
    assert os.listdir(tmp_path / "state") == []


def test_a_link_that_was_taken_away_comes_back_as_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old\n")
    link = tmp_path / "99.conf"
    link.symlink_to("real")
    journal = switched(tmp_path, Edit(str(link), None))
    assert not os.path.lexists(link)
    assert (tmp_path / "real").read_bytes() == b"old\n"
    journal.restore()
    assert link.is_symlink()
    assert link.read_bytes() == b"old\n"
    journal.forget()
    assert sorted(os.listdir(tmp_path)) == ["99.conf", "real", "state"]


def test_a_link_that_was_written_through_stays_one(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "real").write_bytes(b"old\n")
    link = tmp_path / "main.cf"
    link.symlink_to("elsewhere/real")
    journal = switched(tmp_path, Edit(str(link), b"new\n"))
    assert link.is_symlink()
    journal.restore()
    assert link.is_symlink()
    assert link.read_bytes() == b"old\n"
    journal.forget()
    assert os.listdir(elsewhere) == ["real"]


def test_without_hard_links_the_copy_is_gone_back_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    path.chmod(0o600)
    os.utime(path, (1000, 2000))

    def refused(*_args: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    journal = switched(tmp_path, Edit(str(path), b"new\n"))
    journal.restore()
    assert path.read_bytes() == b"old\n"
    assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_mtime) == (0o600, 2000)


def test_a_new_file_goes_again(tmp_path: Path) -> None:
    journal = switched(tmp_path, Edit(str(tmp_path / "new.conf"), b"new\n"))
    journal.restore()
    assert not (tmp_path / "new.conf").exists()


def test_what_was_left_behind_a_journal_that_was_done_with_goes(tmp_path: Path) -> None:
    """A kill between the last two steps leaves nothing that outlasts the next run."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    journal = switched(tmp_path, Edit(str(path), b"new\n"))
    (tmp_path / "state/journal").rename(tmp_path / "state/journal.done")
    assert (tmp_path / ".main.cf.mailports-old").exists()
    journal.discard_leftovers()
    assert sorted(os.listdir(tmp_path)) == ["main.cf", "state"]
    assert path.read_bytes() == b"new\n"


def test_a_journal_is_of_root_s_own(tmp_path: Path) -> None:
    """It may hold secrets, and so may the file beside."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"password = x\n")
    path.chmod(0o640)
    before = os.umask(0)
    try:
        switched(tmp_path, Edit(str(path), b"new\n"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "state/journal").stat().st_mode) == 0o700
    modes = {one.stat().st_mode & 0o777 for one in (tmp_path / "state/journal").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / ".main.cf.mailports-old").stat().st_mode) == 0o640


def test_postfix_s_lock_is_heeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever edits main.cf by postconf -e is not overtaken; a full disk does not stop the undo."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    journal = switched(tmp_path, Edit(str(path), b"new\n", locked=True))
    held: list[str] = []

    def busy(name: str, _seconds: int = 0) -> Any:
        held.append(name)
        raise Busy("held")

    monkeypatch.setattr(_journal, "exclusive", busy)
    with pytest.raises(Busy):
        journal.restore()
    assert held == [str(path)]
    assert path.read_bytes() == b"new\n"
    monkeypatch.undo()
    monkeypatch.setattr(replace_file, "_locked", full)
    with pytest.raises(OSError, match="No space"), locks([str(path)]):
        pass
    journal.restore()
    assert path.read_bytes() == b"old\n"


def test_an_edit_by_hand_stops_the_undo(tmp_path: Path) -> None:
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    journal = switched(tmp_path, Edit(str(path), b"new\n"))
    path.write_bytes(b"by hand\n")
    with pytest.raises(JournalError, match="was edited after a change was cut off"):
        journal.restore()
    assert path.read_bytes() == b"by hand\n"
