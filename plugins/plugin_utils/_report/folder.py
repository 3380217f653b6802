# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of an audit: every format of it, and the earlier audits in history/."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError

from ...module_utils._audit.document import Document, whole
from ...module_utils._audit.drift import with_drift
from ...module_utils._audit.waivers import Waiver, with_waivers
from ...module_utils._model.safe_text import printable
from .renderers import RENDERERS

# The files of an audit, and the format of each.
FILES = {
    "report.html": "html",
    "findings.json": "json",
    "findings.sarif": "sarif",
    "junit.xml": "junit",
    "metrics.prom": "prometheus",
    "summary.md": "markdown",
    "report.txt": "text",
}
HISTORY = "history"
KEEP = 30


def load(path: Path) -> dict[str, Any]:
    """Return the document in a file. Raises AnsibleError that names the file."""
    try:
        return whole(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise AnsibleError(f"{path}: {printable(str(error))}") from error


def completed(audit: Document, waivers: Sequence[Waiver], previous: Document | None) -> Document:
    """Return an audit with its waivers and, where there is an earlier one, its drift.

    Drift can be waived too, so waivers are applied on both sides of it. Raises DocumentError.
    """
    waived = with_waivers(audit, waivers)
    return with_waivers(with_drift(previous, waived), waivers) if previous else waived


def latest(folder: Path, audit: Document) -> dict[str, Any] | None:
    """Return the last audit in a folder's history that has a host of ``audit``, None without one.

    A file that cannot be read (another format, cut short) is passed over: an audit must not fail
    for what an older one left.
    """
    names = _names(audit)
    for path in sorted((folder / HISTORY).glob("*.json"), reverse=True):
        try:
            past = load(path)
        except AnsibleError:
            continue
        if names & _names(past):
            return past
    return None


def _names(audit: Document) -> set[tuple[str, str]]:
    return {(host["host"], host.get("vantage", "")) for host in audit["hosts"]}


def write(folder: Path, audit: Document, keep: int = KEEP) -> list[Path]:
    """Write every format of an audit and add it to the history, of which ``keep`` audits stay.

    Returns the files. Each is replaced in one step, so that a collector never reads half of one.
    """
    texts = {name: RENDERERS[format_](audit) for name, format_ in FILES.items()}
    past = folder / HISTORY
    past.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        _replace(folder / name, text)
    kept = past / f"{_file_name(audit['generated'])}.json"
    _replace(kept, texts["findings.json"])
    for path in sorted(past.glob("*.json"), reverse=True)[max(keep, 1) :]:
        path.unlink()
    return [*(folder / name for name in texts), kept]


def _file_name(generated: str) -> str:
    """Return a time as a file name that sorts by time and that every file system takes."""
    return "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in generated)[:40]


def _replace(path: Path, text: str) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
