# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace a file in one step: the one place where a new file takes the name of an old one.

A reader sees the old file or the new one, whole. A file that holds secrets never has a wider mode
than it is meant to have, not even for a moment: it is made with 0600 and opened up at its end.
"""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Optional

LOCK_SECONDS = 30
# Not ``*.conf``: a server that includes a folder by pattern must not read a draft.
DRAFT = ".mailports-new"


class Busy(OSError):
    """Somebody else has been writing the file for longer than the time given."""


@dataclass(frozen=True)
class Attributes:
    """Mode, owner and extended attributes (SELinux labels, access lists); None for the owner that
    a new file has by itself."""

    mode: int
    owner: Optional[tuple[int, int]] = None
    extended: Mapping[str, bytes] = field(default_factory=dict)


def attributes_of(path: str) -> Attributes:
    """Return the attributes of a file. Raises OSError."""
    seen = os.stat(path)
    extended: dict[str, bytes] = {}
    if hasattr(os, "listxattr"):
        # Not every file system has them.
        with suppress(OSError):
            extended = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    return Attributes(stat.S_IMODE(seen.st_mode), (seen.st_uid, seen.st_gid), extended)


def replace(path: str, data: bytes, attributes: Attributes) -> None:
    """Put a file with this content and these attributes in the place of ``path``, in one step.

    A link is followed to the file itself. Raises OSError: the old file is then in its place, and
    nothing else is left behind.
    """
    target = os.path.realpath(path)
    draft = write_beside(target, data, attributes)
    try:
        os.replace(draft, target)
    except OSError:
        with suppress(OSError):
            os.unlink(draft)
        raise
    sync(os.path.dirname(target))


def write_beside(path: str, data: bytes, attributes: Attributes, age: float = 0.0) -> str:
    """Write a new file, complete and on disk, beside ``path``; return its name (see ``beside``).

    It looks ``age`` seconds old. A link is followed to the file itself. Raises OSError with nothing
    left behind.
    """
    draft = beside(path)
    try:
        _create(draft, data, attributes)
        if age:
            os.utime(draft, (time.time() - age,) * 2)
    except OSError:
        with suppress(OSError):
            os.unlink(draft)
        raise
    return draft


def beside(path: str, suffix: str = DRAFT) -> str:
    """Return the name of a file of ours in the folder of ``path``, a link followed to its file."""
    folder, name = os.path.split(os.path.realpath(path))
    return os.path.join(folder, f".{name}{suffix}")


def write(path: str, data: bytes) -> None:
    """Write a new file of mode 0600, in the place of any of this name, and see it on disk.

    Raises OSError.
    """
    _create(path, data, Attributes(0o600))


def sync(folder: str) -> None:
    """See the names of a folder's files on disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _create(path: str, data: bytes, attributes: Attributes) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with _named(path):
            _fill(handle, data, attributes)
    finally:
        os.close(handle)


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Let an error of an open file (a full disk) name the file, as those of a path do."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = path
        raise


def _fill(handle: int, data: bytes, attributes: Attributes) -> None:
    """Write a file whole, give it its attributes, the mode last, and see it on disk."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
    now = os.fstat(handle)
    if attributes.owner is not None and attributes.owner != (now.st_uid, now.st_gid):
        os.fchown(handle, *attributes.owner)
    for name, value in attributes.extended.items():
        # What this kernel does not let even root set cannot have been set by hand.
        with suppress(OSError):
            os.setxattr(handle, name, value)
    if stat.S_IMODE(now.st_mode) != attributes.mode:
        os.fchmod(handle, attributes.mode)
    os.fsync(handle)


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
        with _named(self._temporary):
            os.ftruncate(self._handle, 0)
            _fill(self._handle, content, attributes_of(self._target))
        os.rename(self._temporary, self._target)
        self.replaced = True
        sync(os.path.dirname(self._target))


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


def read(path: str) -> str:
    """Return a file's text; bytes that are no UTF-8 survive a way through ``content``."""
    return Path(path).read_bytes().decode("utf-8", "surrogateescape")


def content(text: str) -> bytes:
    """Return the bytes of a text that ``read`` returned."""
    return text.encode("utf-8", "surrogateescape")
