# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of an audit: its reports, each replaced in one step, and a history of audits."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

from .._model.safe_text import printable
from .._system.replace_file import Attributes, replace
from .document import Document, DocumentError, key_of, to_json, with_all_keys
from .drift import with_drift
from .waivers import Waiver, with_waivers

HISTORY = "history"
KEEP = 30
# Reports are readable by all, since the collector of metrics is another user.
_READABLE = Attributes(0o644)
_LONGEST_NAME = 40


def load(path: Path) -> dict[str, Any]:
    """Return the document in a file. Raises DocumentError that names the file."""
    try:
        return with_all_keys(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise DocumentError(f"{path}: {printable(str(error))}") from error


def completed(audit: Document, waivers: Sequence[Waiver], previous: Optional[Document]) -> Document:
    """Return an audit with its waivers and, where there is an earlier audit, its drift.

    Drift can be waived too, so waivers are applied before and after it. Raises DocumentError.
    """
    waived = with_waivers(audit, waivers)
    return with_waivers(with_drift(previous, waived), waivers) if previous else waived


def latest(folder: Path, audit: Document) -> Optional[dict[str, Any]]:
    """Return the last audit in a folder's history that has a host of ``audit``, None without one.

    A file that cannot be read (another format, cut short) is passed over: an old file must not
    make an audit fail. So is one of a later time than ``audit``, which a wrong clock has left: it
    would be the last one for years.
    """
    hosts = _hosts(audit)
    for past in _history(folder):
        if past["generated"] <= audit["generated"] and hosts & _hosts(past):
            return past
    return None


def _history(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the readable audits of the history, the last one first."""
    for path in sorted((folder / HISTORY).glob("*.json"), reverse=True):
        try:
            yield load(path)
        except DocumentError:
            continue


def _hosts(audit: Document) -> set[tuple[str, str, str]]:
    return {key_of(host) for host in audit["hosts"]}


def write(folder: Path, reports: Mapping[str, str]) -> list[Path]:
    """Write reports, text by file name; return their paths.

    Each file is replaced in one step, so that nobody reads half of one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        for name, text in reports.items():
            replace(str(folder / name), text.encode("utf-8"), _READABLE)
    return [folder / name for name in reports]


def remember(folder: Path, audit: Document, keep: int = KEEP, text: str = "") -> Path:
    """Add an audit to the history, of which the last ``keep`` (1 or more) stay; return its path.

    ``text`` is the audit as JSON, where that is at hand.
    """
    history = folder / HISTORY
    name = f"{_file_name(audit['generated'])}.json"
    (path,) = write(history, {name: text or to_json(audit)})
    with _locked(history):
        # What a wrong clock has dated later takes no place of the audits that are kept.
        past = [one for one in history.glob("*.json") if one.name <= path.name]
        for old in sorted(past, reverse=True)[max(keep, 1) :]:
            old.unlink()
    return path


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other audits from writing into a folder at the same time."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _file_name(generated: str) -> str:
    """Return a time as a file name that sorts by time and is valid on every file system."""
    safe = (sign if sign.isalnum() and sign.isascii() else "-" for sign in generated)
    return "".join(safe)[:_LONGEST_NAME]
