# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the files to lint and read them, with bounded memory; say why one cannot be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator

# No configuration written by hand is larger.
MAX_BYTES = 2 * 1024 * 1024
_SKIPPED = frozenset(
    (".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "node_modules", "__pycache__")
)
_BINARY = (
    *(b"\x7fELF", b"\x89PNG", b"PK\x03\x04", b"\x1f\x8b", b"GIF8", b"\xff\xd8\xff"),
    *(b"wOFF", b"wOF2", b"OTTO", b"\x00\x01\x00\x00\x00", b"SQLite format 3", b"%PDF"),
)
# Files that only somebody with a key can read.
_ENCRYPTED = (b"\x00GITCRYPT\x00", b"age-encryption.org/", b"-----BEGIN PGP MESSAGE", b"\x85\x02")


class UnreadableError(ValueError):
    """A file cannot be read as text; the message says why. ``line`` is 0 if it is not known."""

    def __init__(self, words: str, line: int = 0) -> None:
        super().__init__(words)
        self.line = line


def find(path: str, skips: Callable[[str], bool] = lambda _path: False) -> Iterator[str]:
    """Yield a file, or all regular files below a folder by name; links to folders are not followed.

    ``skips`` tells which folders and files are left out. Raises OSError where ``path`` itself
    cannot be looked at.
    """
    if not stat.S_ISDIR(os.stat(path).st_mode):
        if not skips(path):
            yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(
            one for one in folders if one not in _SKIPPED and not skips(os.path.join(folder, one))
        )
        for name in sorted(files):
            full_path = os.path.join(folder, name)
            try:
                regular = stat.S_ISREG(os.stat(full_path).st_mode)
            except OSError:
                # A dangling link.
                continue
            if regular and not skips(full_path):
                yield os.path.normpath(full_path)


def read(path: str) -> bytes:
    """Return the content of a file. Raises UnreadableError."""
    try:
        with open(path, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from None
    if len(content) > MAX_BYTES:
        raise UnreadableError(f"larger than {MAX_BYTES // 1024 // 1024} MiB")
    return content


def decoded(content: bytes, eight_bit: bool = False) -> str:
    """Return bytes as text with line ends of one character. Raises UnreadableError.

    ``eight_bit``: bytes that are not UTF-8 are read as Latin-1, since the words that matter to the
    file's reader are ASCII.
    """
    encoding, name = "utf-8-sig", "UTF-8"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, name = "utf-16", "UTF-16"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if eight_bit and encoding != "utf-16":
            return decoded(content.decode("latin-1").encode())
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"not {name}: {error.reason}", line) from None
    if "\0" in text:
        raise UnreadableError("a NUL character", text[: text.index("\0")].count("\n") + 1)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def is_binary(content: bytes) -> bool:
    """Tell whether content is clearly not text."""
    return content.startswith(_BINARY) or content[:4096].count(b"\0") > 8


def is_unreadable(content: bytes) -> bool:
    """Tell whether a file is encrypted or of a binary format, whatever its name says."""
    return content.startswith((*_BINARY, *_ENCRYPTED))
