# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pytest plugin that writes down how long each test took, for scripts/run_tests.py to sum up.

The file is named in ``MAILPORTS_TIMES``: one JSON object a line, ``{"test": ..., "seconds": ...}``,
with the time of setup, test and teardown together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

import pytest


def read(path: Path) -> dict[str, float]:
    """Return the seconds that each test of one file took, by its name."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row["test"]: row["seconds"] for row in map(json.loads, lines)}


def table(times: Iterable[tuple[str, dict[str, float]]], count: int = 20) -> list[str]:
    """Return lines for the ``count`` slowest tests of all steps: ``times`` by the step's title."""
    rows = [(spent, f"{step}: {test}") for step, tests in times for test, spent in tests.items()]
    return [f"{spent:8.1f} s  {name}" for spent, name in sorted(rows, reverse=True)[:count]]


class Times:
    """Adds up the seconds of each test of one pytest session."""

    def __init__(self, path: Path) -> None:
        """Write to PATH when the session ends."""
        self._path = path
        self._times: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add one phase of a test."""
        self._times[report.nodeid] = self._times.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write all down; the workers of a session leave it to the process that waits for them."""
        if not hasattr(session.config, "workerinput"):
            rows = ({"test": test, "seconds": spent} for test, spent in self._times.items())
            text = "".join(json.dumps(row) + "\n" for row in rows)
            self._path.write_text(text, encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Install the plugin where its file is named."""
    path = os.environ.get("MAILPORTS_TIMES")
    if path:
        config.pluginmanager.register(Times(Path(path)), "mailports-times")
