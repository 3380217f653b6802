# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One accepted connection of a test server, in clear or inside TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field

CHUNK = 65536
MAX_LINE = 65536


@dataclass
class Transcript:
    """What one client sent: a (was it inside TLS, bytes) pair for each line or chunk read."""

    received: list[tuple[bool, bytes]] = field(default_factory=list)

    def lines(self, *, tls: bool) -> list[bytes]:
        """Return what arrived inside TLS, or what arrived in clear."""
        return [data for inside, data in self.received if inside is tls]


class Wire:
    """A connection that may turn into TLS and that another thread may abort.

    A duplicate of the descriptor is kept because ``wrap_socket`` takes the first one away: with
    it the connection can be shut down or reset whatever state TLS is in, even mid-handshake.
    """

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._raw = sock.dup()
        self._buffer = bytearray()
        self.tls = False
        self.stopping = stopping
        self.transcript = Transcript()

    def send(self, data: bytes) -> None:
        """Send all of ``data``; OSError when the peer is gone."""
        self._socket.sendall(data)

    def read_line(self) -> bytes | None:
        """Return the next line without its end, or None at the end of the stream."""
        while b"\n" not in self._buffer and len(self._buffer) < MAX_LINE:
            data = self._socket.recv(CHUNK)
            if not data:
                return None
            self._buffer += data
        line, _end, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray(rest)
        line = line.rstrip(b"\r")
        self.transcript.received.append((self.tls, line))
        return line

    def read_chunk(self) -> bytes:
        """Return whatever is there, waiting for at least one byte; empty at the end."""
        data = bytes(self._buffer) or self._socket.recv(CHUNK)
        self._buffer.clear()
        self.transcript.received.append((self.tls, data))
        return data

    def peek(self) -> bytes:
        """Return what is there, waiting for at least one byte, and leave it there; for clear text."""
        return bytes(self._buffer) or self._raw.recv(CHUNK, socket.MSG_PEEK)

    def start_tls(self, context: ssl.SSLContext, *, keep_plaintext: bool = False) -> None:
        """Shake hands as the server.

        ``keep_plaintext`` is the command injection bug: bytes that came in clear behind STARTTLS
        are later taken for the first bytes inside TLS. Otherwise they are thrown away.
        """
        if not keep_plaintext:
            self._buffer.clear()
        wrapped = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = wrapped
        wrapped.do_handshake()
        self.tls = True

    def finish(self) -> None:
        """End politely: close_notify, FIN, then read to the peer's end.

        Closing with unread data would make the kernel send a reset instead of a FIN.
        """
        if isinstance(self._socket, ssl.SSLSocket) and self.tls:
            self._socket.setblocking(False)
            with contextlib.suppress(OSError, ValueError):
                self._socket.unwrap()
            self._socket.setblocking(True)
        self._raw.shutdown(socket.SHUT_WR)
        while self._raw.recv(CHUNK):
            pass

    def reset(self) -> None:
        """End with a TCP reset instead of a FIN."""
        self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def abort(self) -> None:
        """Wake whoever is blocked on this connection; for another thread to call."""
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Release both descriptors."""
        self._socket.close()
        self._raw.close()
