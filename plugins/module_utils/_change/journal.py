# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a change: what the files were, and the way back to them.

A journal is written under another name and renamed once it is complete and on disk, so that one
that exists is whole. It holds byte copies of the files, in a folder of root's own because they may
hold secrets. Going back does not need them, nor any space on the disk: before a file is replaced it
gets a second name beside it (a hard link), and going back is a rename.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional

from .._system.replace_file import (
    Attributes,
    Busy,
    attributes_of,
    beside,
    exclusive,
    sync,
    write,
    write_beside,
)
from .edit import Edit

_INDEX = "journal.json"
# Its presence says that files may have been switched.
_MARK = "switching"
# The end of the second name of an old file.
_OLD = ".mailports-old"


class JournalError(Exception):
    """A journal that cannot be followed; the message says what to do."""


class Journal:
    """The journal in ``folder``: at most one, of the change under way or cut off."""

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, "journal")
        self._new = os.path.join(folder, "journal.new")
        self._done = os.path.join(folder, "journal.done")

    def exists(self) -> bool:
        """Tell whether there is a journal, hence a change that did not end."""
        return os.path.exists(self._path)

    def discard_leftovers(self) -> None:
        """Remove a journal that never became whole, and what is left of one that was done with."""
        shutil.rmtree(self._new, ignore_errors=True)
        if os.path.exists(self._done):
            with contextlib.suppress(JournalError):
                for entry in _read(self._done)["files"]:
                    _discard(entry["path"])
            shutil.rmtree(self._done, ignore_errors=True)

    def write(self, edits: Sequence[Edit], before: Mapping[str, Any]) -> None:
        """Keep the present state of the files to be edited, and ``before``. Raises OSError, with no
        journal left, where that fails (a full disk)."""
        try:
            os.mkdir(self._new, 0o700)
            entries = [self._keep(number, edit) for number, edit in enumerate(edits)]
            index = json.dumps({"files": entries, "before": dict(before)}).encode()
            write(os.path.join(self._new, _INDEX), index)
            sync(self._new)
        except OSError:
            shutil.rmtree(self._new, ignore_errors=True)
            raise
        os.rename(self._new, self._path)
        sync(os.path.dirname(self._path))

    def mark(self) -> None:
        """Note, on disk, that from now on files may have been switched."""
        write(os.path.join(self._path, _MARK), b"")
        sync(self._path)

    @property
    def marked(self) -> bool:
        """Return whether files may have been switched."""
        return os.path.exists(os.path.join(self._path, _MARK))

    def check(self) -> None:
        """Raise JournalError where the journal cannot be followed: where a file that may have been
        switched holds neither the old nor the new bytes, somebody else has changed it since."""
        if not self.marked:
            return
        strange, commands = [], []
        for number, entry in enumerate(_read(self._path)["files"]):
            if not _is_ours(entry):
                strange.append(entry["path"])
                copy = f"cp {os.path.join(self._path, str(number))} {entry['path']}"
                commands.append(copy if entry["old"] is not None else f"rm {entry['path']}")
        if strange:
            raise JournalError(
                f"{' and '.join(strange)} was edited after a change was cut off, so nothing was "
                f"undone. Either drop that change (`rm -r {self._path}`), or restore what was "
                f"there before it (`{'; '.join(commands)}`). Then run this again"
            )

    def restore(self) -> Mapping[str, Any]:
        """Put every file back as it was and return what ``write`` was given as ``before``.

        Where none was switched there is nothing to put back, whatever somebody else has done to
        them since. Raises JournalError as ``check``; nothing is put back then.
        """
        index = _read(self._path)
        self.check()
        marked = self.marked
        locked = [one["path"] for one in index["files"] if one["locked"]]
        if not marked:
            _unlock(locked)
        with locks(locked if marked else [], needed=False):
            for number, entry in enumerate(index["files"]):
                if marked:
                    self._put_back(number, entry)
                _discard(entry["path"])
            sync_folders(one["path"] for one in index["files"])
        before: Mapping[str, Any] = index["before"]
        return before

    def forget(self) -> None:
        """Remove the journal, in one step as seen by the next run, and the old files' names."""
        os.rename(self._path, self._done)
        sync(os.path.dirname(self._path))
        self.discard_leftovers()

    def _keep(self, number: int, edit: Edit) -> dict[str, Any]:
        path = edit.path
        entry: dict[str, Any] = {"path": path, "old": None, "new": _digest(edit.data)}
        entry["locked"] = edit.locked
        with contextlib.suppress(FileNotFoundError):
            with open(path, "rb") as file:
                old = file.read()
            status = os.stat(path)
            entry.update(
                old=_digest(old),
                mode=status.st_mode & 0o7777,
                uid=status.st_uid,
                gid=status.st_gid,
                times=[status.st_atime_ns, status.st_mtime_ns],
            )
            write(os.path.join(self._new, str(number)), old)
        return entry

    def _put_back(self, number: int, entry: Mapping[str, Any]) -> None:
        path = resolved(entry["path"])
        if entry["old"] is None:
            if os.path.lexists(path):
                os.unlink(path)
            return
        if _digest_of(path) == entry["old"]:
            # Never switched, or back already.
            return
        for name, place in ((_kept(entry["path"]), path), (_put_aside(entry["path"]), None)):
            if _digest_of(name) == entry["old"]:
                os.replace(name, place or entry["path"])
                return
        # The file system has no hard links.
        with open(os.path.join(self._path, str(number)), "rb") as file:
            old = file.read()
        extended = attributes_of(path).extended if os.path.exists(path) else {}
        owner = (entry["uid"], entry["gid"])
        draft = write_beside(path, old, Attributes(entry["mode"], owner, extended))
        os.utime(draft, ns=tuple(entry["times"]))
        os.replace(draft, path)


