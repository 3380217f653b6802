# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that certificates are read as cryptography reads them, and odd ones as documented."""

from __future__ import annotations

import datetime
import json
import re
import ssl
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.safe_text import printable
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.certificate import (
    Certificate,
    days_left,
    parse_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.amount import examples
from tests.unit.plugins.module_utils._probe import (
    certificates as make,
)

UTC = datetime.timezone.utc
LABELS = {NameOID.EMAIL_ADDRESS: "emailAddress", NameOID.SERIAL_NUMBER: "serialNumber"}
ATTRIBUTES = [
    NameOID.COMMON_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.STREET_ADDRESS,
    NameOID.USER_ID,
    NameOID.GIVEN_NAME,
    x509.ObjectIdentifier("2.25.329800735698586629295641978511506172918"),
]

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
).filter(lambda text: text != " ")
plain_texts = st.from_regex(r"[A-Za-z0-9'()+,./:=?-]{1,20}", fullmatch=True)
attributes = st.builds(
    lambda oid, value: x509.NameAttribute(oid, value, _validate=False),
    st.sampled_from(ATTRIBUTES),
    texts,
) | st.builds(x509.NameAttribute, st.sampled_from(list(LABELS)), plain_texts)
rdns = st.lists(attributes, min_size=1, max_size=2, unique_by=lambda a: (a.oid, a.value)).map(
    x509.RelativeDistinguishedName
)
subjects = st.lists(rdns, max_size=4).map(x509.Name)
labels = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,8}[A-Za-z0-9])?", fullmatch=True)
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)
addresses = st.ip_addresses().map(str)
san_lists = st.lists(hosts | hosts.map("*.{}".format) | addresses, max_size=5).map(tuple)
moments = st.datetimes(
    datetime.datetime(1950, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59)
).map(lambda moment: moment.replace(microsecond=0))
periods = st.tuples(moments, moments).map(sorted)
signers = st.sampled_from(["rsa2048", "dsa", "secp256r1", "secp384r1", "ed25519", "ed448"])


def assert_agrees(ours: Certificate, theirs: x509.Certificate) -> None:
    """Compare every field with what cryptography says."""
    extensions = theirs.extensions
    try:
        alt_names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        alt_names = x509.SubjectAlternativeName([])
    try:
        is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        is_ca = False
    kept = [n for n in alt_names if isinstance(n, (x509.DNSName, x509.IPAddress))]
    key = theirs.public_key()
    key_info = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    common_names = theirs.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    edwards = type(key).__name__.startswith("Ed")
    assert ours.subject == printable(theirs.subject.rfc4514_string(LABELS), 1000)
    assert ours.issuer == printable(theirs.issuer.rfc4514_string(LABELS), 1000)
    if common_names:
        assert ours.common_name in [printable(str(name.value), 255) for name in common_names]
    else:
        assert ours.common_name is None
    assert ours.names == tuple(str(n.value) for n in kept)
    assert ours.dns_names == tuple(alt_names.get_values_for_type(x509.DNSName))
    assert ours.ip_addresses == tuple(map(str, alt_names.get_values_for_type(x509.IPAddress)))
    assert ours.not_before == theirs.not_valid_before_utc
    assert ours.not_after == theirs.not_valid_after_utc
    assert int(ours.serial, 16) == theirs.serial_number
    assert ours.key_type == re.sub("PublicKey$", "", type(key).__name__.lstrip("_")).replace(
        "EllipticCurve", "EC"
    )
    assert edwards or ours.key_bits == key.key_size
    assert ours.curve == getattr(getattr(key, "curve", None), "name", None)
    theirs_hash = theirs.signature_hash_algorithm
    assert ours.signature_hash == (theirs_hash.name if theirs_hash else None)
    assert ours.sha256 == theirs.fingerprint(hashes.SHA256()).hex()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key_info)
    assert ours.spki_sha256 == digest.finalize().hex()
    assert ours.is_ca is is_ca
    assert ours.self_issued is (theirs.issuer.public_bytes() == theirs.subject.public_bytes())


def parsed(certificate: x509.Certificate) -> Certificate:
    """Return our reading of a certificate that cryptography made."""
    return parse_certificate(certificate.public_bytes(serialization.Encoding.DER))


