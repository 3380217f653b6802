# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of an audit under way, a line each, so that none has to be held in memory.

A line is written at once and as a whole; what a cut left of one is passed over. A later line about
the same host and vantage replaces an earlier one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

from .document import seconds

# The folder of such files, inside that of the audit.
UNFINISHED = "unfinished"
# What a report is made of; see port_check.
KEYS = ("compliant", "findings", "demands", "observations", "intent", "summary", "msg", "audited")
_SECRETS = ("login_password",)
_HOUR = 3600
Key = tuple[str, str]


def asked(audit: Mapping[str, Any]) -> str:
    """Return a fingerprint of what is asked of a host; no password is part of it."""
    plain = {key: value for key, value in audit.items() if key not in _SECRETS}
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Unfinished:
    """The results of one audit, in a file that others may read and add to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[Key, int] = {}
        self._read = 0

    def add(self, name: str, vantage: str, question: str, result: Mapping[str, Any]) -> None:
        """Add one result; ``question`` as from ``asked``. Raises OSError."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        kept = {key: result[key] for key in KEYS if key in result}
        row = {"name": name, "vantage": vantage, "asked": question, "at": now, "result": kept}
        self._append(row)

    def _append(self, row: Mapping[str, Any]) -> None:
        line = json.dumps(row, separators=(",", ":")) + "\n"
        with open(self.path, "ab") as stream:
            # Behind half a line nothing could be read.
            if stream.tell() and not _ends_a_line(self.path):
                stream.write(b"\n")
            stream.write(line.encode("utf-8"))

    def __contains__(self, key: Key) -> bool:
        """Tell whether there is a result for a name and a vantage."""
        self._look()
        return key in self._places

    def vantages(self, name: str) -> list[str]:
        """Return the vantages that have a result for a host."""
        self._look()
        return [vantage for known, vantage in self._places if known == name]

    def result(self, name: str, vantage: str) -> Optional[dict[str, Any]]:
        """Return the last result for a name and a vantage, None without one."""
        self._look()
        place = self._places.get((name, vantage))
        if place is None:
            return None
        with open(self.path, "rb") as stream:
            stream.seek(place)
            found: dict[str, Any] = json.loads(stream.readline())["result"]
            return found

    def _look(self) -> None:
        """Learn where each result stands, as far as that is not known yet."""
        with contextlib.suppress(FileNotFoundError), open(self.path, "rb") as stream:
            stream.seek(self._read)
            for line in stream:
                if line.endswith(b"\n"):
                    row = _row(line)
                    if row is not None:
                        self._places[row["name"], row["vantage"]] = self._read
                    self._read += len(line)

    def take_over(self, other: Path, questions: Mapping[Key, str], hours: int) -> int:
        """Take from another audit what it was told of the same questions, not more than ``hours``
        ago; return how many results that is. What it could not learn is asked again."""
        count = 0
        oldest = time.time() - hours * _HOUR
        with contextlib.suppress(OSError), open(other, "rb") as stream:
            for line in stream:
                row = _row(line)
                if row is None or (row["name"], row["vantage"]) in self:
                    continue
                same = questions.get((row["name"], row["vantage"])) == row.get("asked")
                learnt = row["result"].get("audited", "compliant" in row["result"])
                if same and learnt and (seconds(str(row.get("at"))) or 0) >= oldest:
                    self._append(row)
                    count += 1
        return count


def _ends_a_line(path: Path) -> bool:
    with open(path, "rb") as stream:
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) == b"\n"


def _row(line: bytes) -> Optional[dict[str, Any]]:
    """Return the row of a line, None for one that was cut off or is something else."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    if isinstance(row, dict) and {"name", "vantage", "result"} <= set(row):
        return row
    return None


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Keep others from adding to a file meanwhile; it is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
