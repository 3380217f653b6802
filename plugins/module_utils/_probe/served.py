# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for the certificates that other clients than this one are shown by the same endpoint.

A server may hold a certificate for each kind of key (RSA, ECDSA), and another one for clients that
send no name. A row of what was learnt has ``key`` (RSA, ECDSA, "" for any), ``sni`` (whether the
name was sent), ``status`` and ``detail``; status is served, same (as in the main handshake),
not_served or unknown. Where it is served there are ``certificate``, ``chain``, ``chain_error``,
``trusted``, ``trust_error``, ``trust_code`` and ``name_matches``, as in an observation.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Optional

from .._model.observation import ESTABLISHED, Observation
from .._tls.answer import ALERT, HELLO, Heard
from .._tls.question import Question, about_key
from .._tls.versions import HANDSHAKE_FAILURE, INSUFFICIENT_SECURITY
from .asker import Asker, sni
from .certificate import CertificateError
from .chain import chain_rows
from .connection import Endpoint, Settings, Unreached
from .endpoint import look

SERVED, SAME, NOT_SERVED, UNKNOWN = "served", "same", "not_served", "unknown"

# Ends that the kind of key may have brought about; a control tells.
_ENDS = ("closed", "reset", ALERT)
_KEYS = {"RSA": "RSA", "EC": "ECDSA"}


def others(seen: Observation, endpoint: Endpoint) -> list[tuple[str, bool]]:
    """Return what else to ask for, as pairs of key and SNI, after the main handshake.

    Relays send no name to a relay (port 25) unless they know of DANE or MTA-STS.
    """
    shown = _KEYS.get((seen.certificate or {}).get("key_type", ""), "")
    found = [(key, True) for key in _KEYS.values() if key != shown]
    return found + ([("", False)] if endpoint.patient else [])


def _question(key: str, settings: Settings, seen: Observation) -> Question:
    """Return the question whether there is a certificate with this kind of key."""
    highest = "TLSv1.3" if seen.tls.version == "TLSv1.3" else "TLSv1.2"
    return about_key(key, sni(settings.server_name), highest)


def _only_then(asker: Asker, settings: Settings, seen: Observation, key: str, end: Heard) -> bool:
    """Tell whether a server ends so on this kind of key alone.

    Dovecot 2.3 hangs up, Courier says close_notify. A server that drops every second connection
    does not come through two in a row.
    """
    shown = _KEYS.get((seen.certificate or {}).get("key_type", ""), "")
    if not shown:
        return False
    control = _question(shown, settings, seen)
    if any(asker.ask(control).kind != HELLO for _unused in range(2)):
        return False
    return asker.ask(_question(key, settings, seen)).end == end.end


def search_certificate(
    endpoint: Endpoint,
    settings: Settings,
    deadline: float,
    seen: Observation,
    key: str,
    named: bool,
) -> Mapping[str, Any]:
    """Return the row about one other certificate; ``seen`` is the main handshake's observation."""
    if key:
        asker = Asker(endpoint, settings, deadline, seen.tls_mode)
        heard = asker.ask(_question(key, settings, seen))
        code = heard.alert.code if heard.kind == ALERT and heard.alert else None
        if code in (HANDSHAKE_FAILURE, INSUFFICIENT_SECURITY):
            return _row(key, named, NOT_SERVED, heard.detail)
        if heard.kind in _ENDS and _only_then(asker, settings, seen, key, heard):
            words = f"{heard.detail} (twice), while its usual certificate was shown right after"
            return _row(key, named, NOT_SERVED, words)
        if heard.kind != HELLO:
            return unknown_certificate(key, named, heard.detail)
    talk = look(endpoint, settings, deadline, seen.tls_mode, key, named)
    if isinstance(talk, Unreached):
        return unknown_certificate(key, named, f"{talk.reach}: {talk.detail}")
    if talk.tls.status != ESTABLISHED or talk.certificate is None:
        words = talk.tls.error or talk.certificate_error or talk.facts.refusal
        if not key and talk.tls_kind == "alert":
            return _row(key, named, NOT_SERVED, words)
        served = f"a certificate with this key is served but could not be read: {words}"
        return unknown_certificate(key, named, served if key else words)
    if talk.certificate["sha256"] == (seen.certificate or {}).get("sha256"):
        return _row(key, named, SAME, "")
    return {
        **_row(key, named, SERVED, f"{talk.tls.version} {talk.tls.cipher}"),
        "certificate": talk.certificate,
        "chain": None if talk.chain is None else list(talk.chain),
        "chain_error": talk.chain_error,
        "trusted": talk.tls.trusted,
        "trust_error": talk.tls.trust_error,
        "trust_code": talk.tls.trust_code,
        "name_matches": talk.tls.name_matches,
    }


def sent_chain(
    endpoint: Endpoint, settings: Settings, deadline: float, seen: Observation
) -> Optional[tuple[Mapping[str, Any], ...]]:
    """Return the chain of the main certificate as the server sends it in cleartext, below TLS 1.3.

    For Python 3.9, which hides it. None where that one is not sent so, or cannot be read.
    """
    own = seen.certificate or {}
    key = _KEYS.get(own.get("key_type", ""), "")
    if not key:
        return None
    asker = Asker(endpoint, settings, deadline, seen.tls_mode)
    heard = asker.ask(about_key(key, sni(settings.server_name)), whole=True)
    with contextlib.suppress(CertificateError):
        rows = chain_rows(heard.certificates or (), verified=False)
        return rows if rows and rows[0]["sha256"] == own.get("sha256") else None
    return None


def unknown_certificate(key: str, named: bool, because: str) -> Mapping[str, Any]:
    """Return the row about a certificate that nothing was learnt of."""
    return _row(key, named, UNKNOWN, because)


def _row(key: str, named: bool, status: str, detail: str) -> dict[str, Any]:
    return {"key": key, "sni": named, "status": status, "detail": detail}