@settings(max_examples=examples(300))
@given(
    kind=st.sampled_from(make.KEY_KINDS),
    signer=signers,
    hash_name=st.sampled_from(["SHA224", "SHA256", "SHA384", "SHA512"]),
    pss=st.booleans(),
    subject=subjects,
    issuer=st.none() | subjects,
    names=san_lists,
    period=periods,
    serial=st.integers(1, 2**159 - 1),
    is_ca=st.sampled_from([None, False, True]),
)
def test_generated_certificates_read_as_cryptography_reads_them(
    kind, signer, hash_name, pss, subject, issuer, names, period, serial, is_ca
) -> None:
    if signer == "dsa":
        hash_name = "SHA256"  # cryptography signs with others, and cannot name what it signed
    certificate = make.make(
        kind,
        signer,
        subject=subject,
        issuer=issuer,
        names=names,
        start=period[0],
        end=period[1],
        serial=serial,
        is_ca=is_ca,
        hash_name=hash_name,
        pss=pss and signer == "rsa2048",
    )
    ours = parsed(certificate)
    assert_agrees(ours, certificate)
    assert json.loads(json.dumps(ours.to_dict())) == ours.to_dict()


@pytest.mark.parametrize("kind", make.KEY_KINDS)
def test_every_kind_of_key_reads_as_cryptography_reads_it(kind: str) -> None:
    certificate = make.make(kind)
    assert_agrees(parsed(certificate), certificate)


def system_authorities() -> list[bytes]:
    """Return the DER of every authority that this machine trusts, each once."""
    paths = ssl.get_default_verify_paths()
    files = [Path(paths.openssl_cafile), *Path(paths.openssl_capath).glob("*.crt")]
    pem = "".join(path.read_text("ascii", "replace") for path in files if path.is_file())
    blocks = re.findall("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", pem, re.S)
    return [ssl.PEM_cert_to_DER_cert(block) for block in dict.fromkeys(blocks)]


@pytest.mark.filterwarnings("ignore:Parsed a serial number:DeprecationWarning")
def test_authorities_of_this_machine_read_as_cryptography_reads_them() -> None:
    authorities = system_authorities()
    if not authorities:
        pytest.skip("this machine trusts no authority")
    for data in authorities:
        ours = parse_certificate(data)
        assert_agrees(ours, x509.load_der_x509_certificate(data))
        assert ours.self_issued


@pytest.mark.parametrize(
    ("kind", "options", "signature"),
    [
        ("rsa2048", {}, "sha256WithRSAEncryption"),
        ("rsa2048", {"pss": True, "hash_name": "SHA384"}, "RSASSA-PSS with sha384"),
        ("secp256r1", {"hash_name": "SHA512"}, "ecdsa-with-SHA512"),
        ("dsa", {}, "dsa-with-sha256"),
        ("ed25519", {}, "Ed25519"),
        ("ed448", {}, "Ed448"),
    ],
)
def test_signature_is_named(kind: str, options: dict, signature: str) -> None:
    assert parsed(make.make(kind, **options)).signature == signature


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        (make.tlv(0x30, make.oid("1.2.840.113549.1.1.4")), ("md5WithRSAEncryption", "md5")),
        (make.tlv(0x30, make.oid("1.2.840.113549.1.1.5")), ("sha1WithRSAEncryption", "sha1")),
        (make.tlv(0x30, make.oid("1.2.3.4")), ("1.2.3.4", None)),
        (make.tlv(0x30, make.oid("1.2.840.113549.1.1.10")), ("RSASSA-PSS with sha1", "sha1")),
        (
            make.tlv(
                0x30,
                make.oid("1.2.840.113549.1.1.10"),
                make.tlv(0x30, make.tlv(0xA0, make.tlv(0x30, make.oid("1.2.3")))),
            ),
            ("RSASSA-PSS with an unknown hash", None),
        ),
    ],
)
def test_old_and_unknown_signatures(algorithm: bytes, expected: tuple) -> None:
    ours = parse_certificate(make.by_hand(algorithm=algorithm))
    assert (ours.signature, ours.signature_hash) == expected


