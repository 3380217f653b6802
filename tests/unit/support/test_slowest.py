# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long each test took is written down once, with its setup and teardown, and summed up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import slowest

THREE = """
import pytest

@pytest.fixture
def waiting():
    pass

def test_one(waiting):
    pass

@pytest.mark.parametrize("n", (1, 2))
def test_two(n):
    pass
"""


def test_every_test_of_a_session_is_written_down(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "1.times"
    monkeypatch.setenv("MAILPORTS_TIMES", str(path))
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p tests.support.slowest")
    pytester.makepyfile(test_it=THREE)
    assert pytester.runpytest_inprocess().ret == 0
    found = slowest.read(path)
    assert set(found) == {
        "test_it.py::test_one",
        "test_it.py::test_two[1]",
        "test_it.py::test_two[2]",
    }
    assert all(spent > 0 for spent in found.values())


def test_the_three_phases_of_a_test_are_added_up(tmp_path: Path) -> None:
    times = slowest.Times(tmp_path / "times")
    for when, spent in (("setup", 1.0), ("call", 2.0), ("teardown", 0.5)):
        times.pytest_runtest_logreport(
            pytest.TestReport("a", ("a", 1, "a"), {}, "passed", None, when, duration=spent)  # type: ignore[arg-type]
        )
    assert times._times == {"a": 3.5}


def test_the_slowest_of_all_steps_come_first() -> None:
    steps = [("unit", {"a": 1.0, "b": 30.0}), ("hosts", {"c": 2.0})]
    assert slowest.table(steps, 2) == ["    30.0 s  unit: b", "     2.0 s  hosts: c"]
