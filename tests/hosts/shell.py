# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run commands and say what failed: the one place where the test hosts start a process and wait."""

from __future__ import annotations

import os
import select
import shlex
import subprocess
from collections.abc import Sequence


class HostsError(RuntimeError):
    """The test hosts cannot do what was asked; the message says why and what to do."""


def argv_of(command: Sequence[str] | str) -> list[str]:
    """Return ``command`` as an argument list; a string is a shell command."""
    return ["sh", "-c", command] if isinstance(command, str) else list(command)


def call(
    command: Sequence[str] | str, *, data: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run ``command``, feed it ``data``, return its result with both streams as text.

    Raises HostsError with the end of the output when it fails and ``check`` is true.
    """
    argv = argv_of(command)
    result = subprocess.run(argv, input=data or "", capture_output=True, text=True, check=False)
    if check and result.returncode != 0:
        tail = (result.stderr + result.stdout).strip()[-2000:]
        raise HostsError(f"{shlex.join(argv)[:300]} ended with {result.returncode}: {tail}")
    return result


def wait_for_exit(pid: int, seconds: float) -> bool:
    """Wait until process ``pid`` has ended; False when it still runs after ``seconds``."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
