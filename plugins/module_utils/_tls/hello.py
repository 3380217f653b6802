# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A question to a TLS server as the bytes of a ClientHello (RFC 8446 section 4.1.2).

The shape is that of a usual client: what a question leaves open is offered as clients offer it, so
that a good server answers what was asked and does not stumble over the rest.
"""

from __future__ import annotations

import functools
import hashlib

from . import extensions as ext
from .groups import KEY_SHARES
from .question import Question
from .suites import RENEGOTIATION_SCSV
from .versions import SSL3, TLS10, TLS12, TLS13, VERSIONS

_HANDSHAKE, _CLIENT_HELLO = 22, 1
_RECORD_BYTES = 1 << 14

# Some load balancers hang on a ClientHello of 256 to 511 bytes (RFC 7685 section 1).
_HANG = range(256, 512)


def client_hello(question: Question, random: bytes) -> bytes:
    """Return the records of the ClientHello that asks ``question``.

    ``random`` is the client's random of 32 bytes; the same one gives the same bytes.
    """
    if len(random) != 32:
        raise ValueError(f"the random of a ClientHello is 32 bytes long, not {len(random)}")
    highest = VERSIONS[question.highest]
    # Middleboxes expect a session to be resumed in TLS 1.3 (RFC 8446 appendix D.4).
    session = hashlib.sha256(random).digest() if highest >= TLS13 else b""
    codes = _codes((*question.suites, RENEGOTIATION_SCSV))
    body = min(highest, TLS12).to_bytes(2, "big") + random
    body += _vector(1, session) + _vector(2, codes) + _vector(1, b"\0")
    if highest > SSL3:
        body = _padded(body, _extensions(question))
    message = bytes([_CLIENT_HELLO]) + _vector(3, body)
    # The record's version is the lowest one spoken since TLS 1.0 (RFC 8446 section 5.1).
    return _records(min(highest, TLS10), message)


def _records(version: int, message: bytes) -> bytes:
    header = bytes([_HANDSHAKE]) + version.to_bytes(2, "big")
    parts = [message[at : at + _RECORD_BYTES] for at in range(0, len(message), _RECORD_BYTES)]
    return b"".join(header + _vector(2, part) for part in parts)


def _extensions(question: Question) -> list[bytes]:
    lowest, highest = VERSIONS[question.lowest], VERSIONS[question.highest]
    found = []
    if question.server_name:
        name = b"\0" + _vector(2, question.server_name.encode("ascii"))
        found.append(_extension(ext.SERVER_NAME, _vector(2, name)))
    if lowest < TLS13:
        found.append(_extension(ext.EXTENDED_MASTER_SECRET, b""))
    if question.groups:
        found.append(_extension(ext.SUPPORTED_GROUPS, _vector(2, _codes(question.groups))))
        found.append(_extension(ext.EC_POINT_FORMATS, _vector(1, b"\0")))
    if highest >= TLS12 and question.schemes:
        found.append(_extension(ext.SIGNATURE_ALGORITHMS, _vector(2, _codes(question.schemes))))
    if highest >= TLS13:
        found += _for_13(question, lowest)
    return found


def _for_13(question: Question, lowest: int) -> list[bytes]:
    """Return what TLS 1.3 adds: without these extensions a hello is one of TLS 1.2."""
    versions = tuple(code for code in reversed(list(VERSIONS.values())) if lowest <= code)
    # No share at all is allowed too: the server then names the group that it wants (4.2.8).
    shares = b"".join(
        group.to_bytes(2, "big") + _vector(2, KEY_SHARES[group])
        for group in question.groups
        if group in KEY_SHARES
    )
    return [
        _extension(ext.SUPPORTED_VERSIONS, _vector(1, _codes(versions))),
        _extension(ext.PSK_KEY_EXCHANGE_MODES, _vector(1, b"\1")),
        _extension(ext.KEY_SHARE, _vector(2, shares)),
    ]


def _padded(body: bytes, extensions: list[bytes]) -> bytes:
    """Return the body with its extensions, lengthened where it has a length to avoid."""
    joined = b"".join(extensions)
    length = 4 + len(body) + 2 + len(joined)
    if length in _HANG:
        joined += _extension(ext.PADDING, bytes(max(_HANG.stop - length - 4, 0)))
    return body + _vector(2, joined)


def _extension(code: int, data: bytes) -> bytes:
    return code.to_bytes(2, "big") + _vector(2, data)


# The same few lists go out in every hello.
@functools.lru_cache(maxsize=64)
def _codes(codes: tuple[int, ...]) -> bytes:
    return b"".join(code.to_bytes(2, "big") for code in codes)


def _vector(octets: int, data: bytes) -> bytes:
    """Return ``data`` behind its length in so many octets."""
    return len(data).to_bytes(octets, "big") + data
