# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a TLS server's first flight as bytes, for the tests of what is read out of it."""

from __future__ import annotations

import hashlib

RETRY = hashlib.sha256(b"HelloRetryRequest").digest()


def vector(octets: int, data: bytes) -> bytes:
    """Return the data behind its length."""
    return len(data).to_bytes(octets, "big") + data


def record(data: bytes, content_type: int = 22, version: int = 0x0303) -> bytes:
    """Return one record."""
    return bytes([content_type]) + version.to_bytes(2, "big") + vector(2, data)


def message(kind: int, body: bytes = b"") -> bytes:
    """Return one handshake message."""
    return bytes([kind]) + vector(3, body)


def alert(code: int, level: int = 2) -> bytes:
    """Return a record with one alert."""
    return record(bytes([level, code]), 21)


def server_hello(
    version: int = 0x0303,
    suite: int = 0xC02F,
    *extensions: tuple[int, bytes],
    random: bytes = bytes(32),
    session: bytes = b"",
) -> bytes:
    """Return a ServerHello message."""
    body = (
        version.to_bytes(2, "big") + random + vector(1, session) + suite.to_bytes(2, "big") + b"\0"
    )
    if extensions:
        body += vector(
            2, b"".join(code.to_bytes(2, "big") + vector(2, data) for code, data in extensions)
        )
    return message(2, body)


def certificate(*ders: bytes) -> bytes:
    """Return a Certificate message."""
    return message(11, vector(3, b"".join(vector(3, der) for der in ders)))


def hello_13(group: int = 29, retry: bool = False) -> bytes:
    """Return a ServerHello of TLS 1.3, or a HelloRetryRequest."""
    share = group.to_bytes(2, "big") + (b"" if retry else vector(2, bytes(32)))
    chosen = (43, b"\x03\x04")
    return server_hello(0x0303, 0x1301, chosen, (51, share), random=RETRY if retry else bytes(32))
