# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the molecule scenarios against pairs of real mail hosts, from inside their network.

Arguments are handed to molecule, on one pair. Without any, every scenario runs, one after another
on each of two pairs (MAILPORTS_SITES says how many), and what molecule says is shown of those that
fail. MAILPORTS_INIT names the first process of the hosts: tini, where it is not set, or systemd.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests import hosts

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "extensions" / "molecule"
INIT = os.environ.get("MAILPORTS_INIT") or "tini"


def scenarios() -> list[str]:
    """Return the names of all scenarios, the short one last so that the pairs end together."""
    found = (path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))
    return sorted(found, key=lambda name: (name == "default", name))


def environment(site: hosts.Site, notes: str) -> dict[str, str]:
    """Return what molecule has to know of a site; ``notes`` is the folder of its own state."""
    return {
        **os.environ,
        "MAILPORTS_INVENTORY": str(site.inventory),
        "MAILPORTS_CA": str(site.ca_file),
        "MAILPORTS_CA_KEY": str(site.ca_file.with_suffix(".key")),
        "MAILPORTS_CLIENT": shlex.join(site.client.enter),
        "MOLECULE_EPHEMERAL_DIRECTORY": notes,
    }


@dataclass
class Work:
    """The scenarios that wait, and the molecules that run."""

    waiting: list[str]
    failed: list[str] = field(default_factory=list)
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def do(self) -> None:
        """Run scenarios on one pair of hosts until none is waiting."""
        with hosts.running(init=INIT) as site:
            while name := self._next():
                begun = time.monotonic()
                status, said = self._molecule(site, name)
                if status:
                    self.failed.append(name)
                    print(said, flush=True)
                result = "FAILED" if status else "passed"
                print(f"scenario {name}: {result} ({time.monotonic() - begun:.0f} s)", flush=True)

    def stop(self) -> None:
        """End what runs and begin nothing more; the pairs are taken down by their threads."""
        with self._lock:
            self.waiting.clear()
            for process in self._running:
                os.killpg(process.pid, signal.SIGKILL)

    def _next(self) -> str:
        with self._lock:
            return self.waiting.pop(0) if self.waiting else ""

    def _molecule(self, site: hosts.Site, name: str) -> tuple[int, str]:
        with tempfile.TemporaryDirectory(prefix="mailports-molecule-") as notes:
            process = subprocess.Popen(
                [*site.enter, "molecule", "test", "-s", name],
                cwd=ROOT,
                env=environment(site, notes),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            with self._lock:
                self._running.add(process)
            said, _none = process.communicate()
            with self._lock:
                self._running.discard(process)
            return process.returncode, said


def run_all(sites: int) -> int:
    """Run every scenario on so many pairs of hosts; return 1 when any failed."""
    work = Work(scenarios())
    with ThreadPoolExecutor(sites) as pool:
        pairs = [pool.submit(work.do) for _number in range(sites)]
        try:
            for pair in pairs:
                pair.result()
        except BaseException:
            work.stop()
            raise
    return 1 if work.failed else 0


def main() -> int:
    """Do what the arguments say; return the exit status."""
    if not sys.argv[1:]:
        return run_all(int(os.environ.get("MAILPORTS_SITES") or 2))
    notes = tempfile.TemporaryDirectory(prefix="mailports-molecule-")
    with hosts.running(init=INIT) as site, notes as folder:
        command = [*site.enter, "molecule", *sys.argv[1:]]
        env = environment(site, folder)
        return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
