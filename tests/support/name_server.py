# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name server for tests, on loopback, whose answer to each question is written in the test."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any, Callable, Optional

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Answering = Callable[[Any, bool], Optional[Any]]


def reply(query: Any, *records: str, rcode: int = 0, flags: int = 0, authority: str = "") -> Any:
    """Return a response with these records, each ``name TTL IN TYPE value``."""
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA | flags
    response.set_rcode(rcode)
    for text in records:
        name, ttl, _in, kind, value = text.split(" ", 4)
        response.answer.append(dns.rrset.from_text(name, int(ttl), "IN", kind, value))
    if authority:
        name, ttl, _in, kind, value = authority.split(" ", 4)
        response.authority.append(dns.rrset.from_text(name, int(ttl), "IN", kind, value))
    return response


@contextlib.contextmanager
def name_server(answer: Answering) -> Iterator[tuple[int, list[tuple[str, bool]]]]:
    """Yield the port of a server that answers with what ``answer(query, by_tcp)`` returns.

    None is silence. The list holds (question, by_tcp) as they came.
    """
    seen: list[tuple[str, bool]] = []
    tcp = socket.create_server(("127.0.0.1", 0))
    port = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", port))

    def made(data: bytes, by_tcp: bool) -> Optional[bytes]:
        query = dns.message.from_wire(data)
        seen.append((query.question[0].to_text(), by_tcp))
        response = answer(query, by_tcp)
        return response if isinstance(response, bytes) or response is None else response.to_wire()

    def over_udp() -> None:
        with contextlib.suppress(OSError):
            while True:
                data, peer = udp.recvfrom(65535)
                if not data:
                    return
                response = made(data, False)
                if response is not None:
                    udp.sendto(response, peer)

    def over_tcp() -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _address = tcp.accept()
                with peer:
                    head = peer.recv(2)
                    if len(head) < 2:
                        return
                    response = made(peer.recv(struct.unpack("!H", head)[0]), True)
                    if response is not None:
                        peer.sendall(struct.pack("!H", len(response)) + response)

    threads = [threading.Thread(target=one, daemon=True) for one in (over_udp, over_tcp)]
    for thread in threads:
        thread.start()
    try:
        yield port, seen
    finally:
        udp.sendto(b"", ("127.0.0.1", port))
        socket.create_connection(("127.0.0.1", port)).close()
        for thread in threads:
            thread.join()
        udp.close()
        tcp.close()
