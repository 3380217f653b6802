# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run inside a host: restart mail daemons and return only when they listen; arguments are their names."""

import os
import select
import signal
import subprocess
import sys
import tempfile

PID_FILES = {
    "postfix": "/var/spool/postfix/pid/master.pid",
    "dovecot": "/run/dovecot/master.pid",
}
# Both return after they have bound their ports: Postfix's master waits for its own set-up, and
# Dovecot binds before it goes to the background.
START = {"postfix": ["postfix", "start"], "dovecot": ["dovecot"]}
# It copies what the chroot needs. On Debian 13 Postfix runs it, on Debian 12 the init script does.
POSTFIX_START = "/usr/lib/postfix/sbin/post-install"
CHROOT = "/usr/lib/postfix/configure-instance.sh"


def stop(name):
    """End the daemon and wait for its exit; ``postfix stop`` would sleep a whole second instead."""
    try:
        with open(PID_FILES[name], encoding="ascii") as handle:
            pid = int(handle.read().split()[0])
        process = os.pidfd_open(pid)
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return
    signal.pidfd_send_signal(process, signal.SIGTERM)
    if not select.select([process], [], [], 10)[0]:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        select.select([process], [], [], 10)
    os.close(process)


def run(argv):
    """Run ``argv`` with streams of its own: a daemon would hold the caller's open for ever."""
    with tempfile.TemporaryFile("w+") as output:
        status = subprocess.call(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        if status:
            output.seek(0)
            sys.exit("%s ended with %d: %s" % (" ".join(argv), status, output.read()))


def fills_chroot():
    """Return whether ``postfix start`` itself calls the script that fills the chroot."""
    with open(POSTFIX_START, encoding="utf-8") as handle:
        return os.path.basename(CHROOT) in handle.read()


def main():
    """Stop all the named daemons, then start them."""
    for name in sys.argv[1:]:
        stop(name)
    for name in sys.argv[1:]:
        if name == "postfix" and not fills_chroot():
            run(["sh", CHROOT, "-"])
        run(START[name])


main()
