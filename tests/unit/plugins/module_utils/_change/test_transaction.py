# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the transaction: whatever fails or is killed, the files end all old or all new."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._change import (
    transaction as _transaction,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._change.edit import Edit
from ansible_collections.postmaster.mailports.plugins.module_utils._change.transaction import (
    POINTS,
    Steps,
    TransactionError,
    run,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._system import (
    replace_file as _replace_file,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.amount import examples

FORK = multiprocessing.get_context("fork")
KILLED = 9


class Server:
    """A server that serves the files it was last told to read."""

    def __init__(self, folder: Path, edits: Sequence[Edit], fail_at: str = "") -> None:
        self.served = folder / "served.json"
        self.edits = edits
        self.fail_at = fail_at
        self.calls: list[str] = []

    def files(self) -> dict[str, Optional[str]]:
        """Return what the files hold now."""
        contents = {edit.path: _transaction.content(edit.path) for edit in self.edits}
        return {path: None if data is None else data.hex() for path, data in contents.items()}

    def read(self) -> None:
        """Take the files over, as a reload does."""
        self.served.write_text(json.dumps(self.files()), encoding="ascii")

    def serving(self) -> dict[str, Optional[str]]:
        """Return what the server serves."""
        found: dict[str, Optional[str]] = json.loads(self.served.read_text(encoding="ascii"))
        return found

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name == self.fail_at:
            raise ValueError(f"{name} failed")

    def steps(self) -> Steps:
        """Return the steps of a change of this server."""

        def before() -> Mapping[str, Any]:
            self._call("before")
            return {"word": "as it was"}

        def plan() -> Sequence[Edit]:
            self._call("plan")
            return self.edits

        def apply() -> None:
            self._call("apply")
            self.read()

        def restore(before: Mapping[str, Any]) -> None:
            self._call("restore")
            assert before == {"word": "as it was"}
            self.read()

        def settle() -> bool:
            self._call("settle")
            return False

        return Steps(
            before=before,
            plan=plan,
            validate=lambda edits: self._call("validate"),
            apply=apply,
            prove=lambda: self._call("prove"),
            restore=restore,
            settle=settle,
        )


def server_in(
    folder: Path,
    fail_at: str = "",
    contents: Sequence[tuple[Optional[bytes], Optional[bytes]]] = (),
) -> Server:
    """Return a server with files as in ``contents``: old and new bytes, None for no file."""
    edits = []
    for number, (old, new) in enumerate(contents or ((b"old 0", b"new 0"), (None, b"new 1"))):
        path = folder / f"file{number}"
        if old is not None:
            path.write_bytes(old)
        edits.append(Edit(str(path), new))
    server = Server(folder, edits, fail_at)
    server.read()
    return server


def new_files(server: Server) -> dict[str, Optional[str]]:
    """Return what the files shall hold."""
    return {edit.path: None if edit.data is None else edit.data.hex() for edit in server.edits}


def killed(folder: Path, server: Server, point: str, count: int = 1) -> None:
    """Run a change in a process that dies when it reaches ``point`` for the ``count``th time."""

    seen: list[str] = []

    def die(reached: str) -> None:
        seen.append(reached)
        if seen.count(point) == count:
            os._exit(KILLED)

    def work() -> None:
        run(str(folder / "state"), server.steps(), die)

    process = FORK.Process(target=work)
    process.start()
    process.join()
    assert process.exitcode in (0, KILLED)


def test_change(tmp_path: Path) -> None:
    """A change that works: new files, kept modes, no journal; a second run does nothing."""
    server = server_in(tmp_path)
    os.chmod(tmp_path / "file0", 0o640)
    points: list[str] = []
    outcome = run(str(tmp_path / "state"), server.steps(), points.append)
    assert [edit.path for edit in outcome.edits] == [edit.path for edit in server.edits]
    assert not outcome.recovered
    assert server.files() == server.serving() == new_files(server)
    assert stat.S_IMODE((tmp_path / "file0").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "file1").stat().st_mode) == 0o644
    assert list(dict.fromkeys(points)) == list(POINTS)
    assert sorted(os.listdir(tmp_path / "state")) == ["lock"]
    server.calls.clear()
    assert not run(str(tmp_path / "state"), server.steps()).edits
    assert server.calls == ["plan", "settle"]


def test_link_is_kept(tmp_path: Path) -> None:
    """A file that is a symbolic link stays one; what it points to is replaced."""
    server = server_in(tmp_path, contents=[(b"old", b"new")])
    (tmp_path / "file0").rename(tmp_path / "real")
    (tmp_path / "file0").symlink_to("real")
    run(str(tmp_path / "state"), server.steps())
    assert (tmp_path / "file0").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("step", ["plan", "validate", "before"])
def test_failure_before_the_switch(tmp_path: Path, step: str) -> None:
    """What fails before the journal is raised as it is, with nothing changed and nobody told."""
    server = server_in(tmp_path, step)
    old = server.files()
    with pytest.raises(ValueError, match=f"{step} failed"):
        run(str(tmp_path / "state"), server.steps())
    assert server.files() == server.serving() == old
    assert "restore" not in server.calls
    assert "apply" not in server.calls


@pytest.mark.parametrize("step", ["apply", "prove"])
def test_failure_behind_the_switch(tmp_path: Path, step: str) -> None:
    """The old files are back and served, and the cause is told."""
    server = server_in(tmp_path, step)
    os.chmod(tmp_path / "file0", 0o600)
    old = server.files()
    with pytest.raises(TransactionError, match=f"{step} failed") as caught:
        run(str(tmp_path / "state"), server.steps())
    assert caught.value.restored
    assert isinstance(caught.value.__cause__, ValueError)
    assert server.files() == server.serving() == old
    assert stat.S_IMODE((tmp_path / "file0").stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path / "state")) == ["lock"]


