# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test where the drop-in goes, and the copies of a configuration on which it is tried."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.drop_in import (
    ConfigError,
    Files,
)


def files_in(folder: Path, main: str) -> Files:
    (folder / "conf.d").mkdir()
    (folder / "dovecot.conf").write_text(main, encoding="ascii")
    return Files(str(folder / "dovecot.conf"))


def written(files: Files, place: int = 0) -> dict[str, str]:
    """Return the names and contents of the files that a placement writes."""
    edits = files.placements("text\n")[place]
    return {
        edit.path[len(files.folder) + 1 :]: edit.data.decode()
        for edit in edits
        if edit.data is not None
    }


@pytest.mark.parametrize(
    "line", ["!include conf.d/*.conf", "  !include_try conf.d/*.conf", "!include conf.d/99-*"]
)
def test_an_included_folder_gets_the_drop_in(tmp_path: Path, line: str) -> None:
    files = files_in(tmp_path, f"# mine\n{line}\n")
    assert written(files) == {"conf.d/99-mailports.conf": "text\n"}
    assert written(files, 1) == {
        "mailports.conf": "text\n",
        "dovecot.conf": f"# mine\n{line}\n!include mailports.conf\n",
    }


@pytest.mark.parametrize("main", ["# mine\n", "#!include conf.d/*.conf\n", "no end"])
def test_a_main_file_without_includes_gets_a_line(tmp_path: Path, main: str) -> None:
    files = files_in(tmp_path, main)
    assert len(files.placements("text\n")) == 1
    end = "" if main.endswith("\n") else "\n"
    assert written(files)["dovecot.conf"] == f"{main}{end}!include mailports.conf\n"
    for name, text in written(files).items():
        (tmp_path / name).write_text(text, encoding="ascii")
    assert written(files)["dovecot.conf"] == f"{main}{end}!include mailports.conf\n"


def test_staging(tmp_path: Path) -> None:
    """The copy has the edits, reads itself where includes are absolute, and holds no keys."""
    folder = tmp_path / "dovecot"
    folder.mkdir()
    files = files_in(folder, f"!include {folder}/conf.d/*.conf\n")
    (folder / "private").mkdir()
    (folder / "dangling").symlink_to("nowhere")
    with files.staged(files.placements("text\n")[0], str(tmp_path)) as config:
        copy = Path(config).parent
        assert (copy / "conf.d/99-mailports.conf").read_text(encoding="ascii") == "text\n"
        assert Path(config).read_text(encoding="ascii") == f"!include {copy}/conf.d/*.conf\n"
        assert sorted(path.name for path in copy.iterdir()) == ["conf.d", "dovecot.conf", "private"]
        assert (copy / "private").is_symlink()
    assert not copy.exists()
    assert not (folder / "conf.d/99-mailports.conf").exists()


def test_includes_that_lead_out_of_the_folder(tmp_path: Path) -> None:
    """The copy reads what the original reads, also from the folder of the keys."""
    folder = tmp_path / "dovecot"
    folder.mkdir()
    lines = "!include ../shared/a.conf\n!include_try private/*.conf\n!include conf.d/../b.conf\n"
    files = files_in(folder, lines)
    (folder / "conf.d/10-x.conf").write_text("!include ../../shared/*.conf\n", encoding="ascii")
    (folder / "private").mkdir()
    (folder / "private/db.conf").write_text("mine\n", encoding="ascii")
    with files.staged([], str(tmp_path)) as config:
        copy = Path(config).parent
        shared = f"!include {tmp_path}/shared/"
        expected = lines.replace("!include ../shared/", shared)
        assert Path(config).read_text(encoding="ascii") == expected
        inside = (copy / "conf.d/10-x.conf").read_text(encoding="ascii")
        assert inside == f"{shared}*.conf\n"
        assert (copy / "private/db.conf").read_text(encoding="ascii") == "mine\n"


def test_folders_of_elsewhere_are_not_copied(tmp_path: Path) -> None:
    """They may be large, or this folder again; what they hold can be included all the same. The
    folder for the drop-in is copied, so that a trial does not write into the real one."""
    folder, elsewhere = tmp_path / "dovecot", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    files = files_in(folder, "!include conf.d/*.conf\n!include sieve/*.conf\n")
    (elsewhere / "10-x.conf").touch()
    (folder / "conf.d").rmdir()
    for name, target in (("conf.d", elsewhere), ("sieve", elsewhere), ("loop", folder)):
        (folder / name).symlink_to(target)
    with files.staged(files.placements("text\n")[0], str(tmp_path)) as config:
        copy = Path(config).parent
        assert not (copy / "conf.d").is_symlink()
        assert (copy / "conf.d/99-mailports.conf").read_text(encoding="ascii") == "text\n"
        assert (copy / "sieve").is_symlink()
        assert (copy / "sieve/10-x.conf").exists()
        assert (copy / "loop").is_symlink()
    assert [path.name for path in elsewhere.iterdir()] == ["10-x.conf"]


def test_no_main_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        Files(str(tmp_path / "dovecot.conf")).without()
