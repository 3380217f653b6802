# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of several workers stand side by side, and a worker that dies leaves none behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import hosts
from tests.integration.running import ROOT

# Its only test tells what the worker has started, and kills the worker.
FATAL = """
import json, os, signal
from pathlib import Path
from tests.integration.conftest import *

def test_fatal(site, probers):
    started = [prober.pid for prober in probers.values()]
    started += [host.pid for host in site.hosts.values()]
    told = {"id": site.id, "started": started}
    Path(os.environ["TOLD"]).write_text(json.dumps(told))
    os.kill(os.getpid(), signal.SIGKILL)
"""
# Writes the name of its instance into its hosts and, when all have, reads it back by their names.
NEIGHBOUR = """
import sys
from tests import hosts
sys.stdin.readline()
with hosts.running(mail=False) as site:
    for host in site.hosts.values():
        (host.root / "etc/mailname").write_text(site.id)
    print(site.id, flush=True)
    sys.stdin.readline()
    ssh = ["ssh", "-i", str(site.key), "-o", "StrictHostKeyChecking=no"]
    ssh += ["-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
    read = [
        hosts.shell.call([*site.enter, *ssh, host.name, "cat /etc/mailname"]).stdout
        for host in site.hosts.values()
    ]
    print(*read, flush=True)
"""


def _left(site_id: str) -> list[str]:
    """Return what this machine still has of an instance: files, namespaces, mounts, processes."""
    places = [hosts.instance.runs(), Path("/run/netns"), Path("/etc/netns")]
    found = [str(path) for place in places for path in place.glob(f"*{site_id}*")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            texts = [(process / name).read_bytes() for name in ("cmdline", "mountinfo")]
        except OSError:
            continue
        if any(site_id.encode() in text for text in texts):
            found.append(f"{process}: {texts[0]!r}")
    return found


def test_a_killed_worker_leaves_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its test fails, and the process that it worked for removes its hosts."""
    monkeypatch.setenv("TOLD", str(pytester.path / "told.json"))
    monkeypatch.delenv("MAILPORTS_GAPS", raising=False)
    pytester.makeconftest("from tests.integration.conftest import pytest_unconfigure")
    pytester.makepyfile(test_fatal=FATAL)
    result = pytester.runpytest_subprocess("-n", "1", "--max-worker-restart", "0")
    result.stdout.fnmatch_lines(["FAILED test_fatal.py::test_fatal - worker*crashed*"])
    told = json.loads((pytester.path / "told.json").read_text(encoding="utf-8"))
    assert all(hosts.shell.wait_for_exit(pid, 20) for pid in told["started"])
    assert _left(told["id"]) == []


def test_instances_side_by_side() -> None:
    """Those that begin and end at the same moment do not meet, though names and addresses do."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", NEIGHBOUR],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _number in range(3)
    ]
    for process in running:
        assert process.stdin
        process.stdin.write("begin\n")
        process.stdin.flush()
    ids = [process.stdout.readline().strip() for process in running if process.stdout]
    assert len(set(ids)) == 3
    assert all(_left(site_id) for site_id in ids)
    for site_id, process in zip(ids, running):
        said, _none = process.communicate("read\n")
        assert process.returncode == 0
        assert said.split() == [site_id] * 2
    assert [_left(site_id) for site_id in ids] == [[]] * 3
