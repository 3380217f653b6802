# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace a file in one step, alone among those who do the same, Postfix's postconf included."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Optional

LOCK_SECONDS = 30


class Busy(OSError):
    """Somebody else has been writing the file for longer than the time given."""


class Exclusive:
    """The right to replace one file; see ``exclusive``."""

    def __init__(self, target: str, temporary: str, handle: int) -> None:
        self._target = target
        self._temporary = temporary
        self._handle = handle
        self.replaced = False

    def replace(self, content: bytes) -> None:
        """Put ``content`` in the file's place, with its owner, mode and extended attributes.

        Raises OSError, and the old file is then untouched.
        """
        os.ftruncate(self._handle, 0)
        view = memoryview(content)
        while view:
            view = view[os.write(self._handle, view) :]
        _copy_attributes(self._target, self._handle)
        os.fsync(self._handle)
        os.rename(self._temporary, self._target)
        self.replaced = True
        folder = os.open(os.path.dirname(self._target), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def exclusive(path: str, seconds: int = LOCK_SECONDS) -> Iterator[Exclusive]:
    """Hold the right to replace ``path``; a link is followed to the file itself.

    The protocol is that of Postfix's own edit_file(3), so that ``postconf -e`` waits too: the
    lock is on ``path.tmp``, which becomes the new file. Raises Busy, and OSError where the folder
    cannot be written.
    """
    target = os.path.realpath(path)
    temporary = f"{target}.tmp"
    handle = _locked(temporary, seconds)
    held = Exclusive(target, temporary, handle)
    try:
        yield held
    finally:
        if not held.replaced:
            with suppress(OSError):
                os.unlink(temporary)
        os.close(handle)


def _locked(temporary: str, seconds: int) -> int:
    """Return the temporary file, locked, after a look that it still is the one of that name."""
    with _limit(seconds, temporary):
        while True:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(temporary, flags, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                with suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(handle), os.lstat(temporary)):
                        return handle
            except BaseException:
                os.close(handle)
                raise
            # The holder renamed or removed it while this process waited.
            os.close(handle)


@contextmanager
def _limit(seconds: int, name: str) -> Iterator[None]:
    """Raise Busy when the body takes longer; only a main thread can be interrupted so."""

    def expire(number: int, frame: Optional[FrameType]) -> None:
        raise Busy(f"another process has held {name} for {seconds} seconds")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _copy_attributes(source: str, handle: int) -> None:
    seen = os.stat(source)
    now = os.fstat(handle)
    if (now.st_uid, now.st_gid) != (seen.st_uid, seen.st_gid):
        os.fchown(handle, seen.st_uid, seen.st_gid)
    os.fchmod(handle, stat.S_IMODE(seen.st_mode))
    if hasattr(os, "listxattr"):
        # Access lists and SELinux labels; not every file system has them.
        with suppress(OSError):
            for name in os.listxattr(source):
                os.setxattr(handle, name, os.getxattr(source, name))


def read(path: str) -> str:
    """Return a file's text; bytes that are no UTF-8 survive a way through ``content``."""
    return Path(path).read_bytes().decode("utf-8", "surrogateescape")


def content(text: str) -> bytes:
    """Return the bytes of a text that ``read`` returned."""
    return text.encode("utf-8", "surrogateescape")
