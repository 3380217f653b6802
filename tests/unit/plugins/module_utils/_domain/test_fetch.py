# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test HTTPS against a real server on loopback: certificates, redirects, bounds, silence."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
import trustme
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.fetch import Fetcher
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import Fetch

HOST = "mta-sts.example.net"
CA = trustme.CA()
Answering = Callable[[http.server.BaseHTTPRequestHandler], None]


def good(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Answer with a small text."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/plain; charset=utf-8")
    handler.end_headers()
    handler.wfile.write(f"{handler.headers['Host']} {handler.path}".encode())


@contextlib.contextmanager
def server(answer: Answering = good, name: str = HOST, ca: trustme.CA = CA) -> Iterator[int]:
    """Yield the port of a server with a certificate of ``ca`` for ``name``."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_args: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    # pylint: disable=contextmanager-generator-missing-cleanup
    with Server(("127.0.0.1", 0), Handler) as made:
        made.socket = context.wrap_socket(made.socket, server_side=True)
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            yield made.server_address[1]
        finally:
            made.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    CA.cert_pem.write_to_path(str(path))
    return str(path)


def fetched(port: int, ca_file: str, addresses: Any = ("127.0.0.1",), **limits: Any) -> Any:
    wanted = Fetch(HOST, "/x", tuple(addresses), **limits)
    return Fetcher(ca_file, seconds=5, port=port)(wanted)


def test_a_document_comes_with_its_type_by_the_right_name(ca_file: str) -> None:
    with server() as port:
        found = fetched(port, ca_file)
    assert (found.status, found.problem) == (200, "")
    assert found.content_type == "text/plain; charset=utf-8"
    assert found.body == b"mta-sts.example.net /x"


def test_the_next_address_is_tried_where_one_refuses(ca_file: str) -> None:
    with server() as port:
        assert fetched(port, ca_file, ("127.0.0.9", "127.0.0.1")).status == 200


def test_a_certificate_for_another_name_is_refused(ca_file: str) -> None:
    with server(name="other.example.net") as port:
        found = fetched(port, ca_file)
    assert (found.problem, found.body) == ("certificate", b"")
    assert "ostname mismatch" in found.detail


def test_a_certificate_of_a_stranger_is_refused(ca_file: str) -> None:
    with server(ca=trustme.CA()) as port:
        assert fetched(port, ca_file).problem == "certificate"


def test_a_redirect_is_told_and_not_followed(ca_file: str) -> None:
    def redirect(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(301)
        handler.send_header("Location", "https://elsewhere.example.net/")
        handler.end_headers()

    with server(redirect) as port:
        found = fetched(port, ca_file)
    assert (found.status, found.location) == (301, "https://elsewhere.example.net/")


def test_no_more_is_read_than_the_limit(ca_file: str) -> None:
    def long(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            handler.wfile.write(b"x" * 1_000_000)

    with server(long) as port:
        found = fetched(port, ca_file, limit=100)
    assert (len(found.body), found.too_long) == (100, True)


def test_nonsense_is_a_protocol_error(ca_file: str) -> None:
    def nonsense(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example.net ESMTP\r\n")

    with server(nonsense) as port:
        assert fetched(port, ca_file).problem == "protocol"


def test_a_closed_port_and_a_missing_address_are_told(ca_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert fetched(port, ca_file).problem == "refused"
    assert fetched(port, ca_file, ()).problem == "name"


def test_silence_is_a_timeout(ca_file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetcher = Fetcher(ca_file, seconds=0.2, port=silent.getsockname()[1])
        found = fetcher(Fetch(HOST, "/", ("127.0.0.1",)))
    assert (found.problem, found.silent) == ("timeout", False)


def test_authorities_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"."):
        Fetcher(str(tmp_path / "none.pem"))


def test_a_server_that_sends_a_byte_now_and_then_ends_in_time(ca_file: str) -> None:
    """The limit is for the whole document: each byte begins no new one."""
    stop = threading.Event()

    def drip(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            while not stop.wait(0.05):
                handler.wfile.write(b".")

    with server(drip) as port:
        wanted = Fetch(HOST, "/", ("127.0.0.1",))
        found = Fetcher(ca_file, seconds=0.5, port=port)(wanted)
        stop.set()
    assert found.problem == "timeout"


def test_posted(ca_file: str) -> None:
    """A body makes it a POST of XML."""
    seen: list[tuple[str, str, bytes]] = []

    def take(handler: http.server.BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        seen.append((handler.command, handler.headers["Content-Type"], body))
        good(handler)

    with server(take) as port:
        found = fetched(port, ca_file, body=b"<a/>")
    assert found.status == 200
    assert seen == [("POST", "text/xml; charset=utf-8", b"<a/>")]


def test_a_refusal_does_not_settle_what_another_address_left_open(ca_file: str) -> None:
    """One address takes the connection and says nothing, the other one refuses."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fetcher = Fetcher(ca_file, seconds=0.2, port=silent.getsockname()[1])
        for addresses in (("127.0.0.1", "127.0.0.9"), ("127.0.0.9", "127.0.0.1")):
            assert fetcher(Fetch(HOST, "/", addresses)).problem == "timeout"
