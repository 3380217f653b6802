# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS as bytes in, bytes out: contexts that look without judging, sessions, and what went wrong."""

from __future__ import annotations

import os
import re
import ssl
import threading
import warnings
from typing import Optional

from .._model.safe_text import printable
from .._tls.answer import Reader

# The probe must see what old clients would get, weak as it may be; the judge says what it is worth.
_OBSERVED_CIPHERS = "DEFAULT:@SECLEVEL=0"
# Before anything is believed: 112 bits in every key, and no signature by MD5 or SHA-1, in the whole
# chain (OpenSSL's SSL_CTX_set_security_level). TLS below 1.2 is not offered then.
_STRICT_CIPHERS = "DEFAULT:@SECLEVEL=2"
# Suites for one kind of key of the server, RSA or ECDSA.
_KEY_CIPHERS = {"RSA": "aRSA", "ECDSA": "aECDSA"}
# X509_V_ERR_EE_KEY_TOO_SMALL, ..._CA_KEY_TOO_SMALL, ..._CA_MD_TOO_WEAK (of any certificate's
# signature but a root's).
EE_KEY_TOO_SMALL, MD_TOO_WEAK = 66, 68
WEAK_CODES = (EE_KEY_TOO_SMALL, 67, MD_TOO_WEAK)
_HASH_LINK = re.compile(r"[0-9a-f]{8}\.[0-9]+")
CLIENT_CERTIFICATE = "client_certificate"
_DER = 2  # SSL_FILETYPE_ASN1, _ssl.ENCODING_DER
_LEGACY_SERVER_CONNECT = 0x4  # ssl.OP_LEGACY_SERVER_CONNECT, named only since Python 3.12

# What OpenSSL says when the peer answered with a version that was not offered (SSLError.reason).
_VERSION_REASONS = frozenset(
    {
        "UNSUPPORTED_PROTOCOL",
        "WRONG_SSL_VERSION",
        "WRONG_VERSION_NUMBER",
        "VERSION_TOO_LOW",
        "VERSION_TOO_HIGH",
        "UNKNOWN_PROTOCOL",
    }
)


class TrustStoreError(ValueError):
    """A CA file or folder that cannot be used; the text is one message for the user."""


class NoAuthorities(Exception):
    """This machine trusts no authority at all, so nothing can be verified; the text says so."""


class TlsError(Exception):
    """A handshake that failed. ``kind``: alert (the peer's no), client_certificate (it will not go
    on without one of ours), not_tls (the peer speaks something else), trust (its certificate),
    version (it answered with another one), protocol (all else)."""

    def __init__(self, kind: str, detail: str, code: int = 0) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.code = code


def strict_context(ca_path: Optional[str] = None, key: str = "") -> ssl.SSLContext:
    """Return a context that verifies, and to which a password may be shown.

    ``key``: only for servers with this kind of key, RSA or ECDSA, below TLS 1.3, whose suites leave
    it open. Raises TrustStoreError as ``verifying_context`` does.
    """
    context = verifying_context(ca_path, key)
    context.set_ciphers(f"{_KEY_CIPHERS[key]}:@SECLEVEL=2" if key else _STRICT_CIPHERS)
    return context


def verifying_context(ca_path: Optional[str] = None, key: str = "") -> ssl.SSLContext:
    """Return a context that verifies, however weak the keys and the signatures are.

    ``key`` as for ``strict_context``.

    Raises TrustStoreError when ``ca_path`` is not a file with certificates or a folder of them,
    and NoAuthorities when it is None and this machine trusts nobody.
    """
    context = unverified_context(key)
    context.verify_mode = ssl.CERT_REQUIRED
    if ca_path is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        folder = ssl.get_default_verify_paths().capath
        if not context.cert_store_stats()["x509"] and not (folder and _has_links(folder)):
            raise NoAuthorities("this machine has no certificate authorities to trust; set ca_path")
        return context
    try:
        if not os.path.isdir(ca_path):
            context.load_verify_locations(cafile=ca_path)
            return context
        context.load_verify_locations(capath=ca_path)
        linked = _has_links(ca_path)
    except ssl.SSLError:
        raise TrustStoreError(
            f"ca_path: {ca_path!r} holds no certificate (PEM is needed)"
        ) from None
    except OSError as error:
        raise TrustStoreError(f"ca_path: {ca_path!r}: {error.strerror}") from None
    if not linked:
        raise TrustStoreError(
            f"ca_path: {ca_path!r} is a folder without hash links (such as 5f15c80c.0), so no "
            "certificate in it is found; run openssl rehash on it, or name one file"
        )
    return context


