# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of every kind a test server may show, made at start and never committed."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KINDS = (
    "good",
    "expired",
    "not_yet_valid",
    "expires_soon",
    "wrong_name",
    "self_signed",
    "untrusted",
    "weak_key",
    "sha1",
)
WRONG_NAME = "other.example.org"
_DAYS = {  # kind: first and last day of validity, counted from now
    "expired": (-90, -1),
    "not_yet_valid": (30, 120),
    "expires_soon": (-85, 5),
}
_USUAL_DAYS = (-1, 365)
_OLD_KINDS = ("weak_key", "sha1")
_OLD_CIPHERS = "ALL:@SECLEVEL=0"  # without it OpenSSL 3 refuses TLS below 1.2, SHA-1 and short keys


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Certificates:
    """A trusted CA, an untrusted one, and server contexts for any kind of certificate.

    ``ca_file`` holds the one CA that a client is to trust. All files lie in a directory of their
    own that ``close`` removes.
    """

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="mailports-certificates-")
        self._path = Path(self._directory.name)
        self._trusted = trustme.CA(organization_name="mailports tests")
        self._other = trustme.CA(organization_name="somebody else")
        self._chains: dict[tuple[str, tuple[str, ...]], Path] = {}
        self._lock = threading.Lock()
        self.ca_file = str(self._path / "ca.pem")
        self._trusted.cert_pem.write_to_path(self.ca_file)

    def __enter__(self) -> Certificates:
        """Return self."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Remove every file."""
        self._directory.cleanup()

    def context(
        self,
        kind: str = "good",
        names: tuple[str, ...] = ("localhost", "127.0.0.1"),
        min_tls: ssl.TLSVersion | None = None,
        max_tls: ssl.TLSVersion | None = None,
    ) -> ssl.SSLContext:
        """Return a server context that shows a certificate of ``kind`` for ``names``.

        Without ``min_tls`` the least version is TLS 1.2, or ``max_tls`` where that is lower.
        ValueError for an unknown kind.
        """
        modern = ssl.TLSVersion.TLSv1_2
        least = min_tls or min(modern, max_tls or modern)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if least < modern or kind in _OLD_KINDS:
            context.set_ciphers(_OLD_CIPHERS)
        context.minimum_version = least
        if max_tls:
            context.maximum_version = max_tls
        context.load_cert_chain(self.chain(kind, names))
        return context

    def chain(self, kind: str, names: tuple[str, ...]) -> Path:
        """Return the file with key and certificate, made at the first request."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")
        with self._lock:
            if (kind, names) not in self._chains:
                path = self._path / f"{len(self._chains)}-{kind}.pem"
                path.write_bytes(self._make(kind, names))
                self._chains[kind, names] = path
            return self._chains[kind, names]

    def _make(self, kind: str, names: tuple[str, ...]) -> bytes:
        key: Any = (
            rsa.generate_private_key(public_exponent=65537, key_size=1024)
            if kind == "weak_key"
            else ec.generate_private_key(ec.SECP256R1())
        )
        shown = (WRONG_NAME,) if kind == "wrong_name" else names
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, shown[0])])
        issuer, issuer_key = self._issuer(self._other if kind == "untrusted" else self._trusted)
        authority = issuer_key.public_key()
        if kind in ("self_signed", "sha1"):  # the openssl command signs only what is self-signed
            issuer, issuer_key = subject, key
        if kind == "self_signed":
            authority = key.public_key()
        first, last = _DAYS.get(kind, _USUAL_DAYS)
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=first))
            .not_valid_after(now + datetime.timedelta(days=last))
            .add_extension(x509.SubjectAlternativeName(map(_general_name, shown)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority),
                critical=False,
            )
            .sign(issuer_key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        if kind == "sha1":
            pem = self._sign_with_sha1(pem)
        return _key_pem(key) + pem

    @staticmethod
    def _issuer(ca: trustme.CA) -> tuple[x509.Name, Any]:
        certificate = x509.load_pem_x509_certificate(ca.cert_pem.bytes())
        key = serialization.load_pem_private_key(ca.private_key_pem.bytes(), password=None)
        return certificate.subject, key

    def _sign_with_sha1(self, pem: bytes) -> bytes:
        """Have the openssl command sign it: the cryptography package no longer makes SHA-1."""
        with tempfile.TemporaryDirectory(dir=str(self._path)) as directory:
            key_file = Path(directory) / "ca.key"
            self._trusted.private_key_pem.write_to_path(str(key_file))
            command = ["openssl", "x509", "-sha1", "-days", "365", "-CAcreateserial"]
            command += ["-CAserial", str(Path(directory) / "serial")]
            command += ["-CA", self.ca_file, "-CAkey", str(key_file)]
            done = subprocess.run(command, input=pem, capture_output=True, check=True)
        return done.stdout


def _key_pem(key: Any) -> bytes:
    encoded: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return encoded
