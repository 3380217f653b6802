# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the folder of published files: second runs, strangers' files, and what is cut off."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client import folder
from ansible_collections.postmaster.mailports.plugins.module_utils._client.folder import (
    LIST,
    Folder,
    FolderError,
)

FILES = {"mail/a.xml": b"a", ".well-known/x/b.xml": b"b", "index.html": b"c"}


def write(path: Path, files: dict[str, bytes]) -> int:
    """Bring a folder in order; return how many files differed."""
    made = Folder(str(path))
    changes = made.changes(files)
    made.write(files)
    return len(changes)


def test_files_are_written_once_and_readable_by_all(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert write(tmp_path / "site", FILES) == 3
    finally:
        os.umask(before)
    assert write(tmp_path / "site", FILES) == 0
    for name, data in FILES.items():
        assert (tmp_path / "site" / name).read_bytes() == data
        assert stat.S_IMODE((tmp_path / "site" / name).stat().st_mode) == 0o644
        assert stat.S_IMODE((tmp_path / "site" / name).parent.stat().st_mode) == 0o755


def test_a_file_that_is_no_longer_wanted_goes(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert write(tmp_path, {"index.html": b"c"}) == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == [LIST, "index.html"]


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "theirs").write_text("x")
    (tmp_path / "robots.txt").write_text("x")
    write(tmp_path, FILES)
    write(tmp_path, {})
    names = sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*"))
    assert names == ["mail", "mail/theirs", "robots.txt"]


def test_nothing_of_ours_leaves_no_folder(tmp_path: Path) -> None:
    write(tmp_path / "site", FILES)
    assert write(tmp_path / "site", {}) == 3
    assert not (tmp_path / "site").exists()
    assert write(tmp_path / "site", {}) == 0


def test_what_a_run_that_was_cut_off_has_written_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    real = folder.replace

    def fail(path: str, *args: object) -> None:
        if len(done) == 2:
            raise OSError(28, "No space left on device")
        done.append(path)
        real(path, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(folder, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "site", FILES)
    monkeypatch.undo()
    write(tmp_path / "site", {})
    assert not (tmp_path / "site").exists()


def test_a_list_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    site = tmp_path / "site"
    site.mkdir()
    (site / LIST).write_text('{"files": ["../kept", "/etc/hostname", 5]}')
    write(site, {})
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"files": 5}', "{"])
def test_a_damaged_list_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_text(text)
    with pytest.raises(FolderError, match="damaged"):
        Folder(str(tmp_path))


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("")
    with pytest.raises(FolderError, match="is not a folder"):
        Folder(str(tmp_path / "site"))


def test_changes_are_told_as_diffs_are(tmp_path: Path) -> None:
    write(tmp_path, {"a": b"old", "b": b"\xff\x00"})
    changes = Folder(str(tmp_path)).changes({"a": b"new", "b": b"\xff"})
    assert [(one.to_dict()["before"], one.to_dict()["after"]) for one in changes] == [
        ("old", "new"),
        ("(2 bytes)\n", "(1 bytes)\n"),
    ]
