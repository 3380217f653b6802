# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of running a server's programs and waiting for their effect."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system import (
    programs as _command,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._system.programs import (
    ServerError,
    call,
    manager,
    output,
    until,
)


def script(text: str) -> list[str]:
    """Return the command that runs some Python."""
    return [sys.executable, "-c", text]


def test_call() -> None:
    """Status and both streams, in English whatever the user speaks."""
    program = "import os, sys; print(os.environ['LC_ALL'], os.environ['A']); sys.exit('x')"
    assert call(script(program), {"A": "b"}) == (1, "C b\n", "x\n")


def test_a_daemon_that_keeps_the_streams_open_is_not_waited_for() -> None:
    """With pipes the call would end only with the daemon."""
    status, out, _err = call(["sh", "-c", "sleep 60 & echo $!"])
    os.kill(int(out), signal.SIGTERM)
    assert status == 0


def test_output() -> None:
    assert output(script("print(1)")) == "1\n"
    with pytest.raises(ServerError, match="ended with 3: sorry"):
        output(script("import sys; print('sorry', file=sys.stderr); sys.exit(3)"))
    with pytest.raises(ServerError, match="ended with 3: told"):
        output(script("import sys; print('told'); sys.exit(3)"))


def test_no_such_program_and_one_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerError, match="/nowhere was not found"):
        call(["/nowhere"])
    monkeypatch.setattr(_command, "COMMAND_SECONDS", 0.2)
    with pytest.raises(ServerError, match=r"did not end within 0\.2 s"):
        call(["sleep", "60"])


def test_until() -> None:
    seen: list[int] = []

    def third() -> bool:
        seen.append(1)
        return len(seen) == 3

    assert until(third, 5.0, 0.001)
    assert not until(lambda: False, 0.0)


@pytest.mark.parametrize(
    ("there", "command"),
    [
        ("/run/systemd/system", ["systemctl", "start", "postfix.service"]),
        ("/etc/init.d/postfix", ["/etc/init.d/postfix", "start"]),
        ("", []),
    ],
)
def test_manager(monkeypatch: pytest.MonkeyPatch, there: str, command: list[str]) -> None:
    for question in ("isdir", "exists"):
        monkeypatch.setattr(os.path, question, lambda path: path == there)
    assert manager("start", "postfix") == command
