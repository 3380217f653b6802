# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Dovecot's drop-in goes, and copies of a configuration to try a change on."""

from __future__ import annotations

import contextlib
import fnmatch
import functools
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from .._change.edit import Edit, content

DROP_IN = os.path.join("conf.d", "99-mailports.conf")
LAST = "mailports.conf"
_INCLUDE_LAST = b"!include " + LAST.encode()
_PATTERN = re.compile(rb"^([ \t]*!include(?:_try)?[ \t]+)(\S+)", re.MULTILINE)
# Debian's folder for keys.
_KEYS = "private"


class ConfigError(Exception):
    """A configuration that cannot be read or copied."""


@dataclass(frozen=True)
class Files:
    """The files of one Dovecot: ``config`` is its main file, an absolute path."""

    config: str

    @property
    def folder(self) -> str:
        """Return the folder of the main file, where relative includes start."""
        return os.path.dirname(self.config)

    def main(self) -> bytes:
        """Return the main file. Raises ConfigError where there is none."""
        data = content(self.config)
        if data is None:
            raise ConfigError(f"{self.config} does not exist: is Dovecot installed here?")
        return data

    def without(self) -> list[Edit]:
        """Return the edits that take the drop-in away, for a copy: what is left is the user's."""
        main = self.main()
        # Empty and not absent: the main file may include it by name.
        last = Edit(self._path(LAST), b"" if _includes_last(main) else None)
        return [Edit(self._path(DROP_IN), None), last]

    def placements(self, text: str) -> list[list[Edit]]:
        """Return the edits for each place where the drop-in can be, the preferred first.

        That is the folder that the main file includes; where it includes none, or where
        something that is read later undoes the drop-in, a file that the main file includes last.
        """
        main = self.main()
        data = text.encode()
        included = os.path.isdir(os.path.dirname(self._path(DROP_IN))) and any(
            fnmatch.fnmatchcase(self._path(DROP_IN), self._path(os.fsdecode(pattern)))
            for _word, pattern in _PATTERN.findall(main)
        )
        places = []
        if included and not _includes_last(main):
            places.append([self._edit(DROP_IN, data), self._edit(LAST, None)])
        main_file = Edit(self.config, _with_include(main), made_from=main, guarded=True)
        places.append([self._edit(LAST, data), main_file, self._edit(DROP_IN, None)])
        return places

    def _edit(self, name: str, data: Optional[bytes]) -> Edit:
        path = self._path(name)
        return Edit(path, data, made_from=content(path), guarded=True)

    def state(self) -> dict[str, str]:
        """Return the digest of each file of the folder, by which an edit by others is noticed."""
        found = {}
        for top, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if name != _KEYS]
            for name in names:
                path = os.path.join(top, name)
                data = content(path) if os.path.isfile(path) else None
                if data is not None and not name.startswith("."):
                    found[path] = hashlib.sha256(data).hexdigest()
        return found

    def _path(self, name: str) -> str:
        return os.path.normpath(os.path.join(self.folder, name))

    @contextlib.contextmanager
    def staged(self, edits: Sequence[Edit], scratch: Optional[str]) -> Iterator[str]:
        """Copy the configuration below ``scratch``, with ``edits`` made; yield the main file."""
        with tempfile.TemporaryDirectory(prefix="mailports-", dir=scratch) as top:
            folder = os.path.join(top, "dovecot")
            try:
                shutil.copytree(self.folder, folder, ignore=_not_to_copy)
                _link_folders(folder, self.folder)
                for edit in edits:
                    self._make(edit, folder)
                _redirect(folder, self.folder)
            except (OSError, shutil.Error) as error:
                raise ConfigError(f"{self.folder} cannot be copied: {error}") from error
            yield os.path.join(folder, os.path.basename(self.config))

    def _make(self, edit: Edit, folder: str) -> None:
        path = os.path.join(folder, os.path.relpath(edit.path, self.folder))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        if edit.data is not None:
            with open(path, "wb") as file:
                file.write(edit.data)


def _includes_last(main: bytes) -> bool:
    return any(line.strip() == _INCLUDE_LAST for line in main.splitlines())


def _with_include(main: bytes) -> bytes:
    """Return the main file with the include line at its end, and otherwise byte for byte."""
    if _includes_last(main):
        return main
    end = b"" if main.endswith(b"\n") or not main else b"\n"
    return main + end + _INCLUDE_LAST + b"\n"


def _not_to_copy(folder: str, names: Sequence[str]) -> list[str]:
    """Return what is no configuration: keys, sockets, devices, and folders of elsewhere, which may
    hold anything, mail too. The folder for the drop-in is copied wherever it lies."""
    left_out = []
    for name in names:
        path = os.path.join(folder, name)
        mode = os.stat(path, follow_symlinks=False).st_mode
        wanted = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        if stat.S_ISLNK(mode):
            wanted = os.path.isfile(path) or name == os.path.dirname(DROP_IN)
        if name == _KEYS or not wanted:
            left_out.append(name)
    return left_out


def _link_folders(folder: str, original: str) -> None:
    """Let the copy find the folders that are not copied: a file may include one of theirs."""
    for top, _folders, _files in os.walk(folder):
        source = os.path.join(original, os.path.relpath(top, folder))
        for name in os.listdir(source):
            path, place = os.path.join(source, name), os.path.join(top, name)
            if os.path.isdir(path) and not os.path.lexists(place):
                os.symlink(os.path.normpath(path), place)


def _redirect(folder: str, original: str) -> None:
    """Let includes by absolute path read the copy, and those that lead out of the folder still
    find what they mean."""
    for top, _folders, names in os.walk(folder):
        place = os.path.normpath(os.path.join(original, os.path.relpath(top, folder)))
        for name in names:
            path = os.path.join(top, name)
            data = content(path) or b""
            move = functools.partial(_moved, place=place, original=original, folder=folder)
            changed = _PATTERN.sub(move, data)
            if changed != data:
                with open(path, "wb") as file:
                    file.write(changed)


def _moved(found: re.Match[bytes], place: str, original: str, folder: str) -> bytes:
    """Return an include line of a file of the folder ``place`` as the copy must have it."""
    pattern = os.fsdecode(found[2])
    target = os.path.normpath(os.path.join(place, pattern))
    inside = target.startswith(original + "/")
    if inside and pattern.startswith("/"):
        target = os.path.join(folder, os.path.relpath(target, original))
    elif inside:
        return found[0]
    return found[1] + os.fsencode(target)
