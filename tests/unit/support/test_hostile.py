# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that scripted servers do each step, and that every hostile script runs as it is named."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.support import hostile
from tests.support.certificates import Certificates
from tests.support.scripted import (
    Expect,
    Flood,
    Scripted,
    Send,
    SendSlowly,
    SendTagged,
    Silence,
)

LIMIT = 10  # seconds a client waits before a hang becomes a failure
ENOUGH = 3_000_000  # bytes after which an endless server is believed
NAME = "mail.example.net"


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """Make the CAs once."""
    with Certificates() as made:
        yield made


@pytest.fixture(scope="module")
def cases(certificates: Certificates) -> dict[str, hostile.Case]:
    """Return the catalogue."""
    return hostile.catalogue(certificates.context("good", (NAME,)), interval=0.001)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def dial(server: Scripted) -> socket.socket:
    """Connect to ``server``."""
    return socket.create_connection((server.address, server.port), LIMIT)


def read_exactly(sock: socket.socket, size: int) -> bytes:
    """Return up to ``size`` bytes, fewer only at the end."""
    got = b""
    while len(got) < size:
        more = sock.recv(min(65536, size - len(got)))
        if not more:
            break
        got += more
    return got


def read_line(sock: socket.socket) -> bytes:
    """Return one line, byte by byte so that nothing behind it is taken."""
    line = b""
    while not line.endswith(b"\n"):
        byte = sock.recv(1)
        if not byte:
            break
        line += byte
    return line


def outcome(sock: socket.socket) -> str:
    """Say how the connection ends.

    Inside TLS, Python's ssl turns a reset into an end without close_notify; here that is called
    a reset, since the servers never send a bare FIN there.
    """
    try:
        return "closed" if sock.recv(1) == b"" else "data"
    except (ConnectionResetError, ssl.SSLEOFError):
        return "reset"


def test_steps_run_in_order_on_each_connection() -> None:
    """Lines are sent, awaited and tagged; two connections do not disturb each other."""
    script = (Send(b"hi\r\n"), Expect(b"capability"), SendTagged(b"OK\r\n"), SendSlowly(b"ab", 0.0))
    with Scripted(script) as server, dial(server) as one, dial(server) as two:
        for sock, tag in ((two, b"t2"), (one, b"t1")):
            assert read_line(sock) == b"hi\r\n"
            sock.sendall(tag + b" CAPABILITY\r\n")
            assert read_line(sock) == tag + b" OK\r\n"
            assert read_exactly(sock, 3) == b"ab"
    assert server.surprises == []


def test_a_surprise_is_noted_and_ends_the_connection() -> None:
    """A line other than the expected one is kept for the test to see."""
    with Scripted((Expect(b"EHLO"), Send(b"never"))) as server, dial(server) as sock:
        sock.sendall(b"HELO me\r\n")
        assert outcome(sock) == "closed"
        assert server.surprises == [(b"EHLO", b"HELO me")]


@pytest.mark.parametrize("total", [1, 10, 65536, 65537, 200_001])
def test_flood_sends_its_total(total: int) -> None:
    """A flood ends at its byte, and repeats the data without a seam."""
    with Scripted((Flood(b"abc", total),)) as server, dial(server) as sock:
        assert read_exactly(sock, total + 1) == (b"abc" * total)[:total]


def test_silence_ends_when_the_server_is_closed() -> None:
    """A server that says nothing does not hold up the test that closes it."""
    with Scripted((Silence(),)) as server, dial(server) as sock:
        server.close()
        assert outcome(sock) in ("closed", "reset")


def follow(sock: socket.socket, case: hostile.Case, place: str, context: ssl.SSLContext) -> str:
    """Play the well-behaved client up to ``place`` and say how the connection ends there."""
    lines = {
        "smtp": (b"EHLO me\r\n", b"STARTTLS\r\n"),
        "imap": (b"a1 CAPABILITY\r\n", b"a2 STARTTLS\r\n"),
        "pop3": (b"CAPA\r\n", b"STLS\r\n"),
    }[case.protocol]
    ends = {"smtp": b"250 ", "imap": b"a1 OK", "pop3": b"."}
    if place == "accept":
        return outcome(sock)
    assert read_line(sock) == hostile.GREETINGS[case.protocol]
    if place == "greeting":
        return outcome(sock)
    sock.sendall(lines[0])
    while not read_line(sock).startswith(ends[case.protocol]):
        pass
    if place == "listing":
        return outcome(sock)
    sock.sendall(lines[1])
    if place == "starttls":
        return outcome(sock)
    assert read_line(sock)
    if place == "go_ahead":
        return outcome(sock)
    if place == "client_hello":
        sock.sendall(b"\x16\x03\x01")
        return outcome(sock)
    with context.wrap_socket(sock, server_hostname=NAME, suppress_ragged_eofs=False) as inside:
        if place == "listing_in_tls":
            inside.sendall(lines[0])
        return outcome(inside)


PLACES = (
    "accept",
    "greeting",
    "listing",
    "starttls",
    "go_ahead",
    "client_hello",
    "handshake",
    "listing_in_tls",
)


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
@pytest.mark.parametrize("ending", ["reset", "close"])
@pytest.mark.parametrize("place", PLACES)
def test_endings(
    certificates: Certificates,
    cases: dict[str, hostile.Case],
    protocol: str,
    ending: str,
    place: str,
) -> None:
    """Each server ends at the place and in the way its name says."""
    case = cases[f"{protocol}_{ending}_after_{place}"]
    context = ssl.create_default_context(cafile=certificates.ca_file)
    with Scripted(case.script) as server:
        try:
            with dial(server) as sock:
                seen = follow(sock, case, place, context)
        except ConnectionResetError:
            # As early as in the connect, where the server does not wait for the client.
            seen = "reset" if place in ("accept", "greeting") else "too early"
        assert server.surprises == []
    assert seen == {"reset": "reset", "close": "closed"}[ending]


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
@pytest.mark.parametrize("name", ["greeting_line_without_end", "noise_without_end"])
def test_endless(cases: dict[str, hostile.Case], protocol: str, name: str) -> None:
    """An endless server goes on as long as anybody reads, and ends when its reader leaves."""
    with Scripted(cases[f"{protocol}_{name}"].script) as server, dial(server) as sock:
        assert len(read_exactly(sock, ENOUGH)) == ENOUGH


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_megabyte_of_capabilities(cases: dict[str, hostile.Case], protocol: str) -> None:
    """The list is at least a megabyte and comes to its end."""
    command = {"smtp": b"EHLO me\r\n", "imap": b"a1 CAPABILITY\r\n", "pop3": b"CAPA\r\n"}[protocol]
    ends = {"smtp": b"250 HELP\r\n", "imap": b"a1 OK done\r\n", "pop3": b"\r\n.\r\n"}[protocol]
    case = cases[f"{protocol}_megabyte_of_capabilities"]
    with Scripted(case.script) as server, dial(server) as sock:
        read_line(sock)
        sock.sendall(command)
        got = read_exactly(sock, hostile.MEGABYTE)
        while not got.endswith(ends):
            got += sock.recv(65536)
    assert len(got) > hostile.MEGABYTE


def test_every_case_ends_with_its_client(cases: dict[str, hostile.Case]) -> None:
    """Every script survives a client that connects, sends noise and leaves."""
    assert len(cases) > 100
    for case in cases.values():
        with Scripted(case.script) as server, suppress(ConnectionError), dial(server) as sock:
            sock.sendall(b"x y\r\n")
