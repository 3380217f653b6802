# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate file and its key file, looked at before a server is given them."""

from __future__ import annotations

import contextlib
import hashlib
import re
import ssl

_END = "-----END CERTIFICATE-----"
_BLOCK = re.compile(f"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+{_END}")


class KeypairError(ValueError):
    """Files that no server could use together; the message says why."""


def digest(certificate: str, key: str) -> str:
    """Return the SHA-256 of the first certificate in ``certificate`` (PEM), as hexadecimal digits.

    Raises KeypairError where a file is missing or unreadable, the key needs a pass phrase, or key
    and certificate do not belong together; FileNotFoundError is its cause where a file is missing.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asked: list[str] = []

    def no_pass_phrase() -> str:
        asked.append(key)
        return ""

    for path in (certificate, key):
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            raise KeypairError(f"{path}: {error.strerror}") from error
    try:
        context.load_cert_chain(certificate, key, password=no_pass_phrase)
    except (ssl.SSLError, ValueError) as error:
        if asked:
            raise KeypairError(f"{key} needs a pass phrase, which is not supported") from error
        raise KeypairError(f"{_reason(error)}: {certificate}, {key}") from error
    with open(certificate, encoding="ascii", errors="replace") as file:
        text = file.read()
    start = text.index("-----BEGIN CERTIFICATE-----")
    first = text[start : text.index(_END, start) + len(_END)]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def fingerprints(text: str) -> list[str]:
    """Return the SHA-256 of each certificate in a text (PEM), as hexadecimal digits."""
    found = []
    for block in _BLOCK.findall(text):
        with contextlib.suppress(ValueError):
            found.append(hashlib.sha256(ssl.PEM_cert_to_DER_cert(block)).hexdigest())
    return found


def _reason(error: Exception) -> str:
    if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
        return "the key does not belong to the certificate"
    return f"the certificate and the key cannot be used ({error})"