def stage(edit: Edit) -> str:
    """Write the new file of an edit to a draft beside the old one; return its name.

    It gets the attributes of the old file, where there is one. The old file gets a second name, by
    which ``restore`` finds it. Raises OSError with no draft left behind.
    """
    try:
        attributes = attributes_of(edit.path)
    except FileNotFoundError:
        attributes = Attributes(edit.mode)
    draft = write_beside(edit.path, edit.data or b"", attributes, edit.age)
    _remove(_kept(edit.path))
    # Without hard links the copy in the journal is what is gone back to.
    with contextlib.suppress(OSError):
        os.link(resolved(edit.path), _kept(edit.path))
    return draft


def put_aside(path: str) -> None:
    """Take a file or link away, under a name by which ``restore`` finds it."""
    os.replace(path, _put_aside(path))


@contextlib.contextmanager
def locks(paths: Sequence[str], needed: bool = True) -> Iterator[None]:
    """Hold the right to replace files against those who know Postfix's lock (postconf -e).

    Raises Busy; other errors (a full disk) only where the locks are ``needed``.
    """
    with contextlib.ExitStack() as stack:
        for path in paths:
            try:
                stack.enter_context(exclusive(path))
            except Busy:
                raise
            except OSError:
                if needed:
                    raise
        yield


def _unlock(paths: Sequence[str]) -> None:
    """Remove the locks that a kill has left behind; those that somebody holds are theirs."""
    for path in paths:
        with contextlib.suppress(OSError), exclusive(path, 1):
            pass


def sync_folders(paths: Iterable[str]) -> None:
    """Make the names of files last."""
    for folder in {os.path.dirname(resolved(path)) for path in paths}:
        sync(folder)


def resolved(path: str) -> str:
    """Return the file itself where ``path`` is a link: the link is kept."""
    return os.path.realpath(path)


def _kept(path: str) -> str:
    """Return the second name of a file that is replaced: beside the file itself."""
    return beside(path, _OLD)


def _put_aside(path: str) -> str:
    """Return the name of a file or link that is taken away: beside the link."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}{_OLD}")


def _discard(path: str) -> None:
    """Remove the draft and the second name of a file."""
    for name in sorted({beside(path), _kept(path), _put_aside(path)}):
        _remove(name)


def _remove(path: str) -> None:
    # Looked for first: a read-only file system refuses to remove even what is not there.
    if os.path.lexists(path):
        os.unlink(path)


def _read(folder: str) -> dict[str, Any]:
    try:
        with open(os.path.join(folder, _INDEX), "rb") as file:
            index: dict[str, Any] = json.loads(file.read())
    except (OSError, ValueError) as error:
        raise JournalError(f"the journal {folder} cannot be read: {error}") from error
    return index


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return _digest_of(entry["path"]) in (entry["old"], entry["new"])


def _digest_of(path: str) -> Optional[str]:
    try:
        with open(path, "rb") as file:
            return _digest(file.read())
    except FileNotFoundError:
        return None


def _digest(data: Optional[bytes]) -> Optional[str]:
    return None if data is None else hashlib.sha256(data).hexdigest()
