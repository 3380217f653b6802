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
import queue
import shlex
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests import hosts

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "extensions" / "molecule"
INIT = os.environ.get("MAILPORTS_INIT") or "tini"


def scenarios() -> list[str]:
    """Return the names of all scenarios, the short one last so that the pairs end together."""
    found = (path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))
    return sorted(found, key=lambda name: (name == "default", name))


def molecule(
    site: hosts.Site, arguments: list[str], notes: str, *, shown: bool
) -> subprocess.CompletedProcess[str]:
    """Run molecule on the controller of a site; ``notes`` is the folder where it keeps its state.

    Unless it is ``shown`` at once, its output is returned.
    """
    env = {
        **os.environ,
        "MAILPORTS_INVENTORY": str(site.inventory),
        "MAILPORTS_CA": str(site.ca_file),
        "MAILPORTS_CA_KEY": str(site.ca_file.with_suffix(".key")),
        "MAILPORTS_CLIENT": shlex.join(site.client.enter),
        "MOLECULE_EPHEMERAL_DIRECTORY": notes,
    }
    return subprocess.run(
        [*site.enter, "molecule", *arguments],
        cwd=ROOT,
        env=env,
        stdin=None if shown else subprocess.DEVNULL,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.STDOUT,
        text=True,
        check=False,
    )


def work(waiting: queue.SimpleQueue[str]) -> list[str]:
    """Run scenarios on one pair of hosts until none is waiting; return those that failed."""
    failed = []
    with hosts.running(init=INIT) as site:
        while True:
            try:
                name = waiting.get_nowait()
            except queue.Empty:
                return failed
            begin = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="mailports-molecule-") as notes:
                done = molecule(site, ["test", "-s", name], notes, shown=False)
            seconds = time.monotonic() - begin
            if done.returncode:
                failed.append(name)
                print(done.stdout, flush=True)
            result = "FAILED" if done.returncode else "passed"
            print(f"scenario {name}: {result} ({seconds:.0f} s)", flush=True)


def run_all(sites: int) -> int:
    """Run every scenario on so many pairs of hosts; return 1 when any failed."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for name in scenarios():
        waiting.put(name)
    with ThreadPoolExecutor(sites) as pool:
        failed = [name for names in pool.map(work, [waiting] * sites) for name in names]
    return 1 if failed else 0


def main() -> int:
    """Do what the arguments say; return the exit status."""
    if not sys.argv[1:]:
        return run_all(int(os.environ.get("MAILPORTS_SITES") or 2))
    notes = tempfile.TemporaryDirectory(prefix="mailports-molecule-")
    with hosts.running(init=INIT) as site, notes as folder:
        return molecule(site, sys.argv[1:], folder, shown=True).returncode


if __name__ == "__main__":
    sys.exit(main())
