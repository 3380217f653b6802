# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what servers have in common: when they serve their files, and how they are told to."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system import server as _server
from ansible_collections.postmaster.mailports.plugins.module_utils._system import sockets
from ansible_collections.postmaster.mailports.plugins.module_utils._system.programs import (
    ServerError,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._system.server import (
    Server,
    endpoint,
    held_by_others,
    silent,
)

PLACE = ("0.0.0.0", 25)


class Fake(Server):
    """A server that listens on ``then`` once it was told anything."""

    name = "Fake"

    def __init__(self, pid: Optional[int], then: set[sockets.Endpoint]) -> None:
        self.pid = pid
        self.then = then
        self.now: set[sockets.Endpoint] = set()
        self.told: list[str] = []

    def master(self) -> Optional[int]:
        """Return the process id."""
        return self.pid

    def listening(self) -> set[sockets.Endpoint]:
        """Return where it listens."""
        return self.now if self.pid else set()

    def command(self, verb: str) -> list[str]:
        """Do it at once, and return a command that does nothing."""
        self.told.append(verb)
        self.pid, self.now = (7 if verb == "start" else None), self.then
        return ["true"]

    def reload(self) -> None:
        """Reload."""
        self.told.append("reload")
        self.now = self.then


@pytest.mark.parametrize(
    ("pid", "restart", "told"),
    [
        (7, False, ["reload"]),
        (None, False, ["start"]),
        (7, True, ["stop", "start"]),
        (None, True, ["start"]),
    ],
)
def test_serve_and_restore(pid: Optional[int], restart: bool, told: list[str]) -> None:
    server = Fake(pid, {PLACE})
    server.serve({PLACE}, [587], restart=restart)
    assert server.told == told
    assert server.serves({PLACE}, [587])
    again = Fake(pid, set())
    again.restore(True, restart=restart)
    assert again.told == told


@pytest.mark.parametrize(("pid", "told"), [(7, ["stop"]), (None, [])])
def test_a_server_that_did_not_run_is_stopped_again(pid: Optional[int], told: list[str]) -> None:
    server = Fake(pid, set())
    server.restore(False)
    assert server.told == told


def test_what_is_not_as_told_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who listens in its place, and where it still listens itself."""
    monkeypatch.setattr(_server, "BIND_SECONDS", 0.0)
    monkeypatch.setattr(sockets, "holders", lambda port, besides: ["x (process 1)"] * (port == 25))
    server = Fake(7, {("0.0.0.0", 587)})
    with pytest.raises(ServerError) as refused:
        server.serve({PLACE, ("", 465)}, [587])
    assert str(refused.value).splitlines() == [
        "Fake does not listen on its address port 465; nobody holds that port",
        "Fake does not listen on 0.0.0.0 port 25; that port is held by x (process 1)",
        "Fake still listens on port 587",
    ]


def test_missing() -> None:
    """An address that is given by a name can only be compared by its port."""
    server = Fake(7, set())
    server.now = {("127.0.0.1", 25)}
    assert server.missing([PLACE, ("", 25), ("127.0.0.1", 25)]) == [PLACE]
    assert not Fake(None, set()).serves([], [])


@pytest.mark.parametrize(
    ("address", "place"),
    [("*", PLACE), ("127.0.0.1", ("127.0.0.1", 25)), ("[::]", ("::", 25)), ("mail", ("", 25))],
)
def test_endpoint(monkeypatch: pytest.MonkeyPatch, address: str, place: sockets.Endpoint) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: True)
    assert endpoint(address, 25) == [place]
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    assert endpoint("::1", 25) == []


@pytest.mark.parametrize(
    ("verb", "said"), [("start", "was started but is not running"), ("stop", "did not stop within")]
)
def test_a_server_that_does_not_do_as_told(
    monkeypatch: pytest.MonkeyPatch, verb: str, said: str
) -> None:
    monkeypatch.setattr(_server, "SETTLE_SECONDS", 0.0)
    server = Fake(None, set())
    monkeypatch.setattr(server, "master", lambda: None if verb == "start" else 7)
    with pytest.raises(ServerError, match=said):
        getattr(server, verb)()


@pytest.mark.parametrize(
    ("address", "theirs", "in_the_way"),
    [
        ("0.0.0.0", "127.0.0.1", True),
        ("127.0.0.1", "0.0.0.0", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("0.0.0.0", "::", True),
        ("::", "::1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("0.0.0.0", "::1", False),
        ("::1", "0.0.0.0", False),
    ],
)
def test_who_holds_a_port(
    monkeypatch: pytest.MonkeyPatch, address: str, theirs: str, in_the_way: bool
) -> None:
    monkeypatch.setattr(sockets, "endpoints", lambda: {"1": (theirs, 465), "2": (address, 25)})
    monkeypatch.setattr(sockets, "holders", lambda port, besides: ["python3 (process 7)"])
    found = held_by_others([(address, 465)], None, {})
    expected = [f"{address} port 465 is held by python3 (process 7)"] if in_the_way else []
    assert found == expected


def test_a_port_that_the_master_has_is_not_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "endpoints", lambda: {"1": ("0.0.0.0", 25)})
    monkeypatch.setattr(sockets, "listening", lambda pid: {("0.0.0.0", 25)})
    assert held_by_others([("0.0.0.0", 25)], 7, {}) == []


def test_a_socket_unit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "endpoints", lambda: {"1": ("::", 143)})
    found = held_by_others([("", 143)], None, {143: "dovecot.socket"})
    assert found == ["port 143 is held by dovecot.socket"]


@contextlib.contextmanager
def answering(behaviour: str) -> Iterator[int]:
    """Serve one connection after another so on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _address = server.accept()
                    with client:
                        if behaviour == "greets":
                            client.sendall(b"220 mail\r\n")
                        elif behaviour == "alerts":
                            client.recv(5)
                            client.sendall(b"\x15\x03\x03\x00\x02\x02\x28")
                        elif behaviour == "late":
                            client.recv(1)
                            client.sendall(b"220 mail\r\n")

        if behaviour != "silent":
            threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("behaviour", "answers"),
    [("greets", True), ("alerts", True), ("late", True), ("silent", False)],
)
def test_who_answers(monkeypatch: pytest.MonkeyPatch, behaviour: str, answers: bool) -> None:
    """A connection to a socket that somebody holds succeeds whether or not anybody serves it."""
    monkeypatch.setattr(_server, "_SILENT_SECONDS", 0.05)
    monkeypatch.setattr(_server, "ANSWER_SECONDS", 1.0)
    with answering(behaviour) as port:
        assert silent([("0.0.0.0", port)]) == ([] if answers else [("0.0.0.0", port)])


def test_nobody_at_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert silent([("127.0.0.1", port)]) == [("127.0.0.1", port)]
