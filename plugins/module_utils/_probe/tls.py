# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS as bytes in, bytes out: contexts that look without judging, sessions, and what went wrong."""

from __future__ import annotations

import os
import ssl
import warnings
from typing import Optional

from .._model.safe_text import printable

# The probe must see what old clients would get, weak as it may be; the judge says what it is worth.
_OBSERVED_CIPHERS = "DEFAULT:@SECLEVEL=0"
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


class TlsError(Exception):
    """A handshake that failed. ``kind``: alert (the peer's no), not_tls (the peer speaks something
    else), trust (its certificate), version (it answered with another one), protocol (all else)."""

    def __init__(self, kind: str, detail: str, code: int = 0) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.code = code


def observing_context(verify: bool, ca_path: Optional[str] = None) -> ssl.SSLContext:
    """Return a context that offers TLS 1.0 to 1.3; names are left to the caller to compare.

    Raises TrustStoreError when ``ca_path`` is not a file with certificates or a folder of them.
    """
    context = _bare_context()
    if not verify:
        return context
    context.verify_mode = ssl.CERT_REQUIRED
    if ca_path is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context
    try:
        if os.path.isdir(ca_path):
            context.load_verify_locations(capath=ca_path)
        else:
            context.load_verify_locations(cafile=ca_path)
    except ssl.SSLError:
        raise TrustStoreError(
            f"ca_path: {ca_path!r} holds no certificate (PEM is needed)"
        ) from None
    except OSError as error:
        raise TrustStoreError(f"ca_path: {ca_path!r}: {error.strerror}") from None
    return context


def _bare_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options |= _LEGACY_SERVER_CONNECT
    context.set_ciphers(_OBSERVED_CIPHERS)
    with warnings.catch_warnings():
        # Old versions are offered on purpose, to find out who still accepts them.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


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
        try:
            self._object.do_handshake()
            self.established = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise _explain(error) from None

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


def _explain(error: ssl.SSLError) -> TlsError:
    """Sort an error of OpenSSL's into whose fault it is."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TlsError("trust", error.verify_message, error.verify_code)
    reason = error.reason or ""
    words = reason.replace("_", " ").lower() or str(error)
    if "ALERT" in reason:
        return TlsError("alert", words)
    return TlsError("version" if reason in _VERSION_REASONS else "protocol", words)
