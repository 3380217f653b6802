# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public half of the DKIM keys that lie on this machine, by openssl; the private one stays."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Callable

from .._probe import der
from .ask import AskError

_ED25519_OID = "1.3.101.112"
RunCommand = Callable[..., Any]


def with_keys(data: Mapping[str, Any], run_command: RunCommand) -> dict[str, Any]:
    """Return a domain's intent with ``public_keys`` read from the key files that it names.

    ``run_command`` is the module's. Raises AskError where a file is no key that can be read.
    """
    dkim = data.get("dkim") or {}
    files = dict(dkim.get("keys") or {})
    if dkim.get("key"):
        files[dkim["selectors"][0]] = dkim["key"]
    if not files:
        return dict(data)
    keys = dict(dkim.get("public_keys") or {})
    for selector, path in files.items():
        command = ["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER", "-passin", "pass:"]
        # Bytes, which must not be decoded.
        status, out, err = run_command(command, encoding=None)
        if status:
            last = err.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
            raise AskError(f"dkim: the key {path} cannot be read by openssl here: {last[0]}")
        keys[selector] = public_text(out)
    return {**data, "dkim": {**dkim, "public_keys": keys}}


def public_text(data: bytes) -> str:
    """Return a SubjectPublicKeyInfo (RFC 5280) as the intent writes keys. Raises AskError."""
    try:
        body = der.Reader(der.Reader(data, "key").take(der.SEQUENCE).body, "key")
        algorithm = der.Reader(body.take(der.SEQUENCE).body, "algorithm").take(der.OID).body
        key = der.read_bit_string(body.take(der.BIT_STRING).body)
        if der.read_oid(algorithm) == _ED25519_OID:
            return "ed25519:" + base64.b64encode(key).decode()
    except der.DerError as error:
        raise AskError(f"dkim: openssl gave no public key: {error}") from None
    return base64.b64encode(data).decode()
