# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that broken and hostile certificates end in one clear error or in safe text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import der
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.certificate import (
    MAX_CERTIFICATE_BYTES,
    CertificateError,
    parse_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.amount import examples, one_in
from tests.unit.plugins.module_utils._probe import (
    certificates as make,
)


def sample(kind: str, **options: bool) -> bytes:
    """Return a certificate that has everything the parser reads."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.net")])
    certificate = make.make(
        kind, subject=subject, names=("mail.example.net", "192.0.2.1", "::1"), is_ca=True, **options
    )
    return certificate.public_bytes(serialization.Encoding.DER)


SAMPLES = {
    "ec": sample("secp256r1"),
    "rsa-pss": sample("rsa1024", pss=True),
    "dsa": sample("dsa"),
    "ed448": sample("ed448"),
}


def read_or_refuse(data: bytes) -> bool:
    """Parse; say whether it was refused. Any other exception, or unsafe text, fails the test."""
    try:
        plain = parse_certificate(data).to_dict()
    except CertificateError as error:
        texts = [str(error)]
        refused = True
    else:
        texts = [str(value) for value in plain.values()]
        refused = False
    for text in texts:
        assert text == "" or len(text.splitlines()) == 1
        assert not [c for c in text if unicodedata.category(c) in {"Cc", "Cs"}]
    return refused


def mutations(data: bytes, at: int) -> Iterator[bytes]:
    """Yield what one fault at one offset can make of the bytes."""
    yield data[:at]
    yield data[:at] + data[at + 1 :]
    for bit in range(8):
        yield data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
    for octet in (0x00, 0x30, 0x7F, 0x80, 0x84, 0xFF):
        yield data[:at] + bytes([octet]) + data[at + 1 :]
        yield data[:at] + bytes([octet]) + data[at:]


@pytest.mark.parametrize("name", SAMPLES)
def test_one_fault_at_every_offset(name: str) -> None:
    data = SAMPLES[name]
    assert not read_or_refuse(data)
    results = [
        read_or_refuse(changed)
        for at in range(0, len(data), one_in())
        for changed in mutations(data, at)
    ]
    assert True in results
    assert False in results


@pytest.mark.parametrize("name", SAMPLES)
def test_every_truncation_and_any_tail_is_refused(name: str) -> None:
    data = SAMPLES[name]
    assert all(read_or_refuse(data[:end]) for end in range(len(data)))
    assert read_or_refuse(data + b"\0")
    assert read_or_refuse(data + data)


@settings(max_examples=examples(500))
@given(st.binary(max_size=200))
def test_noise_is_refused(data: bytes) -> None:
    assert read_or_refuse(data)


@settings(max_examples=examples(500))
@given(part=st.sampled_from(["issuer", "subject", "validity", "key", "serial"]), data=st.data())
def test_noise_in_one_part_is_read_or_refused(part: str, data: st.DataObject) -> None:
    noise = data.draw(st.binary(max_size=60))
    read_or_refuse(make.by_hand(**{part: make.tlv(0x30, noise)}))


def nested(tag: int, depth: int) -> bytes:
    """Return ``depth`` elements, each the contents of the one around it."""
    layers = []
    length = 0
    for _layer in range(depth):
        head = make.tlv(tag, bytes(length))[: -length or None]
        layers.append(head)
        length += len(head)
    return b"".join(reversed(layers))


@pytest.mark.parametrize("tag", [0x30, 0x31, 0xA0, 0xA3])
def test_deep_nesting_is_no_recursion(tag: int) -> None:
    assert read_or_refuse(nested(tag, 20_000))
    deep_value = make.tlv(
        0x30, make.tlv(0x31, make.tlv(0x30, make.oid("2.5.4.3"), nested(tag, 9_000)))
    )
    assert not read_or_refuse(make.by_hand(subject=deep_value))


AT_LIMIT = MAX_CERTIFICATE_BYTES - 1000


@pytest.mark.parametrize(
    "parts",
    [
        {"extensions": (make.alt_names(*[(0x82, b"")] * (AT_LIMIT // 2)),)},
        {"extensions": (make.extension("1.2.3", b""),) * (AT_LIMIT // 12)},
        {"subject": make.name(*[("2.5.4.3", 0x0C, b"\x1b")] * (AT_LIMIT // 14))},
        {"subject": make.name(("2.5.4.3", 0x0C, b"," * AT_LIMIT))},
        {"subject": make.tlv(0x30, make.tlv(0x31) * (AT_LIMIT // 2))},
        {"serial": make.tlv(0x02, b"\x7f" * AT_LIMIT)},
        {"extensions": (make.alt_names((0x82, b"\xff" * AT_LIMIT)),)},
    ],
    ids=["names", "extensions", "attributes", "value", "rdns", "serial", "name"],
)
def test_largest_parts_are_read_or_refused(parts: dict) -> None:
    data = make.by_hand(**parts)
    assert AT_LIMIT // 2 < len(data) <= MAX_CERTIFICATE_BYTES
    read_or_refuse(data)


EMPTY = make.tlv(0x30)
SAN = "2.5.29.17"
BAD_TIMES = [
    make.tlv(0x17, b"2601010000Z"),
    make.tlv(0x17, b"260101000000+0100"),
    make.tlv(0x17, b"20260101000000Z"),
    make.tlv(0x18, b"260101000000Z"),
    make.tlv(0x18, b"20260101000000.5Z"),
    make.tlv(0x18, b"00000101000000Z"),
    make.tlv(0x17, b"261301000000Z"),
    make.tlv(0x17, b"260229000000Z"),
    make.tlv(0x17, b"260101000060Z"),
    make.tlv(0x17, b" 60101000000Z"),
    make.tlv(0x16, b"260101000000Z"),
]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "certificate: ends too early"),
        (b"\x30", "certificate: ends too early"),
        (b"\x30\x80\0\0", "certificate: indefinite length"),
        (b"\x30\x84\xff\xff\xff\xff", "certificate: ends too early"),
        (b"\x30\x88" + b"\xff" * 8, "certificate: length beyond the data"),
        (b"\x30\xfe" + b"\x00" * 126, "certificate: length beyond the data"),
        (b"\x30\x82\x01", "certificate: length beyond the data"),
        (b"\x30\x81\x7f" + bytes(127), "certificate: length not in its shortest form"),
        (b"\x30\x82\x00\x80" + bytes(128), "certificate: length not in its shortest form"),
        (make.by_hand(subject=make.tlv(0x30, make.tlv(0x31, make.tlv(0x30, make.oid("2.5.4.3"),
                                                                     b"\x1f\x81\0\0")))),
         "name: tag number above 30"),
        (b"\x31\x00", "certificate: expected tag 0x30, found 0x31"),
        (b"-----BEGIN CERTIFICATE-----", "certificate: expected tag 0x30, found 0x2d"),
        (bytes(MAX_CERTIFICATE_BYTES + 1), "certificate: larger than 262144 bytes"),
        (make.by_hand() + b"\0\0", "certificate: 2 bytes too many"),
        (make.by_hand(after=b"\x05\0"), "to-be-signed part: 2 bytes too many"),
        (make.by_hand(version=make.tlv(0xA0, b"\x02\x01\x03")),
         "certificate: its version is none of 1, 2 and 3"),
        (make.by_hand(version=make.tlv(0xA0, b"\x02\x01\x02\x05\0")), "version: 2 bytes too many"),
        (make.by_hand(serial=b"\x02\0"), "INTEGER without contents"),
        (make.by_hand(serial=b"\x02\x02\0\x01"), "INTEGER not in its shortest form"),
        (make.by_hand(serial=b"\x02\x02\xff\x80"), "INTEGER not in its shortest form"),
        (make.by_hand(outer_algorithm=make.tlv(0x30, make.oid("1.2.3"))),
         "certificate: its two signature algorithms differ"),
        (make.by_hand(validity=make.tlv(0x30, make.UTC_2026)), "validity: ends too early"),
        (make.by_hand(validity=make.tlv(0x30, make.UTC_2026 * 3)), "validity: 15 bytes too many"),
        (make.by_hand(subject=make.tlv(0x30, EMPTY)), "name: expected tag 0x31, found 0x30"),
        (make.by_hand(subject=make.tlv(0x30, make.tlv(0x31, EMPTY))), "name: ends too early"),
        (make.by_hand(key=make.tlv(0x30, make.ED25519, b"\x03\0")),
         "BIT STRING does not hold whole octets"),
        (make.by_hand(key=make.tlv(0x30, make.ED25519, b"\x03\x02\x01\0")),
         "BIT STRING does not hold whole octets"),
        (make.by_hand(key=make.tlv(0x30, make.tlv(0x30, make.oid("1.2.840.113549.1.1.1")),
                                   make.tlv(0x03, b"\0", make.tlv(0x30, b"\x02\x01\x80")))),
         "public key: its size is not positive"),
        (make.by_hand(extensions=(make.alt_names(), make.alt_names())),
         "extensions: 2.5.29.17 stands twice"),
        (make.by_hand(extensions=(make.alt_names((0x87, bytes(5))),)),
         "subjectAltName: an iPAddress is neither 4 nor 16 bytes long"),
        (make.by_hand(extensions=(make.extension(SAN, EMPTY + b"\0"),)),
         "subjectAltName: 1 bytes too many"),
        (make.by_hand(extensions=(make.extension(SAN, EMPTY, critical=b"\x01\x01\x01"),)),
         "BOOLEAN is neither 0x00 nor 0xff"),
        (make.by_hand(extensions=(make.extension("2.5.29.19", make.tlv(0x30, b"\x02\x01\0" * 2)),)),
         "basicConstraints: 3 bytes too many"),
    ],
)  # fmt: skip
def test_refusals_say_where_and_why(data: bytes, message: str) -> None:
    with pytest.raises(CertificateError) as caught:
        parse_certificate(data)
    assert str(caught.value) == message


@pytest.mark.parametrize("element", BAD_TIMES)
def test_times_in_any_other_form_are_refused(element: bytes) -> None:
    with pytest.raises(CertificateError, match=r"^validity: "):
        parse_certificate(make.by_hand(validity=make.tlv(0x30, element, make.UTC_2027)))
    with pytest.raises(CertificateError, match=r"^validity: "):
        parse_certificate(make.by_hand(validity=make.tlv(0x30, make.UTC_2026, element)))


@pytest.mark.parametrize(
    "text",
    ["0.0", "0.39", "1.2.840.113549", "2.5.29.17", "2.999.3", "2.25." + str(2**128 - 1), "1.3.128"],
)
def test_object_identifiers_are_read(text: str) -> None:
    assert der.read_oid(make.oid(text)[2:]) == text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x81",
        b"\x2a\x80\x01",
        b"\x80\x01",
        b"\x01" * 65,
        b"\x2a" + b"\xff" * 40 + b"\x7f",
    ],
)
def test_object_identifiers_in_any_other_form_are_refused(body: bytes) -> None:
    with pytest.raises(der.DerError, match=r"^OBJECT IDENTIFIER "):
        der.read_oid(body)
