# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of published files on a host: what differs, and bringing it in order."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from .._system.replace_file import Attributes, replace

# Which files are ours; the files of others stay.
LIST = ".mailports-client-settings.json"
_FILE = Attributes(0o644)


class FolderError(ValueError):
    """The folder cannot be used; one line that says why."""


@dataclass(frozen=True)
class Change:
    """One file that differs. None: it is not there, or shall not be."""

    path: str
    before: Optional[bytes]
    after: Optional[bytes]

    def to_dict(self) -> dict[str, Any]:
        """Return the form of Ansible's diffs."""
        return {
            "before_header": self.path,
            "after_header": self.path,
            "before": _text(self.before),
            "after": _text(self.after),
        }


def _text(data: Optional[bytes]) -> str:
    if data is None:
        return ""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(data)} bytes)\n"


class Folder:
    """One folder. Raises FolderError where its list of files cannot be read."""

    def __init__(self, path: str) -> None:
        """Read which files are ours."""
        self._path = Path(path)
        self._ours: list[str] = []
        if self._path.exists() and not self._path.is_dir():
            raise FolderError(f"dest: {path} is not a folder")
        with suppress(FileNotFoundError):
            try:
                listed = json.loads((self._path / LIST).read_bytes())
                self._ours = [name for name in listed["files"] if _is_below(name)]
            except (ValueError, KeyError, TypeError):
                raise FolderError(
                    f"{self._path / LIST} is damaged: remove it, and what it should list by hand"
                ) from None

    def changes(self, files: Mapping[str, bytes]) -> list[Change]:
        """Return what differs from ``files``, by path below the folder."""
        found = []
        for name in sorted({*files, *self._ours}):
            before, after = self._read(name), files.get(name)
            if before != after:
                found.append(Change(str(self._path / name), before, after))
        return found

    def write(self, files: Mapping[str, bytes]) -> None:
        """Bring the folder in order. Raises OSError; a file is the old or the new one, whole."""
        self._make(self._path)
        # First the list: what a run that is cut off has written is ours as well.
        if files:
            self._list(sorted({*files, *self._ours}))
        for name, data in files.items():
            self._make((self._path / name).parent)
            if self._read(name) != data:
                replace(str(self._path / name), data, _FILE)
        for name in self._ours:
            if name not in files:
                self._remove(name)
        if files:
            self._list(sorted(files))
        else:
            with suppress(FileNotFoundError):
                os.unlink(self._path / LIST)
            with suppress(OSError):
                os.rmdir(self._path)

    def _read(self, name: str) -> Optional[bytes]:
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def _make(self, path: Path) -> None:
        """Make a folder that a web server can read, whatever the umask."""
        missing = []
        while not path.exists():
            missing.append(path)
            path = path.parent
        for one in reversed(missing):
            one.mkdir()
            one.chmod(0o755)

    def _list(self, names: list[str]) -> None:
        text = json.dumps({"files": names}, indent=1) + "\n"
        path = self._path / LIST
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            replace(str(path), text.encode(), _FILE)

    def _remove(self, name: str) -> None:
        """Remove a file of ours, and the folders that it leaves empty."""
        with suppress(FileNotFoundError):
            os.unlink(self._path / name)
        for parent in Path(name).parents:
            if str(parent) != ".":
                with suppress(OSError):
                    os.rmdir(self._path / parent)


def _is_below(name: Any) -> bool:
    """Tell whether a name of the list stays below the folder."""
    return isinstance(name, str) and not os.path.isabs(name) and ".." not in Path(name).parts
