# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities, chains and TLS contexts for the servers of the proving ground."""

from __future__ import annotations

import datetime
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAME = "mail.example.net"
OTHER_NAME = "other.example.org"
DAY = datetime.timedelta(days=1)
# OpenSSL 3 refuses TLS below 1.2, SHA-1 and short keys at its usual level.
LEVEL_0 = "ALL:@SECLEVEL=0"


@dataclass(frozen=True)
class Cert:
    """How one certificate is made: ``issuer`` is another one's name, "" for itself.

    ``days`` are the first and the last of its validity, from now; ``bits`` of RSA, 0 for P-256.
    """

    issuer: str = "root"
    name: str = NAME
    days: tuple[int, int] = (-1, 365)
    bits: int = 0
    authority: bool = False
    sha1: bool = False
    san: bool = True


CERTS = {
    "root": Cert("", "prove root", authority=True),
    "strange_root": Cert("", "strange root", authority=True),
    "middle": Cert(name="prove intermediate", authority=True),
    "weak_middle": Cert(name="prove weak intermediate", bits=1024, authority=True),
    "sha1_middle": Cert(name="prove sha1 intermediate", authority=True, sha1=True),
    "expired_middle": Cert(name="prove expired intermediate", days=(-90, -1), authority=True),
    "ec": Cert(),
    "rsa": Cert(bits=2048),
    "rsa_wrong_name": Cert(name=OTHER_NAME, bits=2048),
    "under_middle": Cert("middle"),
    "under_weak": Cert("weak_middle"),
    "under_sha1": Cert("sha1_middle"),
    "under_expired": Cert("expired_middle"),
    "under_leaf": Cert("ec"),
    "expires_soon": Cert(days=(-360, 5)),
    "expired": Cert(days=(-90, -1)),
    "not_yet_valid": Cert(days=(30, 120)),
    "wrong_name": Cert(name=OTHER_NAME),
    "no_san": Cert(san=False),
    "self_signed": Cert(""),
    "by_stranger": Cert("strange_root"),
    "weak_key": Cert(bits=1024),
    "sha1": Cert(sha1=True),
}
# What is sent, leaf first.
CHAINS = {
    "intermediate": ("under_middle", "middle"),
    "too_many": ("ec", "strange_root"),
    "with_root": ("under_middle", "middle", "root"),
    "stranger": ("by_stranger",),
    "missing": ("under_middle",),
    "weak_intermediate": ("under_weak", "weak_middle"),
    "sha1_intermediate": ("under_sha1", "sha1_middle"),
    "expired_intermediate": ("under_expired", "expired_middle"),
    "leaf_as_authority": ("under_leaf", "ec"),
}


class Pki:
    """Makes each certificate when it is first needed; a context manager, for its files."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="mailports-hostile-")
        self._path = Path(self._directory.name)
        self._lock = threading.RLock()
        self._made: dict[str, tuple[Any, bytes]] = {}
        self._contexts: dict[Any, ssl.SSLContext] = {}
        self.ca_file = str(self._path / "root.pem")
        (self._path / "root.pem").write_bytes(self._cert("root")[1])

    def __enter__(self) -> Pki:
        """Return self."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Remove every file."""
        self._directory.cleanup()

    def context(
        self,
        chains: Sequence[str],
        versions: tuple[str, str] = ("TLSv1_2", "TLSv1_3"),
        client_certificate: str = "",
    ) -> ssl.SSLContext:
        """Return a server context that has these chains, one a key type, and these versions.

        ``client_certificate`` is required, optional or "".
        """
        key = (tuple(chains), versions, client_certificate)
        with self._lock:
            if key not in self._contexts:
                self._contexts[key] = self._context(*key)
            return self._contexts[key]

    def _context(
        self, chains: tuple[str, ...], versions: tuple[str, str], client_certificate: str
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Whatever it is that the server does wrong, OpenSSL shall let it.
        context.set_ciphers(LEVEL_0)
        context.minimum_version, context.maximum_version = (
            ssl.TLSVersion[name] for name in versions
        )
        for chain in chains:
            context.load_cert_chain(self._chain(chain))
        if client_certificate:
            context.verify_mode = ssl.VerifyMode[f"CERT_{client_certificate.upper()}"]
            context.load_verify_locations(self.ca_file)
        return context

    def _chain(self, name: str) -> Path:
        path = self._path / f"{name}-chain.pem"
        if not path.exists():
            sent = CHAINS.get(name, (name,))
            path.write_bytes(
                self._cert(sent[0])[0].private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
                + b"".join(self._cert(one)[1] for one in sent)
            )
        return path

    def _cert(self, name: str) -> tuple[Any, bytes]:
        """Return the key and the certificate, in PEM, of one of CERTS."""
        with self._lock:
            if name not in self._made:
                self._made[name] = self._make(CERTS[name])
            return self._made[name]

    def _make(self, what: Cert) -> tuple[Any, bytes]:
        key: Any = (
            rsa.generate_private_key(public_exponent=65537, key_size=what.bits)
            if what.bits
            else ec.generate_private_key(ec.SECP256R1())
        )
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, what.name)])
        issuer, issuer_key = subject, key
        if what.issuer:
            issuer_key, pem = self._cert(what.issuer)
            issuer = x509.load_pem_x509_certificate(pem).subject
        if what.sha1:
            # The openssl command, which signs it in the end, takes only what is self-signed.
            issuer, issuer_key = subject, key
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + what.days[0] * DAY)
            .not_valid_after(now + what.days[1] * DAY)
            .add_extension(
                x509.BasicConstraints(ca=what.authority, path_length=None), critical=True
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        )
        if not what.sha1:
            identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        if not what.authority:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
            builder = builder.add_extension(usage, critical=False)
            if what.san:
                names = x509.SubjectAlternativeName([x509.DNSName(what.name)])
                builder = builder.add_extension(names, critical=False)
        pem = builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        return key, self._signed_with_sha1(pem, what.issuer) if what.sha1 else pem

    def _signed_with_sha1(self, pem: bytes, issuer: str) -> bytes:
        """Have the openssl command sign it: the cryptography package no longer makes SHA-1."""
        key, ca = self._cert(issuer)
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        with tempfile.TemporaryDirectory(dir=self._path) as folder:
            (Path(folder) / "ca.key").write_bytes(text)
            (Path(folder) / "ca.pem").write_bytes(ca)
            command = ["openssl", "x509", "-sha1", "-days", "365", "-set_serial", "7"]
            command += ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key"]
            done = subprocess.run(command, input=pem, capture_output=True, check=True)
        return done.stdout
