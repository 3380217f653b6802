# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs, including those that start daemons, and wait for their effect."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Optional

COMMAND_SECONDS = 60.0
_TICK = 0.01
_SYSTEM_PATH = "/usr/sbin:/sbin"


class ServerError(Exception):
    """A server is missing, too old, refuses its configuration, or does not react."""


def call(
    argv: Sequence[str], environ_update: Optional[Mapping[str, str]] = None
) -> tuple[int, str, str]:
    """Run one command and return its status, output and errors, as run_command does.

    The streams are files: a daemon that is started keeps them open, and a pipe, as run_command
    has, would never end. Raises ServerError where there is no such program, or it does not end.
    """
    env = {
        **os.environ,
        "LC_ALL": "C",
        "PATH": f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}",
        **(environ_update or {}),
    }
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            status = subprocess.run(  # pylint: disable=ansible-bad-function
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=env,
                timeout=COMMAND_SECONDS,
                check=False,
            ).returncode
        except FileNotFoundError as error:
            raise ServerError(f"{argv[0]} was not found: is the server installed here?") from error
        except subprocess.TimeoutExpired as error:
            raise ServerError(f"{argv[0]} did not end within {COMMAND_SECONDS:g} s") from error
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "surrogateescape"))
    return status, texts[0], texts[1]


def output(argv: Sequence[str]) -> str:
    """Return what a command printed. Raises ServerError with its words where it failed."""
    status, out, err = call(argv)
    if status:
        words = (err.strip() or out.strip())[-1000:].encode("utf-8", "replace").decode()
        raise ServerError(f"{argv[0]} ended with {status}: {words}")
    return out


def until(condition: Callable[[], bool], seconds: float, tick: float = _TICK) -> bool:
    """Poll until a condition holds, where no event can be waited for; False after ``seconds``."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        select.select([], [], [], tick)
    return True


def manager(verb: str, service: str) -> list[str]:
    """Return the service manager's command to start, stop or reload a service, [] without one."""
    if os.path.isdir("/run/systemd/system"):
        return ["systemctl", verb, f"{service}.service"]
    if os.path.exists(f"/etc/init.d/{service}"):
        return [f"/etc/init.d/{service}", verb]
    return []
