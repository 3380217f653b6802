# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which process listens where, as the kernel tells it."""

from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system import sockets


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_listening(family: int, address: str) -> None:
    with socket.socket(family) as server:
        server.bind((address, 0))
        port = server.getsockname()[1]
        assert (address, port) not in sockets.listening(os.getpid())
        server.listen()
        assert (address, port) in sockets.listening(os.getpid())
        assert sockets.holders(port, 0) == [
            f"{sockets.command(os.getpid())} (process {os.getpid()})"
        ]
    assert sockets.holders(port, 0) == []


def test_children() -> None:
    assert os.getpid() in sockets.children(os.getppid())
    assert sockets.children(-1) == {}
    assert sockets.command(-1) == ""
