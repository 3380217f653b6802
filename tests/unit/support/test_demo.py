# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the demonstration hosts serve until told to stop and are what they claim to be."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES

from tests.support import demo

LIMIT = 10  # seconds until a hang becomes a failure


@contextmanager
def serving(directory: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run the command of the demo until "ready" and yield it with what it wrote."""
    command = [sys.executable, "-m", demo.__name__, "--serve", str(directory)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process, json.loads((directory / "demo.json").read_text(encoding="utf-8"))
        finally:
            process.kill()


def connect(host: dict[str, Any], service: str) -> socket.socket:
    """Connect to a service of a host of demo.json."""
    return socket.create_connection((host["address"], host["services"][service]["port"]), LIMIT)


def test_demo_serves_both_hosts(tmp_path: Path) -> None:
    """Every service of the table is described; open ones greet, closed ones refuse."""
    with serving(tmp_path) as (process, whole):
        intended, faulty = whole["hosts"]
        assert set(intended["services"]) == set(faulty["services"]) == set(SERVICES)
        for service in demo.INTENDED.closed:
            with pytest.raises(ConnectionRefusedError):
                connect(intended, service)
        context = ssl.create_default_context(cafile=whole["ca_file"])
        with (
            connect(intended, "imaps") as plain,
            context.wrap_socket(plain, server_hostname=intended["name"]) as inside,
        ):
            assert inside.recv(100).startswith(b"* OK")
        with connect(faulty, "imaps") as plain:
            assert plain.recv(100).startswith(b"* OK")
        with connect(faulty, "submission_alt") as plain:
            assert plain.recv(100).startswith(b"SSH-")
        with (
            connect(faulty, "submissions") as plain,
            pytest.raises(ssl.SSLCertVerificationError, match="expired"),
        ):
            context.wrap_socket(plain, server_hostname=faulty["name"])
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(LIMIT) == 0


def test_demo_stops_at_sigterm(tmp_path: Path) -> None:
    """SIGTERM ends it with status 0."""
    with serving(tmp_path) as (process, _whole):
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "demo.json"]
