# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the processes of one host in namespaces of its own, wait for its ports, and end it."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .mailserver import FILES
from .shell import HostsError, wait_for_exit

SECONDS = 20
SSH = 22


@dataclass(frozen=True)
class Machine:
    """What a host starts from: its directory, its network namespace, its root and its full name.

    ``folder`` holds what is laid over ``root``, which names the layers of an overlay from the top
    down, with colons between them.
    """

    folder: Path
    netns: str
    root: str
    name: str


def plant(folder: Path, names: str, name: str) -> Path:
    """Make the directory of a host and return its ``tree``, which is laid over the root.

    ``names`` is the text of /etc/hosts.
    """
    tree = folder / "tree"
    (tree / "etc").mkdir(parents=True)
    (folder / "log").mkdir()
    (folder / "mnt").mkdir()
    (tree / "etc/hosts").write_text(names, encoding="ascii")
    (tree / "etc/hostname").write_text(f"{name}\n", encoding="ascii")
    # No name server: a question fails at once in place of after a timeout.
    (tree / "etc/resolv.conf").write_text("", encoding="ascii")
    return tree


def launch(machine: Machine, *, cgroup: str = "", command: str = "") -> int:
    """Start a host and return the id of its launcher, with which all its processes end.

    ``cgroup`` names a control group for systemd. ``command`` is a shell command that the host runs
    and ends with, in place of its log and ssh daemons.
    """
    kinds = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"]
    argv = ["nsenter", f"--net=/run/netns/{machine.netns}", "--", "unshare", *kinds]
    argv += ["sh", str(FILES / "boot.sh"), machine.root, str(machine.folder), machine.name]
    with open(machine.folder / "console.log", "wb") as console:
        process = subprocess.Popen(
            [*argv, cgroup, command],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
        )
    # The host outlives this object; end() reaps the process by its id.
    process.returncode = 0
    return process.pid


def await_ports(machine: Machine, launcher: int, ports: set[int]) -> None:
    """Wait until the host listens on these ports, seen from inside its own namespace.

    Raises HostsError when it ends before or takes too long.
    """
    limit = time.monotonic() + SECONDS
    while not ports <= _listening(machine, launcher):
        if time.monotonic() > limit or wait_for_exit(launcher, 0.02):
            console = machine.folder / "console.log"
            said = console.read_text(encoding="utf-8", errors="replace")
            missing = sorted(ports - _listening(machine, launcher))
            raise HostsError(f"{machine.name} does not listen on {missing}: {said[-1000:]}")


def _listening(machine: Machine, launcher: int) -> set[int]:
    """Return the TCP ports that are listened on in the network namespace of a host."""
    found: set[int] = set()
    with suppress(OSError):
        inside = os.stat(f"/proc/{launcher}/ns/net").st_ino
        if inside != os.stat(f"/run/netns/{machine.netns}").st_ino:
            # It is still about to enter: these would be the machine's own ports.
            return found
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/{launcher}/net/{table}").read_text().splitlines()[1:]:
                _number, local, _remote, state = line.split()[:4]
                if state == "0A":
                    found.add(int(local.rpartition(":")[2], 16))
    return found


def first_process(launcher: int) -> int:
    """Return the host's first process: the only child of the launcher."""
    path = Path(f"/proc/{launcher}/task/{launcher}/children")
    try:
        return int(path.read_text(encoding="ascii").split()[0])
    except (OSError, IndexError) as error:
        raise HostsError(f"the host's launcher {launcher} has died: run down, then up") from error


def end(launcher: int, mark: str) -> None:
    """End a host whose launcher has ``mark`` in its arguments, and wait until it is gone."""
    if is_ours(launcher, mark):
        first = None
        with suppress(HostsError):
            first = first_process(launcher)
        with suppress(ProcessLookupError):
            os.kill(launcher, 9)
        wait_for_exit(launcher, 10)
        if first:
            # It goes with the launcher, and only behind all the other processes of the host.
            wait_for_exit(first, 10)
    with suppress(ChildProcessError):
        os.waitpid(launcher, 0)


def is_ours(pid: int, mark: str) -> bool:
    """Return whether process ``pid`` still is the launcher with ``mark`` in its arguments."""
    with suppress(OSError):
        return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def started(pid: int) -> str:
    """Return when process ``pid`` started, in clock ticks since boot; "" when there is none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    return ""
