# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of all tests says what took how long, and ends with the first step that fails."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
BUSY = "import time\nwhile time.process_time() < 0.3: pass\n"
NOTE = """
import json, os
with open(os.environ["MAILPORTS_TIMES"], "w") as file:
    file.write(json.dumps({"test": "test_it", "seconds": 12.5}))
with open(os.environ["MAILPORTS_GAPS"], "w") as file:
    file.write(json.dumps({"what": "test_that", "why": "no", "fatal": True}))
"""


@pytest.fixture
def run_tests(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the script as a module, imported as it imports its neighbours."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import run_tests

    return run_tests


def python(text: str) -> list[str]:
    """Return a command that runs a program in a process that waits for it."""
    return ["sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, text]


def test_the_time_of_every_step_is_told(run_tests: ModuleType, tmp_path: Path) -> None:
    """Processor time is that of grandchildren too; a step without tests has no slow ones."""
    run = run_tests.Runner(tmp_path)
    run.step("busy", python(BUSY))
    run.step("noted", python(NOTE))
    busy, _noted = run.steps
    assert busy.processor >= 0.3
    assert busy.clock >= busy.processor / 2
    lines = list(run.summary())
    assert lines[0] == "== time of each step, by the clock and on the processors"
    assert {line.split()[-1] for line in lines[1:3]} == {"busy", "noted"}
    assert lines[3:] == ["== the slowest tests", "    12.5 s  noted: test_it"]
    assert run.gaps() == [{"what": "test_that", "why": "no", "fatal": True}]


def test_a_step_that_fails_ends_the_run(
    run_tests: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_tests.Runner(tmp_path)
    with pytest.raises(run_tests.Failed):
        run.step("wrong", python("print('seen'); raise SystemExit(3)"))
    with pytest.raises(run_tests.Failed):
        run.step("late", python(""))
    said = capsys.readouterr().out
    assert "seen\n== wrong: failed (exit status 3)" in said
    assert "late" not in said
