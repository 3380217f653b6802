# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make certificate authorities with weak links, and servers that show what hangs on them."""

from __future__ import annotations

import datetime
import ssl
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.unit.plugins.module_utils._probe.certificates import private_key

NAME = "mail.example.net"
_LEAF = f"basicConstraints=CA:FALSE\nsubjectAltName=DNS:{NAME}\nextendedKeyUsage=serverAuth\n"
_CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
_IDS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"


@dataclass(frozen=True)
class Link:
    """One certificate: its kind of key, the hash of the signature that its issuer makes, its days."""

    key: str = "ec"
    digest: str = "sha256"
    days: int = 365


class Authority:
    """Signs chains of certificates in a folder with the openssl command, which still signs by MD5.

    ``ca_file`` holds the root alone.
    """

    def __init__(self, folder: Path, root: Link = Link(), name: str = "root") -> None:
        self._folder = folder
        self._number = 0
        self.ca_file = str(folder / f"{name}.crt")
        self._make_key(root, self.ca_file)
        command = ["openssl", "req", "-x509", "-key", self._key(self.ca_file), f"-{root.digest}"]
        command += ["-days", str(root.days), "-subj", f"/CN={name}", "-out", self.ca_file]
        subprocess.run(command, check=True, capture_output=True)

    def _make_key(self, link: Link, certificate: str) -> None:
        """Write a key: a new one on a curve, one for all of RSA, which takes long to make."""
        key = (
            private_key(link.key)
            if link.key.startswith("rsa")
            else ec.generate_private_key(ec.SECP256R1())
        )
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        Path(self._key(certificate)).write_bytes(pem)

    @staticmethod
    def _key(certificate: str) -> str:
        return certificate.replace(".crt", ".key")

    def chain(self, leaf: Link = Link(), *above: Link, extra: Sequence[str] = ()) -> str:
        """Return a file with a key, its certificate, those above it (lowest first) and extras."""
        issuer = self.ca_file
        made: list[str] = []
        for link in (*reversed(above), leaf):
            issuer = self._signed(link, issuer, ca=link is not leaf)
            made.insert(0, issuer)
        texts = [Path(self._key(issuer)).read_text(encoding="ascii")]
        texts += [Path(one).read_text(encoding="ascii") for one in (*made, *extra)]
        path = self._folder / f"chain-{self._number}.pem"
        path.write_text("".join(texts), encoding="ascii")
        return str(path)

    def _signed(self, link: Link, issuer: str, ca: bool) -> str:
        self._number += 1
        base = self._folder / f"{self._number}"
        request, crt, ext = (base.with_suffix(end) for end in (".csr", ".crt", ".ext"))
        ext.write_text((_CA if ca else _LEAF) + _IDS, encoding="ascii")
        self._make_key(link, str(crt))
        command = ["openssl", "req", "-new", "-key", self._key(str(crt)), "-out", str(request)]
        command += ["-subj", f"/CN={'ca' if ca else 'leaf'} {self._number}"]
        subprocess.run(command, check=True, capture_output=True)
        command = [
            "openssl",
            "x509",
            "-req",
            "-in",
            str(request),
            "-CA",
            issuer,
            "-CAkey",
            self._key(issuer),
        ]
        command += [
            "-CAcreateserial",
            f"-{link.digest}",
            "-days",
            str(link.days),
            "-extfile",
            str(ext),
            "-out",
            str(crt),
        ]
        subprocess.run(command, check=True, capture_output=True)
        return str(crt)


RSA, RSA_1024 = "rsa2048", "rsa1024"


def server_context(
    *chains: str, ciphers: str = "ALL:@SECLEVEL=0", client_ca: str = ""
) -> ssl.SSLContext:
    """Return a server's context that shows these chains, and may demand a client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers)
    for chain in chains:
        context.load_cert_chain(chain)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


def days_from_now(text: str) -> int:
    """Return the days from now to a time as it stands in plain data."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment - datetime.datetime.now(datetime.timezone.utc)).days