EC = make.oid("1.2.840.10045.2.1")
EXPLICIT_PRIME = make.tlv(
    0x30,
    b"\x02\x01\x01",
    make.tlv(0x30, make.oid("1.2.840.10045.1.1"), make.tlv(0x02, b"\0" + b"\xff" * 32)),
)
EXPLICIT_BINARY = make.tlv(
    0x30, b"\x02\x01\x01", make.tlv(0x30, make.oid("1.2.840.10045.1.2"), make.tlv(0x30))
)
RSA_1000 = make.tlv(
    0x03, b"\0", make.tlv(0x30, make.tlv(0x02, b"\0" + b"\x80" + bytes(124)), b"\x02\x01\x03")
)


@pytest.mark.parametrize(
    ("algorithm", "key", "expected"),
    [
        (EC + EXPLICIT_PRIME, make.tlv(0x03, bytes(66)), ("EC", 256, "explicit")),
        (EC + EXPLICIT_BINARY, make.tlv(0x03, bytes(66)), ("EC", None, "explicit")),
        (EC + make.oid("1.2.3"), make.tlv(0x03, bytes(66)), ("EC", None, "1.2.3")),
        (EC + b"\x05\0", make.tlv(0x03, bytes(66)), ("EC", None, None)),
        (EC, make.tlv(0x03, bytes(66)), ("EC", None, None)),
        (make.oid("1.2.840.10040.4.1"), make.tlv(0x03, bytes(66)), ("DSA", None, None)),
        (make.oid("1.2.840.113549.1.1.10"), RSA_1000, ("RSA", 1000, None)),
        (make.oid("1.3.101.112"), make.tlv(0x03, bytes(33)), ("Ed25519", 256, None)),
        (make.oid("1.3.101.113"), make.tlv(0x03, bytes(58)), ("Ed448", 456, None)),
        (make.oid("2.16.840.1.101.3.4.3.18"), make.tlv(0x03, bytes(9)),
         ("2.16.840.1.101.3.4.3.18", None, None)),
    ],
)  # fmt: skip
def test_unusual_keys(algorithm: bytes, key: bytes, expected: tuple) -> None:
    info = make.tlv(0x30, make.tlv(0x30, algorithm), key)
    ours = parse_certificate(make.by_hand(key=info))
    assert (ours.key_type, ours.key_bits, ours.curve) == expected


CN, ORGANIZATION = "2.5.4.3", "2.5.4.10"


@pytest.mark.parametrize(
    ("attributes", "subject", "common_name"),
    [
        ([(CN, 0x0C, b"\x1b[31m\r\n")], r"CN=\x1b[31m\x0d\x0a", r"\x1b[31m\x0d\x0a"),
        ([(CN, 0x0C, "\u202egnp.exe".encode())], r"CN=\u202egnp.exe", r"\u202egnp.exe"),
        ([(CN, 0x0C, b"a\0b")], r"CN=a\x00b", r"a\x00b"),
        ([(CN, 0x0C, b"\xff")], r"CN=\\xff", r"\xff"),
        ([(CN, 0x1E, "Zürich".encode("utf-16-be"))], "CN=Zürich", "Zürich"),
        ([(CN, 0x1E, b"\0A\0")], r"CN=A\\x00", r"A\x00"),
        ([(CN, 0x1C, "日".encode("utf-32-be"))], "CN=日", "日"),
        ([(CN, 0x14, b"Z\xfcrich")], "CN=Zürich", "Zürich"),
        ([(CN, 0x02, b"\x05")], "CN=#020105", "#020105"),
        ([(CN, 0x0C, b' a,b+c"<d>;\\ ')], r"CN=\ a\,b\+c\"\<d\>\;\\\ ", ' a,b+c"<d>;\\ '),
        ([(CN, 0x0C, b" ")], r"CN=\ ", " "),
        ([(CN, 0x0C, b"#1")], r"CN=\#1", "#1"),
        ([(CN, 0x0C, b"")], "CN=", ""),
        (
            [(ORGANIZATION, 0x13, b"Example"), (CN, 0x13, b"a"), (CN, 0x13, b"b")],
            "CN=b,CN=a,O=Example",
            "b",
        ),
        ([], "", None),
        ([(CN, 0x0C, b"x" * 5000)], "CN=" + "x" * 996 + "…", "x" * 254 + "…"),
    ],
)
def test_names_are_safe_to_print(attributes, subject: str, common_name: str | None) -> None:
    ours = parse_certificate(make.by_hand(subject=make.name(*attributes)))
    assert (ours.subject, ours.common_name) == (subject, common_name)


