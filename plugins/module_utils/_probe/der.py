# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read DER (ITU-T X.690), strictly and one level at a time, from untrusted bytes.

Nothing here recurses: the caller opens each level itself, so depth is the caller's, not the
sender's. Every fault is a DerError with one line of text.
"""

from __future__ import annotations

from dataclasses import dataclass

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OID = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

# The longest object identifiers in use are 2.25.<UUID>: 128 bits, 19 octets of 7 bits.
_MAX_OID_OCTETS = 64
_MAX_ARC_BITS = 128


class DerError(ValueError):
    """The bytes are not the DER that was asked for."""


@dataclass(frozen=True)
class Element:
    """One element: its tag octet, its contents, and the whole encoding (``raw``)."""

    tag: int
    body: bytes
    raw: bytes


class Reader:
    """Hand out the elements of ``data`` in order; ``what`` names the place in error texts."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._at = 0

    def more(self) -> bool:
        """Say whether anything is left."""
        return self._at < len(self._data)

    def take(self, *tags: int) -> Element:
        """Return the next element, which must bear one of ``tags`` when any are given."""
        if tags and self.more() and self._data[self._at] not in tags:
            wanted = " or ".join(f"0x{tag:02x}" for tag in tags)
            found = self._data[self._at]
            raise DerError(f"{self._what}: expected tag {wanted}, found 0x{found:02x}")
        return self._next()

    def optional(self, tag: int) -> Element | None:
        """Return the next element if it bears ``tag``, and leave it where it is if not."""
        if self.more() and self._data[self._at] == tag:
            return self._next()
        return None

    def finish(self) -> None:
        """Raise DerError if anything is left."""
        if self.more():
            raise DerError(f"{self._what}: {len(self._data) - self._at} bytes too many")

    def _next(self) -> Element:
        start = self._at
        if len(self._data) - start < 2:
            raise DerError(f"{self._what}: ends too early")
        tag, length = self._data[start], self._data[start + 1]
        if tag & 0x1F == 0x1F:
            raise DerError(f"{self._what}: tag number above 30")
        body_at = start + 2
        if length >= 0x80:
            body_at, length = self._long_length(body_at, length & 0x7F)
        end = body_at + length
        if end > len(self._data):
            raise DerError(f"{self._what}: ends too early")
        self._at = end
        return Element(tag, self._data[body_at:end], self._data[start:end])

    def _long_length(self, at: int, octets: int) -> tuple[int, int]:
        """Return where the contents begin and how long they are (X.690, 8.1.3 and 10.1)."""
        if octets == 0:
            raise DerError(f"{self._what}: indefinite length")
        field = self._data[at : at + octets]
        # Only the shortest form is DER; it also keeps a field of 126 octets from costing work.
        if octets > 4 or len(field) < octets:
            raise DerError(f"{self._what}: length beyond the data")
        length = int.from_bytes(field, "big")
        if length < 0x80 or field[0] == 0:
            raise DerError(f"{self._what}: length not in its shortest form")
        return at + octets, length


def read_boolean(body: bytes) -> bool:
    """Return the value of a BOOLEAN; only 0x00 and 0xff are DER (X.690, 11.1)."""
    if body not in (b"\x00", b"\xff"):
        raise DerError("BOOLEAN is neither 0x00 nor 0xff")
    return body == b"\xff"


def read_integer(body: bytes) -> int:
    """Return the value of an INTEGER, which must be in its shortest form (X.690, 8.3.2)."""
    if not body:
        raise DerError("INTEGER without contents")
    if len(body) > 1 and (body[0], body[1] >> 7) in ((0x00, 0), (0xFF, 1)):
        raise DerError("INTEGER not in its shortest form")
    return int.from_bytes(body, "big", signed=True)


def read_bit_string(body: bytes) -> bytes:
    """Return the octets of a BIT STRING that holds whole octets, as keys and signatures do."""
    if not body or body[0] != 0:
        raise DerError("BIT STRING does not hold whole octets")
    return body[1:]


def read_oid(body: bytes) -> str:
    """Return an OBJECT IDENTIFIER in dotted form (X.690, 8.19)."""
    if not body or len(body) > _MAX_OID_OCTETS or body[-1] & 0x80:
        raise DerError("OBJECT IDENTIFIER is empty, cut off or too long")
    arcs = []
    arc = 0
    for octet in body:
        if arc == 0 and octet == 0x80:
            raise DerError("OBJECT IDENTIFIER not in its shortest form")
        arc = arc << 7 | octet & 0x7F
        # Decimal text of a long number costs the square of its length: refuse it here.
        if arc.bit_length() > _MAX_ARC_BITS + 7:
            raise DerError("OBJECT IDENTIFIER has a number too large")
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
