# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a change: byte copies of the files to be replaced, and the way back to them.

A journal is written under another name and renamed once it is complete and on disk, so that one
that exists is whole. The folder is root's own, because copies may hold secrets.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from .._system.replace_file import Attributes, attributes_of, beside, sync, write, write_beside

_INDEX = "journal.json"
# Its presence says that files may have been switched.
_MARK = "switching"


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
        """Remove a journal that never became whole, and one that was done with."""
        for path in (self._new, self._done):
            shutil.rmtree(path, ignore_errors=True)

    def write(
        self, files: Sequence[tuple[str, Optional[bytes]]], before: Mapping[str, Any]
    ) -> None:
        """Keep the present state of ``files`` (path and the bytes to come, None for no file) and
        ``before``. Raises OSError, with no journal left, where that fails (a full disk)."""
        try:
            os.mkdir(self._new, 0o700)
            entries = [self._keep(number, *file) for number, file in enumerate(files)]
            index = json.dumps({"files": entries, "before": dict(before)}).encode()
            write(os.path.join(self._new, _INDEX), index)
            sync(self._new)
        except OSError:
            self.discard_leftovers()
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
        for number, entry in enumerate(self._read()["files"]):
            if not self._is_ours(entry):
                strange.append(entry["path"])
                copy = f"cp {os.path.join(self._path, str(number))} {entry['path']}"
                commands.append(copy if entry["old"] is not None else f"rm {entry['path']}")
        if strange:
            raise JournalError(
                f"{' and '.join(strange)} was changed by hand after a change of it was cut off, so "
                f"that nothing was undone. Either forget that change (`rm -r {self._path}`), or "
                f"have what was there before it (`{'; '.join(commands)}`). Then run this again"
            )

    def restore(self) -> Mapping[str, Any]:
        """Put every file back as it was and return what ``write`` was given as ``before``.

        Where none was switched there is nothing to put back, whatever somebody else has done to
        them since. Raises JournalError as ``check``; nothing is put back then.
        """
        index = self._read()
        self.check()
        for number, entry in enumerate(index["files"]):
            _remove_staged(entry["path"])
            if self.marked:
                self._put_back(number, entry)
        self.sync_folders()
        before: Mapping[str, Any] = index["before"]
        return before

    def forget(self) -> None:
        """Remove the journal, in one step as seen by the next run."""
        os.rename(self._path, self._done)
        sync(os.path.dirname(self._path))
        shutil.rmtree(self._done, ignore_errors=True)

    def sync_folders(self) -> None:
        """Make the names of the files last."""
        for folder in {os.path.dirname(resolved(entry["path"])) for entry in self._read()["files"]}:
            sync(folder)

    def _keep(self, number: int, path: str, data: Optional[bytes]) -> dict[str, Any]:
        entry: dict[str, Any] = {"path": path, "old": None, "new": _digest(data)}
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

    def _read(self) -> dict[str, Any]:
        try:
            with open(os.path.join(self._path, _INDEX), "rb") as file:
                index: dict[str, Any] = json.loads(file.read())
        except (OSError, ValueError) as error:
            raise JournalError(f"the journal {self._path} cannot be read: {error}") from error
        return index

    @staticmethod
    def _is_ours(entry: Mapping[str, Any]) -> bool:
        try:
            now = _digest_of(entry["path"])
        except FileNotFoundError:
            now = None
        return now in (entry["old"], entry["new"])

    def _put_back(self, number: int, entry: Mapping[str, Any]) -> None:
        path = resolved(entry["path"])
        if entry["old"] is None:
            if os.path.lexists(path):
                os.unlink(path)
            return
        if os.path.exists(path) and _digest_of(path) == entry["old"]:
            # Never switched, or back already: a full disk must not stand in the way.
            return
        with open(os.path.join(self._path, str(number)), "rb") as file:
            old = file.read()
        try:
            extended = attributes_of(path).extended
        except FileNotFoundError:
            extended = {}
        owner = (entry["uid"], entry["gid"])
        temporary = write_beside(path, old, Attributes(entry["mode"], owner, extended))
        os.utime(temporary, ns=tuple(entry["times"]))
        os.replace(temporary, path)


def _remove_staged(path: str) -> None:
    staged = beside(path)
    if os.path.lexists(staged):
        # Looked for first: a read-only file system refuses to remove even what is not there.
        os.unlink(staged)


def resolved(path: str) -> str:
    """Return the file itself where ``path`` is a link: the link is kept."""
    return os.path.realpath(path)


def stage(path: str, data: bytes, mode: int, age: float = 0.0) -> str:
    """Write ``data`` to a draft beside ``path``; return its name.

    It gets the attributes of ``path``, where there is such a file, and ``mode`` otherwise. Raises
    OSError with nothing left behind.
    """
    try:
        attributes = attributes_of(path)
    except FileNotFoundError:
        attributes = Attributes(mode)
    return write_beside(path, data, attributes, age)


def _digest_of(path: str) -> Optional[str]:
    with open(path, "rb") as file:
        return _digest(file.read())


def _digest(data: Optional[bytes]) -> Optional[str]:
    return None if data is None else hashlib.sha256(data).hexdigest()