def test_alt_names_keep_order_and_hide_nothing() -> None:
    entries = make.alt_names(
        (0x82, b"MAIL.example.net"),
        (0x81, b"user@example.net"),
        (0x87, bytes([192, 0, 2, 1])),
        (0x82, b"xn--bcher-kva.example"),
        (0x82, b"a.example\0.b.example"),
        (0x82, b"\xff\x1b.example"),
        (0x87, bytes(15) + b"\x01"),
        (0x82, b""),
    )
    ours = parse_certificate(make.by_hand(extensions=(entries,)))
    assert ours.names == (
        "MAIL.example.net",
        "192.0.2.1",
        "xn--bcher-kva.example",
        r"a.example\x00.b.example",
        r"\xff\x1b.example",
        "::1",
        "",
    )
    assert ours.ip_addresses == ("192.0.2.1", "::1")
    assert len(ours.dns_names) == 5


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (make.tlv(0x17, b"500101000000Z"), "1950-01-01T00:00:00Z"),
        (make.tlv(0x17, b"491231235959Z"), "2049-12-31T23:59:59Z"),
        (make.tlv(0x18, b"20500101000000Z"), "2050-01-01T00:00:00Z"),
        (make.tlv(0x18, b"99991231235959Z"), "9999-12-31T23:59:59Z"),
        (make.tlv(0x18, b"00010101000000Z"), "0001-01-01T00:00:00Z"),
        (make.tlv(0x17, b"240229120000Z"), "2024-02-29T12:00:00Z"),
    ],
)
def test_times(element: bytes, expected: str) -> None:
    ours = parse_certificate(make.by_hand(validity=make.tlv(0x30, element, element)))
    assert ours.not_before == ours.not_after
    assert ours.to_dict()["not_after"] == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\x00", "00"),
        (b"\x0a", "0a"),
        (b"\x00\xff", "ff"),
        (b"\x01\x02", "0102"),
        (b"\xff", "-01"),
    ],
)
def test_serial_is_hex_of_whole_octets(body: bytes, expected: str) -> None:
    assert parse_certificate(make.by_hand(serial=make.tlv(0x02, body))).serial == expected


def test_endless_serial_is_cut() -> None:
    ours = parse_certificate(make.by_hand(serial=make.tlv(0x02, b"\x7f" * 5000)))
    assert ours.serial == "7f" * 127 + "…"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"", False),
        (b"\x01\x01\xff", True),
        (b"\x01\x01\x00", False),
        (b"\x01\x01\xff\x02\x01\x00", True),
    ],
)
def test_is_ca(value: bytes, expected: bool) -> None:
    extension = make.extension("2.5.29.19", make.tlv(0x30, value), critical=b"\x01\x01\xff")
    assert parse_certificate(make.by_hand(extensions=(extension,))).is_ca is expected


@pytest.mark.parametrize("version", [b"", make.tlv(0xA0, b"\x02\x01\x00")])
def test_version_1_has_no_names(version: bytes) -> None:
    ours = parse_certificate(make.by_hand(version=version))
    assert (ours.names, ours.is_ca, ours.self_issued) == ((), False, True)


def test_unique_identifiers_are_passed_over() -> None:
    unique = make.tlv(0x81, b"\0\1") + make.tlv(0x82, b"\0\2")
    assert parse_certificate(make.by_hand(unique=unique)).serial == "01"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime.datetime(2026, 12, 31, 0, 0, 0, tzinfo=UTC), 1),
        (datetime.datetime(2026, 12, 31, 0, 0, 1, tzinfo=UTC), 0),
        (datetime.datetime(2027, 1, 1, 0, 0, 0, tzinfo=UTC), 0),
        (datetime.datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC), -1),
        (datetime.datetime(2026, 1, 1, 0, 0, 0, tzinfo=UTC), 365),
    ],
)
def test_days_left_rounds_down(now: datetime.datetime, expected: int) -> None:
    assert days_left(parse_certificate(make.by_hand()), now) == expected
