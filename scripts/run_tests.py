# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every test of the project in three lanes, and say at the end what did not run.

One lane computes: the unit and lint-rule tests, and hostile servers; the engine's unit tests on
other Pythons of the machine; the reports, in a real browser; the names, against other programs;
ansible-test sanity. The others mostly wait for real mail servers: the molecule scenarios in one,
the integration tests in the other. What a step prints is shown when it ends. The first step that
fails ends the run, unless make was told to keep going (``make -k test``). At the end stand the time
of each step, by the clock and on the processors, and the twenty slowest tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import interpreters

from tests.hosts import bases
from tests.support import amount, gaps, slowest

ROOT = Path(__file__).resolve().parent.parent
ENGINE_TESTS = "tests/unit/plugins/module_utils"
# Where the engine meets what differs from one Python to the next: ssl, sockets, processes, files.
# The oldest and the newest Python take all of its tests, those between them these alone.
MEETING_PYTHON = tuple(f"{ENGINE_TESTS}/_{room}" for room in ("change", "check", "probe", "system"))
# Of the inputs that tests generate, what each further Python takes.
ONE_IN = 5
# Most tests run on the distribution's Python and its ansible-core, some on the newest of both.
NEWEST = ["scripts/env", "test", "python"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "--no-header"]

# What tests start on this machine itself, and the Debian package of each.
PROGRAMS = {
    "chromium": "chromium",
    "nft": "nftables",
    "gnutls-serv": "gnutls-bin",
    "nmap": "nmap",
    "npm": "npm",
    "shellcheck": "shellcheck",
}


class Failed(Exception):
    """A step failed, or the run ended before it did."""


@dataclass(frozen=True)
class Step:
    """One command: its title, the file of its tests' times, how long it and its children took.

    ``clock`` and ``processor`` are seconds.
    """

    title: str
    times: Path
    clock: float
    processor: float


@dataclass
class Runner:
    """Runs commands of all lanes; ``folder`` takes their output and the gaps that they name.

    ``keep_going``: a step that fails does not keep the others from running.
    """

    folder: Path
    keep_going: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    _count: int = 0
    _over: bool = False
    steps: list[Step] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def step(self, title: str, command: list[str]) -> None:
        """Run one command in the checkout and show what it said. Raises Failed."""
        with self._lock:
            if self._over:
                raise Failed
            self._count += 1
            number = self._count
            print(f"== {title}: begins", flush=True)
        begun = time.monotonic()
        said = self.folder / f"{number}.log"
        with said.open("wb") as stream:
            status, processor = self._run(command, number, stream)
        clock = time.monotonic() - begun
        with self._lock:
            if self._over:
                raise Failed
            self._over = bool(status) and not self.keep_going
            sys.stdout.write(said.read_text(encoding="utf-8", errors="replace"))
            result = f"failed (exit status {status})" if status else "passed"
            print(f"== {title}: {result} ({clock:.0f} s)", flush=True)
            self.steps.append(Step(title, self._file(number, "times"), clock, processor))
            if status:
                self.failed.append(title)
        if self._over:
            self.stop()
            raise Failed

    def _file(self, number: int, kind: str) -> Path:
        return self.folder / f"{number}.{kind}"

    def _run(self, command: list[str], number: int, stream: object) -> tuple[int, float]:
        """Run a command; return its exit status and the processor time that it took, in seconds."""
        files = {
            f"MAILPORTS_{kind.upper()}": self._file(number, kind) for kind in ("gaps", "times")
        }
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **{name: str(path) for name, path in files.items()}},
            stdin=subprocess.DEVNULL,
            stdout=stream,  # type: ignore[call-overload]
            stderr=subprocess.STDOUT,
        )
        with self._lock:
            self._running.add(process)
        _pid, waited, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(waited)
        with self._lock:
            self._running.discard(process)
        return process.returncode, used.ru_utime + used.ru_stime

    def stop(self) -> None:
        """End what still runs, as Ctrl-C would, so that it takes its mail hosts down."""
        with self._lock:
            self._over = True
            for process in self._running:
                process.send_signal(signal.SIGINT)

    def note(self, what: str, why: str, fatal: bool = False) -> None:
        """Name something that did not run; FATAL when continuous integration must run it."""
        with self._lock, (self.folder / "notes.gaps").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"what": what, "why": why, "fatal": fatal}) + "\n")

    def gaps(self) -> list[dict[str, object]]:
        """Return what did not run in any step."""
        return [gap for path in sorted(self.folder.glob("*.gaps")) for gap in gaps.read(path)]

    def summary(self) -> Iterator[str]:
        """Yield the lines that say what took how long."""
        yield "== time of each step, by the clock and on the processors"
        for step in sorted(self.steps, key=lambda one: -one.clock):
            yield f"{step.clock:8.0f} s {step.processor:8.0f} s  {step.title}"
        yield "== the slowest tests"
        found = [(one.title, slowest.read(one.times)) for one in self.steps if one.times.exists()]
        yield from slowest.table(found)