def unverified_context(key: str = "") -> ssl.SSLContext:
    """Return a context that offers TLS 1.0 to 1.3 and verifies nothing.

    Names are left to the caller to compare. ``key`` as for ``strict_context``.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options |= _LEGACY_SERVER_CONNECT
    context.set_ciphers(f"{_KEY_CIPHERS[key]}:@SECLEVEL=0" if key else _OBSERVED_CIPHERS)
    with warnings.catch_warnings():
        # Old versions are offered on purpose, to find out who still accepts them.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    if key:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _has_links(folder: str) -> bool:
    """Tell whether a folder has the links by which OpenSSL finds a certificate. Raises OSError."""
    return any(map(_HASH_LINK.fullmatch, os.listdir(folder)))


class Contexts:
    """The contexts of a run, made once for all threads, the rare ones when they are needed.

    ``why_not`` says why nothing is verified, "" where it is. Raises TrustStoreError before any
    connection when ``ca_path`` cannot be used.
    """

    def __init__(self, verify: bool = True, ca_path: Optional[str] = None) -> None:
        self.why_not = "" if verify else "verification is off"
        self._ca_path = ca_path
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str], ssl.SSLContext] = {}
        if verify:
            try:
                self._made["strict", ""] = strict_context(ca_path)
            except NoAuthorities as error:
                self.why_not = str(error)

    def strict(self, key: str = "") -> ssl.SSLContext:
        """Return what is tried first; it verifies nothing where ``why_not`` says so."""
        return self._get("unverified" if self.why_not else "strict", key)

    def verifying(self, key: str = "") -> ssl.SSLContext:
        """Return a context that verifies, however weak the chain is."""
        return self._get("verifying", key)

    def unverified(self, key: str = "") -> ssl.SSLContext:
        """Return a context that verifies nothing."""
        return self._get("unverified", key)

    def _get(self, kind: str, key: str) -> ssl.SSLContext:
        with self._lock:
            if (kind, key) not in self._made:
                self._made[kind, key] = self._make(kind, key)
            return self._made[kind, key]

    def _make(self, kind: str, key: str) -> ssl.SSLContext:
        if kind == "strict":
            return strict_context(self._ca_path, key)
        if kind == "unverified":
            return unverified_context(key)
        return verifying_context(self._ca_path, key)


class Session:
    """One TLS client session without a socket."""

    def __init__(self, context: ssl.SSLContext, server_name: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(
            self._incoming, self._outgoing, server_hostname=server_name or None
        )
        self._first = b""
        self._over = False
        # What the server says in clear goes by here too: OpenSSL keeps a CertificateRequest silent.
        self._reader = Reader(whole=True)
        self.established = False

    def handshake(self, data: bytes) -> None:
        """Take bytes from the peer and go as far as they reach; see ``established`` and ``out``.

        Raises TlsError.
        """
        if len(self._first) < 3:
            self._first += data[:3]
            # Content types 20 to 23, major version 3 (RFC 8446 section 5.1).
            if self._first and not (
                20 <= self._first[0] <= 23 and self._first[1:2] in (b"", b"\x03")
            ):
                raise TlsError("not_tls", f"not TLS: {printable(data, 120)}")
        self._incoming.write(data)
        self._reader.receive(data)
        try:
            self._object.do_handshake()
            self.established = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            fault = _explain(error)
            if fault.kind == "alert" and self.wants_certificate:
                fault.kind = CLIENT_CERTIFICATE
            raise fault from None

    @property
    def wants_certificate(self) -> bool:
        """Whether the server was seen to ask for a client certificate (readable below TLS 1.3)."""
        return bool(self._reader.heard.wants_certificate)

    def out(self) -> bytes:
        """Return the bytes to send to the peer now."""
        return self._outgoing.read()

    def decrypt(self, data: bytes) -> bytes:
        """Take bytes from the peer; return what they say. Raises TlsError; EOFError at its end."""
        self._incoming.write(data)
        parts = []
        try:
            # Asking OpenSSL while there is nothing to read costs an exception each time.
            while self._over or self._incoming.pending or self._object.pending():
                part = self._object.read(16384)
                if not part:
                    self._over = True
                    break
                parts.append(part)
        except ssl.SSLWantReadError:
            return b"".join(parts)
        except ssl.SSLError as error:
            self._over = True
            if not parts and not isinstance(error, ssl.SSLZeroReturnError):
                raise _explain(error) from None
        if self._over and not parts:
            raise EOFError
        return b"".join(parts)

    def encrypt(self, data: bytes) -> None:
        """Put ``data`` into the bytes to send. Raises TlsError."""
        if not data:
            return
        try:
            self._object.write(data)
        except ssl.SSLError as error:
            raise _explain(error) from None

    @property
    def version(self) -> str:
        """The negotiated TLS version, named as in _tls/versions."""
        return self._object.version() or ""

    @property
    def cipher(self) -> str:
        """The negotiated cipher suite, as OpenSSL names it."""
        cipher = self._object.cipher()
        return cipher[0] if cipher else ""

    @property
    def certificate(self) -> bytes:
        """The peer's certificate, DER."""
        return self._object.getpeercert(binary_form=True) or b""

    def chain(self, verified: bool) -> Optional[tuple[bytes, ...]]:
        """Return the certificates, DER, the peer's own first; None where Python hides them (3.9).

        ``verified``: the chain up to a trusted authority that was built and verified; else what
        the peer sent, in its order, whatever it is good for.
        """
        name = "get_verified_chain" if verified else "get_unverified_chain"
        method = getattr(self._object, name, None)
        if method is not None:
            return tuple(method() or ())
        # Public since Python 3.13, there since 3.10.
        method = getattr(getattr(self._object, "_sslobj", None), name, None)
        if method is None:
            return None
        return tuple(one.public_bytes(_DER) for one in method() or ())


def _explain(error: ssl.SSLError) -> TlsError:
    """Sort an error of OpenSSL's into whose fault it is."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsError("trust", error.verify_message, error.verify_code)
    reason = error.reason or ""
    words = reason.replace("_", " ").lower() or str(error)
    if "ALERT_CERTIFICATE_REQUIRED" in reason:
        return TlsError(CLIENT_CERTIFICATE, words)
    if "ALERT" in reason:
        return TlsError("alert", words)
    return TlsError("version" if reason in _VERSION_REASONS else "protocol", words)
