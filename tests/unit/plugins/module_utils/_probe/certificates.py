# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the certificates of the X.509 tests: sound ones with cryptography, odd ones by hand."""

from __future__ import annotations

import datetime
import functools
import ipaddress
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

CURVES = {
    curve.name: curve
    for curve in (
        ec.SECP192R1(),
        ec.SECP224R1(),
        ec.SECP256R1(),
        ec.SECP384R1(),
        ec.SECP521R1(),
        ec.SECP256K1(),
        ec.BrainpoolP256R1(),
        ec.BrainpoolP384R1(),
        ec.BrainpoolP512R1(),
    )
}
KEY_KINDS = ("rsa1024", "rsa2048", "rsa3072", "dsa", "ed25519", "ed448", *CURVES)


@functools.cache
def private_key(kind: str) -> Any:
    """Return the one private key of this kind; making keys is what takes long."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    if kind == "dsa":
        return dsa.generate_private_key(2048)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ed448":
        return ed448.Ed448PrivateKey.generate()
    return ec.generate_private_key(CURVES[kind])


def general_name(text: str) -> x509.GeneralName:
    """Return an iPAddress if the text is an address, else a dNSName."""
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def make(
    kind: str = "secp256r1",
    signer: str | None = None,
    *,
    subject: x509.Name | None = None,
    issuer: x509.Name | None = None,
    names: tuple[str, ...] = (),
    start: datetime.datetime = datetime.datetime(2026, 1, 1),
    end: datetime.datetime = datetime.datetime(2027, 1, 1),
    serial: int = 1,
    is_ca: bool | None = None,
    hash_name: str = "SHA256",
    pss: bool = False,
) -> x509.Certificate:
    """Return a certificate over the key of ``kind``, signed by that of ``signer``."""
    subject = x509.Name([]) if subject is None else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer)
        .public_key(private_key(kind).public_key())
        .not_valid_before(start)
        .not_valid_after(end)
        .serial_number(serial)
    )
    if names:
        entries = [general_name(name) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(entries), critical=False)
    if is_ca is not None:
        constraints = x509.BasicConstraints(ca=is_ca, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    signer = signer or kind
    key = private_key(signer)
    algorithm = None if signer.startswith("ed") else getattr(hashes, hash_name)()
    if pss:
        scheme = padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)
        return builder.sign(key, algorithm, rsa_padding=scheme)
    return builder.sign(key, algorithm)


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one DER element."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def oid(text: str) -> bytes:
    """Return the DER of an object identifier."""
    first, second, *rest = map(int, text.split("."))
    body = b""
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        body += bytes(reversed(groups))
    return tlv(0x06, body)


def name(*attributes: tuple[str, int, bytes]) -> bytes:
    """Return a Name with one attribute (OID, string tag, contents) a part."""
    return tlv(0x30, *(tlv(0x31, tlv(0x30, oid(a), tlv(t, v))) for a, t, v in attributes))


def extension(kind: str, value: bytes, critical: bytes = b"") -> bytes:
    """Return one extension; ``critical`` is the whole BOOLEAN element."""
    return tlv(0x30, oid(kind), critical, tlv(0x04, value))


def alt_names(*entries: tuple[int, bytes]) -> bytes:
    """Return a subjectAltName extension with these GeneralNames (tag, contents)."""
    return extension("2.5.29.17", tlv(0x30, *(tlv(tag, body) for tag, body in entries)))


UTC_2026 = tlv(0x17, b"260101000000Z")
UTC_2027 = tlv(0x17, b"270101000000Z")
ED25519 = tlv(0x30, oid("1.3.101.112"))
ED25519_KEY = tlv(0x30, ED25519, tlv(0x03, bytes(33)))


def by_hand(
    *,
    version: bytes = tlv(0xA0, b"\x02\x01\x02"),
    serial: bytes = b"\x02\x01\x01",
    algorithm: bytes = ED25519,
    outer_algorithm: bytes | None = None,
    issuer: bytes = name(),
    validity: bytes = tlv(0x30, UTC_2026, UTC_2027),
    subject: bytes = name(),
    key: bytes = ED25519_KEY,
    unique: bytes = b"",
    extensions: tuple[bytes, ...] = (),
    after: bytes = b"",
) -> bytes:
    """Return a certificate with any part replaced by other bytes; its signature is zeros."""
    parts = [version, serial, algorithm, issuer, validity, subject, key, unique]
    if extensions:
        parts.append(tlv(0xA3, tlv(0x30, *extensions)))
    signature = tlv(0x03, bytes(65))
    return tlv(0x30, tlv(0x30, *parts, after), outer_algorithm or algorithm, signature)
