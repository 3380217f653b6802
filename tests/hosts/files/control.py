# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run inside a host: restart the mail daemons named and return only when they listen."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

PID_FILES = {
    "postfix": "/var/spool/postfix/pid/master.pid",
    "dovecot": "/run/dovecot/master.pid",
}
# Both return after they have bound their ports: Postfix's master waits for its own set-up, and
# Dovecot binds before it goes to the background.
SIGNALS = {"postfix": signal.SIGTERM, "dovecot": signal.SIGKILL}
START = {"postfix": ["postfix", "start"], "dovecot": ["dovecot"]}
# It copies what the chroot needs. On Debian 13 Postfix runs it, on Debian 12 the init script does.
POSTFIX_START = "/usr/lib/postfix/sbin/post-install"
CHROOT = "/usr/lib/postfix/configure-instance.sh"
SYSTEMD = "/run/systemd/system"
GRACE_SECONDS = 0.3


def family(name: str) -> list[int]:
    """Return the process ids of a daemon and of its children, the daemon first."""
    try:
        with open(PID_FILES[name], encoding="ascii") as handle:
            master = int(handle.read().split()[0])
    except (FileNotFoundError, IndexError):
        return []
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(master)], capture_output=True, text=True, check=False
    )
    return [master, *(int(word) for word in listed.stdout.split())]


def watch(pids: list[int]) -> list[int]:
    """Return open handles on those processes that still run."""
    handles = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            handles.append(os.pidfd_open(pid))
    return handles


def await_exit(handle: int, seconds: float) -> bool:
    """Return whether the process has ended within ``seconds``."""
    return bool(select.select([handle], [], [], seconds)[0])


def stop(name: str) -> None:
    """End a daemon and its children and wait for their exit.

    The daemons' own stop commands sleep in whole seconds. Children of Dovecot end by themselves,
    their log written, as soon as they see that their master is gone; asked politely the master
    would count to one, and to six shortly after its start.
    """
    master = family(name)[:1]
    with contextlib.suppress(ProcessLookupError):
        for pid in master:
            # Else it could start one more child between the listing and its end.
            os.kill(pid, signal.SIGSTOP)
    handles = watch(family(name))
    if handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handles[0], SIGNALS[name])
            signal.pidfd_send_signal(handles[0], signal.SIGCONT)
    for handle in handles:
        if not await_exit(handle, GRACE_SECONDS):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            await_exit(handle, 10)
        os.close(handle)
    if name == "dovecot" and os.path.exists(PID_FILES[name]):
        os.unlink(PID_FILES[name])


def await_file(path: str) -> None:
    """Wait until ``path`` exists: ``dovecot`` returns a moment before it has written its own."""
    for _attempt in range(1000):
        if os.path.exists(path):
            return
        time.sleep(0.005)
    sys.exit(f"{path} does not appear")


def run(argv: list[str]) -> None:
    """Run ``argv`` with streams of its own: a daemon would hold the caller's open for ever."""
    with tempfile.TemporaryFile("w+") as output:
        status = subprocess.call(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if status:
            output.seek(0)
            sys.exit(f"{' '.join(argv)} ended with {status}: {output.read()}")


def fills_chroot() -> bool:
    """Return whether ``postfix start`` itself calls the script that fills the chroot."""
    with open(POSTFIX_START, encoding="utf-8") as handle:
        return os.path.basename(CHROOT) in handle.read()


def restart(names: list[str]) -> None:
    """Stop all the daemons, then start them, without a service manager."""
    for name in names:
        stop(name)
    for name in names:
        if name == "postfix" and not fills_chroot():
            run(["sh", CHROOT, "-"])
        run(START[name])
        await_file(PID_FILES[name])


def restart_units(names: list[str]) -> None:
    """Do the same through systemd, which must not take a test's many restarts for a crash."""
    run(["systemctl", "stop", *names])
    run(["systemctl", "reset-failed"])
    for name in names:
        run(["systemctl", "start", name])
        await_file(PID_FILES[name])


def main() -> None:
    """Restart the named daemons the way this host does."""
    (restart_units if os.path.isdir(SYSTEMD) else restart)(sys.argv[1:])


main()