def test_failing_restore_is_told_and_tried_again(tmp_path: Path) -> None:
    """The journal stays until the server is back; the next run begins with that."""
    server = server_in(tmp_path, "prove")
    old = server.files()
    steps = server.steps()

    def broken(_before: Mapping[str, Any]) -> None:
        raise OSError("no reload today")

    failing = Steps(**{**vars(steps), "restore": broken})
    with pytest.raises(TransactionError, match="no reload today") as caught:
        run(str(tmp_path / "state"), failing)
    assert not caught.value.restored
    assert server.files() == old
    with pytest.raises(TransactionError, match="could not be undone: no reload today"):
        run(str(tmp_path / "state"), failing)
    assert _transaction.interrupted(str(tmp_path / "state"))
    server.fail_at = ""
    assert run(str(tmp_path / "state"), server.steps()).recovered
    assert server.files() == server.serving() == new_files(server)


CONTENTS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.binary(max_size=20)), st.one_of(st.none(), st.binary(max_size=20))
    ),
    min_size=1,
    max_size=4,
)
CUTS = st.lists(
    st.tuples(st.sampled_from(POINTS), st.integers(min_value=1, max_value=4)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=examples(60))
@given(contents=CONTENTS, cuts=CUTS)
def test_killed_at_any_point(
    contents: list[tuple[Optional[bytes], Optional[bytes]]], cuts: list[tuple[str, int]]
) -> None:
    """After kills at any points and one more run, all is new; after kills and an undo, all old.

    The server itself never serves a mixture.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = server_in(folder, contents=contents)
        old, new = server.files(), new_files(server)
        for point, count in cuts:
            killed(folder, server, point, count)
            assert server.serving() in (old, new)
            failing = Server(folder, server.edits, "plan")
            with pytest.raises(ValueError, match="plan failed"):
                run(str(folder / "state"), failing.steps())
            assert server.files() == server.serving()
            assert server.files() in (old, new)
        run(str(folder / "state"), server.steps())
        assert server.files() == server.serving() == new
        left = {edit.path for edit in server.edits} | {str(server.served), str(folder / "state")}
        assert {str(path) for path in folder.iterdir()} <= left


@pytest.mark.parametrize("point", ["journalled", "staged"])
def test_a_file_changed_by_hand_before_the_switch(tmp_path: Path, point: str) -> None:
    """Nothing was switched, so that there is nothing to undo: what somebody wrote is kept, the
    server is not told anything, and the next run goes on from there."""
    server = server_in(tmp_path)
    killed(tmp_path, server, point)
    (tmp_path / "file0").write_bytes(b"by hand")
    failing = Server(tmp_path, server.edits, "plan")
    with pytest.raises(ValueError, match="plan failed"):
        run(str(tmp_path / "state"), failing.steps())
    assert (tmp_path / "file0").read_bytes() == b"by hand"
    assert "restore" not in failing.calls
    assert sorted(os.listdir(tmp_path / "state")) == ["lock"]
    assert not list(tmp_path.glob(".*"))


def test_a_file_changed_by_hand_is_not_overwritten(tmp_path: Path) -> None:
    """What somebody wrote after files were switched is kept, and both ways out are told and work;
    who only looks is told as well."""
    server = server_in(tmp_path)
    killed(tmp_path, server, "switched")
    file, journal = tmp_path / "file0", tmp_path / "state/journal"
    file.write_bytes(b"by hand")
    with pytest.raises(TransactionError, match="edited after a change was cut off") as caught:
        run(str(tmp_path / "state"), server.steps())
    with pytest.raises(TransactionError, match="edited after a change was cut off"):
        _transaction.interrupted(str(tmp_path / "state"))
    assert file.read_bytes() == b"by hand"
    back = f"cp {journal}/0 {file}"
    assert f"`rm -r {journal}`" in str(caught.value)
    assert f"`{back}`" in str(caught.value)
    subprocess.run(back.split(), check=True)
    assert run(str(tmp_path / "state"), server.steps()).recovered
    assert server.files() == server.serving() == new_files(server)


def test_damaged_journal(tmp_path: Path) -> None:
    """A journal that cannot be read is an error that names it."""
    server = server_in(tmp_path)
    killed(tmp_path, server, "staged")
    (tmp_path / "state/journal/journal.json").write_text("{", encoding="ascii")
    with pytest.raises(TransactionError, match="cannot be read"):
        run(str(tmp_path / "state"), server.steps())


def full_after(writes: int) -> Callable[..., None]:
    """Return a stand-in for the writing of files that finds the disk full after some of them."""
    real = _replace_file._fill
    done: list[int] = []

    def fill(handle: int, data: bytes, attributes: _replace_file.Attributes) -> None:
        done.append(handle)
        if len(done) > writes:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle, data, attributes)

    return fill


@pytest.mark.parametrize("writes", range(4))
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """Wherever the disk is full (copy, index, first and second file), nothing is changed."""
    server = server_in(tmp_path)
    old = server.files()
    monkeypatch.setattr(_replace_file, "_fill", full_after(writes))
    with pytest.raises((OSError, TransactionError), match=r"No space left on device: '/"):
        run(str(tmp_path / "state"), server.steps())
    monkeypatch.undo()
    assert server.files() == server.serving() == old
    assert "restore" not in server.calls
    assert sorted(os.listdir(tmp_path / "state")) == ["lock"]
    assert not list(tmp_path.glob(".*"))


def test_two_at_once(tmp_path: Path) -> None:
    """The second waits for the first, up to a bound, and then says so."""
    server = server_in(tmp_path)
    other = server_in(tmp_path, contents=[(b"old 0", b"other 0")])

    def meanwhile(point: str) -> None:
        if point == "locked":
            with pytest.raises(TransactionError, match="another change") as caught:
                run(str(tmp_path / "state"), other.steps(), lock_seconds=0.05)
            assert caught.value.restored

    run(str(tmp_path / "state"), server.steps(), meanwhile)
    assert other.calls == []
    assert run(str(tmp_path / "state"), other.steps()).edits


def test_waiting_for_the_lock(tmp_path: Path) -> None:
    """The one that waits goes on as soon as the other is done."""
    ready, go = FORK.Event(), FORK.Event()
    server = server_in(tmp_path)

    def hold(point: str) -> None:
        if point == "planned":
            ready.set()
            go.wait(10)

    process = FORK.Process(
        target=lambda: run(str(tmp_path / "state"), server.steps(), hold), daemon=True
    )
    process.start()
    assert ready.wait(10)
    timer = FORK.Process(target=go.set)
    timer.start()
    assert not run(str(tmp_path / "state"), server.steps(), lock_seconds=10).edits
    process.join()
    timer.join()


@pytest.mark.parametrize("when", ["validated", "staged"])
def test_a_file_that_somebody_edits_meanwhile(tmp_path: Path, when: str) -> None:
    """A whole file that was planned from another text is not put over theirs."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"ours\n")
    edit = Edit(str(path), b"new\n", made_from=b"ours\n")
    server = Server(tmp_path, [edit])

    def reached(point: str) -> None:
        if point == when:
            path.write_bytes(b"theirs\n")

    with pytest.raises(TransactionError, match="edited by somebody else meanwhile") as refused:
        run(str(tmp_path / "state"), server.steps(), reached)
    assert refused.value.restored
    assert path.read_bytes() == b"theirs\n"


def test_age_and_times(tmp_path: Path) -> None:
    """A new file looks as old as it is told to, and one that is put back as old as it was."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    os.utime(path, (1000, 2000))
    edit = Edit(str(path), b"new\n", age=60.0)
    server = Server(tmp_path, [edit], "prove")
    ages: list[float] = []

    def reached(point: str) -> None:
        if point == "switched":
            ages.append(time.time() - path.stat().st_mtime)

    with pytest.raises(TransactionError):
        run(str(tmp_path / "state"), server.steps(), reached)
    assert ages[0] >= 60
    assert path.read_bytes() == b"old\n"
    assert path.stat().st_mtime == 2000


@pytest.mark.parametrize("point", ["validated", "staged"])
def test_a_file_that_appears_meanwhile(tmp_path: Path, point: str) -> None:
    """Also one that was not there when the change was planned is somebody's."""
    path = tmp_path / "99.conf"
    server = Server(tmp_path, [Edit(str(path), b"new\n", guarded=True)])

    def reached(now: str) -> None:
        if now == point:
            path.write_bytes(b"theirs\n")

    with pytest.raises(TransactionError, match="edited by somebody else meanwhile"):
        run(str(tmp_path / "state"), server.steps(), reached)
    assert path.read_bytes() == b"theirs\n"


def test_an_edit_of_another_file_meanwhile(tmp_path: Path) -> None:
    """The plan was made from the whole configuration, of which one file is changed."""
    server = server_in(tmp_path)
    old = server.files()
    steps = Steps(**{**vars(server.steps()), "overtaken": lambda: "/etc/other.conf was edited"})
    with pytest.raises(TransactionError, match=r"other\.conf was edited meanwhile; run this again"):
        run(str(tmp_path / "state"), steps)
    assert server.files() == old
    assert sorted(os.listdir(tmp_path / "state")) == ["lock"]


def test_the_undo_after_a_lock(tmp_path: Path) -> None:
    """The lock of Postfix is free again when a change is undone that held it."""
    path = tmp_path / "main.cf"
    path.write_bytes(b"old\n")
    edit = Edit(str(path), b"new\n", made_from=b"old\n", guarded=True, locked=True)
    server = Server(tmp_path, [edit], "prove")
    with pytest.raises(TransactionError, match="prove failed") as caught:
        run(str(tmp_path / "state"), server.steps())
    assert caught.value.restored
    assert path.read_bytes() == b"old\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.cf", "served.json", "state"]
