# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pytest plugin that names, at the very end, everything that did not run.

A skipped test, and a test marked ``real_hosts`` on a machine that cannot hold the real hosts, is a
gap. With ``MAILPORTS_NO_GAPS=1`` in the environment one gap fails the run. scripts/run_tests.py
collects those of all its steps through the files named in ``MAILPORTS_GAPS``: one JSON object a
line, ``{"what": ..., "why": ..., "fatal": ...}``; those with ``fatal`` false are only notes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest


def real_hosts_obstacle() -> str | None:
    """Return why this machine cannot hold the real mail hosts, or None when it can."""
    if os.geteuid() != 0:
        return "the real mail hosts need root"
    if not Path("/etc/debian_version").exists():
        return "the real mail hosts need a Debian machine"
    return None


def read(path: Path) -> list[dict[str, object]]:
    """Return the gaps in a file, none where there is no such file."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def forbidden() -> bool:
    """Tell whether a gap fails the run."""
    return os.environ.get("MAILPORTS_NO_GAPS", "") not in ("", "0")


def are_fatal(found: list[dict[str, object]], no_gaps: bool) -> bool:
    """Tell whether these gaps fail a run in which there may be none."""
    return no_gaps and any(gap["fatal"] for gap in found)


def as_lines(found: list[dict[str, object]], no_gaps: bool) -> list[str]:
    """Return the lines that name the gaps."""
    lines = [f"{'gap' if gap['fatal'] else 'note'}: {gap['what']}: {gap['why']}" for gap in found]
    if are_fatal(found, no_gaps):
        lines.append("MAILPORTS_NO_GAPS is set: a gap fails the run.")
    return lines


class Gaps:
    """Collects what did not run from the reports of one pytest session."""

    def __init__(self, path: str | None, no_gaps: bool) -> None:
        """Take the earlier gaps from the file at PATH; NO_GAPS makes a gap fail the session."""
        self._path = Path(path) if path else None
        self._no_gaps = no_gaps
        self._found = read(self._path) if self._path else []
        self._earlier = len(self._found)

    def _fatal(self) -> bool:
        return are_fatal(self._found, self._no_gaps)

    def _add(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        self._found.append(
            {"what": report.nodeid, "why": why.removeprefix("Skipped: "), "fatal": True}
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record a test that was skipped."""
        self._add(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a whole file that was skipped."""
        self._add(report)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Skip the tests that need the real hosts where there can be none."""
        obstacle = real_hosts_obstacle()
        if obstacle:
            for item in items:
                if item.get_closest_marker("real_hosts"):
                    item.add_marker(pytest.mark.skip(reason=obstacle))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the gaps on, and fail the session where there may be none."""
        if hasattr(session.config, "workerinput"):
            return
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                for gap in self._found[self._earlier :]:
                    file.write(json.dumps(gap) + "\n")
        if self._fatal() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> Generator[None, None, None]:
        """Print the gaps behind every other section."""
        yield
        if self._found:
            terminalreporter.section("not run on this machine", red=self._fatal(), yellow=True)
            for line in as_lines(self._found, self._no_gaps):
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Install the collector."""
    config.pluginmanager.register(
        Gaps(os.environ.get("MAILPORTS_GAPS"), forbidden()), "mailports-gaps"
    )
