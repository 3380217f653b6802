# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of how this host's Postfix is found and asked, and its files changed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix import (
    postconf as _postfix,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.postconf import (
    Postfix,
    PostfixError,
    ask,
    change,
    find,
    known,
    staged,
)

from tests.unit.plugins.module_utils._postfix.fake_postconf import (
    KNOWN,
    MAIN,
    MASTER,
    Postconf,
    installed,
)


@dataclass
class Text:
    """The outcome of an edit."""

    text: str


def _answering(output: str) -> Any:
    return lambda argv, **options: (0, output, "")


@pytest.fixture
def postconf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a postconf that is on the path."""
    program = tmp_path / "postconf"
    program.write_text("", encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return program


def test_find(postconf: Path) -> None:
    """The version, and the default folder unless another is given; no file is read for it."""
    found = find(_answering("3.7.11\n/etc/postfix\n"))
    assert (found.postconf, found.version, found.release) == (str(postconf), (3, 7), "3.7.11")
    assert found.path("main.cf") == "/etc/postfix/main.cf"
    assert find(_answering("3.10\n/etc/postfix\n"), "/x").config_directory == "/x"


@pytest.mark.parametrize(
    ("output", "said"),
    [("3.4.9\n/x\n", "3.5 or later is needed"), ("", "which is none"), ("x\n", "which is none")],
)
def test_a_postfix_that_cannot_be_used(postconf: Path, output: str, said: str) -> None:
    with pytest.raises(PostfixError, match=said):
        find(_answering(output))


def test_no_postfix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_postfix.shutil, "which", lambda name, path: None)
    with pytest.raises(PostfixError, match="not installed"):
        find(_answering(""))


@pytest.mark.parametrize(
    ("version", "warned"), [((3, 6), True), ((3, 7), False), ((3, 10), False), ((3, 11), True)]
)
def test_an_untested_version_is_a_warning(version: tuple[int, int], warned: bool) -> None:
    assert bool(Postfix("", version, "x", "", Postconf()).warnings) is warned


def test_ask(tmp_path: Path) -> None:
    """Of a copy that looks old; its place in messages is that of the real files."""
    run = Postconf(
        "postconf: warning: FOLDER/main.cf: undefined parameter: mua\n"
        'postconf: warning: support for parameter "x" will be removed\n'
    )
    postfix = installed(tmp_path, run)
    words = ask(postfix, {"main.cf": "strange = 1\n"}, "-n")
    assert words.output == "strange = 1\n"
    assert words.unused == {"strange"}
    assert words.undefined == {"mua"}
    assert words.leaving == {"x": 'support for parameter "x" will be removed'}
    assert run.seen[0][1:] == ["-c", run.seen[0][2], "-n"]
    assert not os.path.exists(run.seen[0][2])
    assert (tmp_path / "main.cf").read_text(encoding="ascii") == MAIN


@pytest.mark.parametrize(
    "run", [Postconf("postconf: fatal: FOLDER/main.cf: no\n"), Postconf("broken\n", 1)]
)
def test_ask_where_postconf_refuses(tmp_path: Path, run: Postconf) -> None:
    with pytest.raises(PostfixError) as refused:
        ask(installed(tmp_path, run), {}, "-n")
    assert "Postfix refuses this configuration" in str(refused.value)
    assert "/mailports-" not in str(refused.value)


def test_known(tmp_path: Path) -> None:
    assert known(installed(tmp_path, Postconf())) == list(KNOWN)


def test_staged(tmp_path: Path) -> None:
    """Nobody else may read it, and no Postfix program waits for it."""
    with staged(installed(tmp_path, Postconf()), {"master.cf": "x\n"}) as folder:
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        assert Path(folder, "master.cf").read_text(encoding="ascii") == "x\n"
        assert Path(folder, "main.cf").read_text(encoding="ascii") == MAIN
        assert os.stat(Path(folder, "main.cf")).st_mtime < os.stat(folder).st_mtime - 5


def test_change(tmp_path: Path) -> None:
    """Only where it is asked for, and where something differs."""
    postfix = installed(tmp_path, Postconf())
    file = tmp_path / "master.cf"
    change(postfix, "master.cf", lambda text: Text(text + "#\n"), write=False)
    assert file.read_text(encoding="ascii") == MASTER
    inode = file.stat().st_ino
    change(postfix, "master.cf", Text, write=True)
    assert file.stat().st_ino == inode
    before, made = change(postfix, "master.cf", lambda text: Text(text + "#\n"), write=True)
    assert (before, made.text) == (MASTER, MASTER + "#\n")
    assert file.read_text(encoding="ascii") == MASTER + "#\n"


def test_a_change_that_somebody_else_overtakes(tmp_path: Path) -> None:
    """It is made anew from what the file holds by now."""
    postfix = installed(tmp_path, Postconf())
    file = tmp_path / "main.cf"
    asked = []

    def make(text: str) -> Text:
        asked.append(text)
        if len(asked) == 1:
            file.write_text("theirs = 1\n", encoding="ascii")
        return Text(text + "ours = 1\n")

    change(postfix, "main.cf", make, write=True)
    assert asked == [MAIN, "theirs = 1\n"]
    assert file.read_text(encoding="ascii") == "theirs = 1\nours = 1\n"


def test_a_file_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    postfix = installed(tmp_path, Postconf())
    (tmp_path / "main.cf.tmp").mkdir()
    with pytest.raises(PostfixError, match="cannot be written: Is a directory; it is as it was"):
        change(postfix, "main.cf", lambda text: Text(""), write=True)
    (tmp_path / "main.cf").unlink()
    with pytest.raises(PostfixError, match="cannot be read: No such file"):
        postfix.text("main.cf")
