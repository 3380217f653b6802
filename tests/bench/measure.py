# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time things side by side and keep the figures: JSON lines for programs, a table for people."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional


class BenchError(RuntimeError):
    """A measurement that cannot be taken; the message says why."""


@dataclass(frozen=True)
class Figure:
    """One measured figure. ``target`` is a limit: the lowest value that is wanted where ``more``
    is better, else the highest; None where nothing was promised."""

    part: str
    what: str
    value: float
    unit: str
    target: Optional[float] = None
    more: bool = True
    note: str = ""

    @property
    def met(self) -> Optional[bool]:
        """Tell whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.more else self.value <= self.target

    def line(self) -> str:
        """Return the figure as a line of the table."""
        wanted = ""
        if self.target is not None:
            sign = ">=" if self.more else "<="
            wanted = f"{sign} {self.target:g} {'met' if self.met else 'MISSED'}"
        figure = f"{self.value:9.4g} {self.unit:12}"
        return f"{self.part:11} {self.what:54} {figure} {wanted:14} {self.note}"


class Report:
    """Figures as they come: printed, and kept in ``folder``/PART.jsonl."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.figures: list[Figure] = []
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, figure: Figure) -> None:
        """Print and keep one figure."""
        self.figures.append(figure)
        print(figure.line().rstrip(), flush=True)
        self.keep(figure.part, {**asdict(figure), "met": figure.met})

    def keep(self, part: str, row: Mapping[str, Any]) -> None:
        """Keep a row of raw data, with the time and the machine's load beside it."""
        stamped = {**row, "at": round(time.time(), 3), "load": os.getloadavg()[0]}
        with open(self._folder / f"{part}.jsonl", "a", encoding="utf-8") as stream:
            stream.write(json.dumps(stamped) + "\n")

    def begin(self, part: str) -> None:
        """Forget what an earlier run kept of this part."""
        (self._folder / f"{part}.jsonl").unlink(missing_ok=True)


def seconds(command: Sequence[str], *, env: Optional[Mapping[str, str]] = None) -> float:
    """Run a command and return how long it took. Raises BenchError when it fails."""
    begun = time.perf_counter()
    output(command, env=env)
    return time.perf_counter() - begun


def output(command: Sequence[str], *, env: Optional[Mapping[str, str]] = None) -> str:
    """Run a command and return its standard output. Raises BenchError when it fails."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, **(env or {})},
        check=False,
    )
    if done.returncode:
        tail = (done.stdout + done.stderr)[-1500:]
        raise BenchError(f"{' '.join(command)[:300]} ended with {done.returncode}: {tail}")
    return done.stdout


def medians(
    contestants: Mapping[str, Callable[[], float]], rounds: int, report: Report, part: str
) -> dict[str, float]:
    """Return the median of each contestant over ``rounds``, taken in turn after one warm-up each.

    In turn, so that whatever else the machine does falls on all of them alike.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, contestant in contestants.items():
            value = contestant()
            if number:
                taken[name].append(value)
    for name, values in taken.items():
        report.keep(part, {"part": part, "contestant": name, "values": values})
    return {name: statistics.median(values) for name, values in taken.items()}
