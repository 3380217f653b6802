# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which names a certificate is for, by table and against OpenSSL in a handshake."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.certificate import (
    match_name,
    parse_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from tests.unit.plugins.module_utils._probe import (
    certificates as make,
)

# X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of OpenSSL.
MISMATCH = {62, 64}

# Names in the certificate, name asked for, whether it matches. OpenSSL agrees on every row.
TABLE = [
    ("mail.example.net", "mail.example.net", True),
    ("mail.example.net", "MAIL.Example.NET", True),
    ("MAIL.Example.NET", "mail.example.net", True),
    ("mail.example.net", "example.net", False),
    ("mail.example.net", "xmail.example.net", False),
    ("mail.example.net", "a.mail.example.net", False),
    ("a.example b.example", "b.example", True),
    ("a.example b.example", "c.example", False),
    ("localhost", "localhost", True),
    ("my_host.example.net", "my_host.example.net", True),
    ("*.example.net", "mail.example.net", True),
    ("*.EXAMPLE.net", "Mail.example.NET", True),
    ("*.example.net", "xn--bcher-kva.example.net", True),
    ("*.example.net", "example.net", False),
    ("*.example.net", "a.mail.example.net", False),
    ("*.example.net", "my_host.example.net", False),
    ("*.example.net", "mail.example.com", False),
    ("*.net", "example.net", False),
    ("*", "localhost", False),
    ("mail.*.net", "mail.example.net", False),
    ("*.*.net", "mail.example.net", False),
    ("**.example.net", "mail.example.net", False),
    ("xn--*.example.net", "xn--bcher-kva.example.net", False),
    ("xn--bcher-kva.example", "xn--bcher-kva.example", True),
    ("xn--bcher-kva.example", "bücher.example", True),
    ("192.0.2.1", "192.0.2.1", True),
    ("192.0.2.1", "192.0.2.2", False),
    ("2001:db8::1", "2001:0DB8:0::1", True),
    ("2001:db8::1", "2001:db8::2", False),
    ("*.0.2.1", "192.0.2.1", False),
    ("mail.example.net", "192.0.2.1", False),
    ("", "mail.example.net", False),
]

# Where OpenSSL or the ssl module does something else: it does not take the name off, refuses
# to try, or leaves the matter open.
OWN_TABLE = [
    ("mail.example.net", "mail.example.net.", True),
    ("*.example.net", "mail.example.net.", True),
    ("mail.example.net", "mail.example.net..", False),
    ("xn--bcher-kva.example", "BÜCHER。example", True),
    ("*.example.net", "*.example.net", False),
    ("*.example.net", ".example.net", False),
    ("*.0.1", "127.0.1", False),
    ("*.example.net", "a b.example.net", False),
    ("*.example.net", "-" * 64 + ".example.net", False),
    ("*.example.net", "ü" * 64 + ".example.net", False),
    ("*.example.net", "a\0.example.net", False),
    ("*.example.net", "\ud800.example.net", False),
    ("*.example.net", "mail.example.net\n", False),
    ("mail.example.net", "", False),
    ("mail.example.net", ".", False),
    ("mail.example.net", "ü" * 100_000, False),
    ("mail.example.net", "a." * 100_000, False),
    ("a." * 126 + "a", "a." * 126 + "a", True),
    ("a." * 126 + "ab", "a." * 126 + "ab", False),
    ("::ffff:192.0.2.1", "192.0.2.1", False),
    ("fe80::1", "fe80::1%eth0", False),
    ("2001:db8::1", "[2001:db8::1]", False),
]


def certificate(names: str) -> x509.Certificate:
    """Return a certificate with these subjectAltNames and a common name that must not count."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost.localdomain")])
    entries = tuple(name for name in names.split(" ") if name)
    return make.make(subject=subject, names=entries, is_ca=True)


@pytest.mark.parametrize(("names", "asked", "expected"), TABLE + OWN_TABLE)
def test_match_name(names: str, asked: str, expected: bool) -> None:
    data = certificate(names).public_bytes(serialization.Encoding.DER)
    assert match_name(parse_certificate(data), asked) is expected


@pytest.mark.parametrize("kind", [(0x82, b"192.0.2.1"), (0x81, b"mail.example.net")])
def test_only_the_right_kind_of_name_counts(kind: tuple[int, bytes]) -> None:
    ours = parse_certificate(make.by_hand(extensions=(make.alt_names(kind),)))
    assert not match_name(ours, kind[1].decode())


def test_common_name_never_counts() -> None:
    subject = make.name(("2.5.4.3", 0x0C, b"mail.example.net"))
    ours = parse_certificate(make.by_hand(subject=subject))
    assert ours.common_name == "mail.example.net"
    assert not match_name(ours, "mail.example.net")


@pytest.mark.parametrize(
    "raw", [b"mail.example.net\0.example", b"mail.example.net.", b"mail.example.net "]
)
def test_name_with_something_behind_it_is_another_name(raw: bytes) -> None:
    ours = parse_certificate(make.by_hand(extensions=(make.alt_names((0x82, raw)),)))
    assert not match_name(ours, "mail.example.net")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bool:
    """Say whether a client that asks for ``name`` takes the server's certificate."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _flight in range(6):
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as error:
                if error.verify_code in MISMATCH:
                    return False
                raise
        if not ends:
            return True
    raise AssertionError("the handshake did not end")


@pytest.mark.parametrize(("names", "asked", "expected"), TABLE)
def test_openssl_agrees(names: str, asked: str, expected: bool, tmp_path: Path) -> None:
    pem = certificate(names).public_bytes(serialization.Encoding.PEM)
    key = make.private_key("secp256r1").private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = tmp_path / "chain.pem"
    chain.write_bytes(key + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(chain)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.hostname_checks_common_name = False
    client.load_verify_locations(cadata=pem.decode())
    assert handshake(server, client, asked) is expected
