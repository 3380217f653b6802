# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a test authority and every certificate, good and bad, that a mail host can be given."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .shell import HostsError, call

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
AUTHORITY = """
[ca]
default_ca = it
[it]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}/issued
unique_subject = no
policy = any
x509_extensions = {extensions}
default_md = {digest}
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:{name}
[req]
distinguished_name = dn
[dn]
"""


@dataclass(frozen=True)
class Kind:
    """How one kind of certificate differs from a good one; times count from now."""

    starts: timedelta = -HOUR
    ends: timedelta = 365 * DAY
    name: str = ""
    key: tuple[str, ...] = P256
    digest: str = "sha256"
    issuer: str = "root"


KINDS = {
    "good": Kind(),
    "rsa": Kind(key=("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")),
    "expired": Kind(starts=-90 * DAY, ends=-DAY),
    "not_yet_valid": Kind(starts=DAY, ends=90 * DAY),
    # A little more than the days it is named for, so that a slow test still counts five.
    "expires_soon": Kind(starts=-85 * DAY, ends=5 * DAY + HOUR),
    "wrong_name": Kind(name="other.example.org"),
    "self_signed": Kind(issuer="self"),
    "weak_key": Kind(key=("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024")),
    "sha1_signature": Kind(digest="sha1"),
    # Issued by an intermediate authority whose certificate the server does not send.
    "broken_chain": Kind(issuer="intermediate"),
}


@dataclass(frozen=True)
class Pair:
    """A private key and the certificate for it, as files in PEM."""

    key: Path
    cert: Path


class Authority:
    """A test authority in a directory of its own; ``ca_file`` is what a client must trust."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_file = folder / "root.pem"
        if not self.ca_file.exists():
            (folder / "issued").mkdir(parents=True)
            (folder / "index.txt").touch()
            (folder / "serial").write_text("1000\n", encoding="ascii")
            self._make("root", "mailports test root", Kind(issuer="self"), "authority")

    def certificate(self, host: str, kind: str = "good") -> Pair:
        """Return the certificate of ``kind`` (a key of KINDS) for the host name ``host``.

        Made at the first call. Raises HostsError for a kind that KINDS does not have.
        """
        if kind not in KINDS:
            raise HostsError(f"{kind!r} is no kind of certificate; there are {', '.join(KINDS)}")
        what = KINDS[kind]
        # openssl keeps its list of what it has issued in files that only one at a time may write.
        with open(self.folder / "lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if what.issuer == "intermediate" and not (self.folder / "intermediate.pem").exists():
                self._make("intermediate", "mailports test intermediate", Kind(), "authority")
            return self._make(f"{host}-{kind}", what.name or host, what, "leaf")

    def _make(self, stem: str, name: str, kind: Kind, extensions: str) -> Pair:
        pair = Pair(self.folder / f"{stem}.key", self.folder / f"{stem}.pem")
        if pair.cert.exists():
            return pair
        config = self.folder / f"{stem}.cnf"
        request = self.folder / f"{stem}.csr"
        text = AUTHORITY.format(
            folder=self.folder, extensions=extensions, digest=kind.digest, name=name
        )
        config.write_text(text, encoding="utf-8")
        call(["openssl", "genpkey", *kind.key, "-out", str(pair.key)])
        subject = f"/CN={name}"
        files = ["-config", str(config), "-out", str(request)]
        call(["openssl", "req", "-new", "-key", str(pair.key), "-subj", subject, *files])
        now = datetime.now(UTC)
        dates = [(now + shift).strftime("%Y%m%d%H%M%SZ") for shift in (kind.starts, kind.ends)]
        issuer = f"{self.folder}/{kind.issuer}"
        signer = ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"]
        if kind.issuer == "self":
            signer = ["-selfsign", "-keyfile", str(pair.key)]
        validity = ["-startdate", dates[0], "-enddate", dates[1]]
        files = ["-config", str(config), "-in", str(request), "-out", str(pair.cert)]
        call(["openssl", "ca", "-batch", "-notext", *signer, *validity, *files])
        return pair
