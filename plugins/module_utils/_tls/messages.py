# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The handshake messages that a TLS server sends in cleartext, from their bodies to values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Optional

from . import extensions as ext
from .suites import key_exchange

# A ServerHello with this random asks for another ClientHello (RFC 8446 section 4.1.3).
RETRY_RANDOM = hashlib.sha256(b"HelloRetryRequest").digest()
# The longest chains seen in public have ten certificates.
MAX_CERTIFICATES = 64
_NAMED_CURVE = 3


class Malformed(ValueError):
    """The bytes are no message that a server may send; the text is one line and safe to print."""


@dataclass(frozen=True)
class ServerHello:
    """What a server chose: code points of the version (the true one, from supported_versions
    where that stands) and the suite, the compression method, and the extensions in their order.
    ``retry``: a HelloRetryRequest, which chooses too."""

    version: int
    suite: int
    compression: int
    retry: bool
    extensions: tuple[tuple[int, bytes], ...]

    def extension(self, code: int) -> Optional[bytes]:
        """Return what an extension says, None where it is missing."""
        return dict(self.extensions).get(code)


class _Bytes:
    """Hand out the parts of a message in order."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._at = 0

    def left(self) -> int:
        """Return how many bytes are left."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """Return the next bytes. Raises Malformed when there are too few."""
        if self.left() < count:
            raise Malformed(f"{self._what}: ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, octets: int) -> int:
        """Return the next number. Raises Malformed."""
        return int.from_bytes(self.take(octets), "big")

    def vector(self, octets: int) -> bytes:
        """Return the next bytes behind their length in so many octets. Raises Malformed."""
        return self.take(self.number(octets))

    def finish(self) -> None:
        """Raise Malformed if anything is left."""
        if self.left():
            raise Malformed(f"{self._what}: {self.left()} bytes too many")


def server_hello(body: bytes) -> ServerHello:
    """Return what a ServerHello or HelloRetryRequest says (RFC 8446 section 4.1.3).

    Raises Malformed.
    """
    reader = _Bytes(body, "ServerHello")
    version = reader.number(2)
    random = reader.take(32)
    if len(reader.vector(1)) > 32:
        raise Malformed("ServerHello: a session of more than 32 bytes")
    suite, compression = reader.number(2), reader.number(1)
    found = _extensions(reader.vector(2)) if reader.left() else ()
    reader.finish()
    chosen = dict(found).get(ext.SUPPORTED_VERSIONS)
    if chosen is not None:
        if len(chosen) != 2:
            raise Malformed("ServerHello: supported_versions names not one version")
        version = int.from_bytes(chosen, "big")
    return ServerHello(version, suite, compression, random == RETRY_RANDOM, found)


def _extensions(data: bytes) -> tuple[tuple[int, bytes], ...]:
    reader = _Bytes(data, "ServerHello's extensions")
    found: dict[int, bytes] = {}
    while reader.left():
        code = reader.number(2)
        if code in found:
            raise Malformed(f"ServerHello's extensions: {ext.extension_name(code)} stands twice")
        found[code] = reader.vector(2)
    return tuple(found.items())


def share_group(data: bytes) -> int:
    """Return the group of a server's key_share (RFC 8446 section 4.2.8). Raises Malformed."""
    return _Bytes(data, "key_share").number(2)


def certificates(body: bytes) -> tuple[bytes, ...]:
    """Return the DER certificates of a Certificate message (RFC 5246 section 7.4.2).

    Raises Malformed.
    """
    outer = _Bytes(body, "Certificate")
    reader = _Bytes(outer.vector(3), "Certificate")
    outer.finish()
    found: list[bytes] = []
    while reader.left():
        if len(found) == MAX_CERTIFICATES:
            raise Malformed(f"Certificate: more than {MAX_CERTIFICATES} certificates")
        found.append(reader.vector(3))
    return tuple(found)


def key_exchange_group(suite: int, body: bytes) -> tuple[Optional[int], Optional[int]]:
    """Return the group of a ServerKeyExchange, or the bits of its own prime; None for unknown.

    RFC 8422 section 5.4 and RFC 5246 section 7.4.3. Raises Malformed.
    """
    exchange = key_exchange(suite) or ""
    reader = _Bytes(body, "ServerKeyExchange")
    if exchange.startswith(("ECDHE_", "ECDH_anon")):
        return (reader.number(2), None) if reader.number(1) == _NAMED_CURVE else (None, None)
    if exchange.startswith(("DHE_", "DH_anon")):
        return None, int.from_bytes(reader.vector(2), "big").bit_length()
    return None, None