def computing(run: Runner) -> None:
    """Run the steps that need processors."""
    fast = [
        name for name in ("tests/unit", "tests/lint", "tests/hostile") if (ROOT / name).is_dir()
    ]
    run.step("unit tests", [*PYTEST, "-n", "2", "--dist", "loadfile", *fast])
    engine_on_other_pythons(run)
    command = ["scripts/env", "report", "python", "-m", "pytest", "-q", "--no-header"]
    run.step("reports", [*command, "tests/report"])
    command = ["scripts/env", "names", "python", "-m", "pytest", "-q", "--no-header"]
    run.step("names", [*command, "tests/names"])
    run.step("sanity", [*NEWEST, "scripts/run_sanity.py"])


def engine_on_other_pythons(run: Runner) -> None:
    """Run the engine's unit tests on each Python of the machine but the one running this.

    That one takes all the generated inputs; each of the others a part of them. What computes and
    calls nothing is tested on the oldest and the newest Python only.
    """
    found = {python.release[:2]: python for python in interpreters.usable(*interpreters.NODES)}
    (major, low), (_major, high) = interpreters.NODES
    for minor in range(low, high + 1):
        python = found.get((major, minor))
        if python is None:
            run.note(f"{ENGINE_TESTS} on Python {major}.{minor}", "no such interpreter here")
        elif python.release[:2] != sys.version_info[:2]:
            # One process: they wait as long as they compute, and the other lanes fill the gaps.
            command = ["env", f"{amount.VARIABLE}={ONE_IN}", "scripts/env", "--python", python.path]
            command += ["unit", "python", "-m", "pytest"]
            ends = (min(found), max(found))
            tests = [ENGINE_TESTS] if python.release[:2] in ends else MEETING_PYTHON
            run.step(f"engine on Python {python.text}", [*command, "-q", "--no-header", *tests])


def scenarios(run: Runner) -> None:
    """Run the molecule scenarios, on mail servers of their own."""
    obstacle = gaps.real_hosts_obstacle()
    if obstacle:
        run.note("molecule scenarios", obstacle, fatal=True)
    else:
        run.step("molecule", [*NEWEST, "scripts/run_molecule.py"])


def integration(run: Runner) -> None:
    """Run the tests on real mail servers."""
    # A worker has hosts of its own; what is left over is taken one test at a time.
    run.step("integration tests", [*PYTEST, "-n", "3", "--dist", "worksteal", "tests/integration"])


def install_programs(run: Runner) -> None:
    """Install what the steps need, before several lanes want apt at once."""
    if gaps.real_hosts_obstacle():
        return
    bases.install_tools()
    missing = [package for name, package in PROGRAMS.items() if shutil.which(name) is None]
    if missing:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing]
        for command in (["apt-get", "update", "-qq"], install):
            run.step("programs for the tests", command)


@contextlib.contextmanager
def lane(run: Runner, steps: Callable[[Runner], None]) -> Iterator[None]:
    """Run steps beside the block; raises Failed at its end if one of them has failed."""
    failures: list[Failed] = []

    def work() -> None:
        try:
            steps(run)
        except Failed as failed:
            failures.append(failed)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    except BaseException:
        run.stop()
        raise
    finally:
        thread.join()
    if failures:
        raise failures[0]


def main() -> int:
    """Run all lanes; return 1 when a step failed, or left out what must run."""
    with tempfile.TemporaryDirectory(prefix="mailports-tests-") as folder:
        # make hands its own short options down as the first word.
        own, *_others = os.environ.get("MAKEFLAGS", "").split(" ")
        run = Runner(Path(folder), keep_going="k" in own)
        try:
            install_programs(run)
            with lane(run, integration), lane(run, scenarios):
                computing(run)
        except Failed:
            return 1
        print(*run.summary(), sep="\n", flush=True)
        found = run.gaps()
    for line in gaps.as_lines(found, gaps.forbidden()):
        print(line)
    for title in run.failed:
        print(f"failed: {title}")
    return int(bool(run.failed) or gaps.are_fatal(found, gaps.forbidden()))


if __name__ == "__main__":
    sys.exit(main())
