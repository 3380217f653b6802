# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers about the certificates that an endpoint shows: dates, name, trust, keys, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .._model.demand import Answer, known, unknown
from .._model.observation import Observation

# OpenSSL's words for dates out of range (X509_V_ERR_CERT_NOT_YET_VALID, ..._HAS_EXPIRED).
_DATE_CODES = (9, 10)
# Key types whose strength is in their name, and signatures without a separate hash (RFC 8410).
_FIXED_KEYS = ("Ed25519", "Ed448")
_SIZED_KEYS = ("RSA", "DSA", "EC")


@dataclass(frozen=True)
class Shown:
    """A certificate in plain form, and which one it is, as words before what is said of it."""

    data: Mapping[str, Any]
    which: str = ""

    @property
    def first(self) -> datetime:
        """The first moment of its validity."""
        return _time(self.data["not_before"])

    @property
    def last(self) -> datetime:
        """The last moment of its validity."""
        return _time(self.data["not_after"])


def shown(seen: Observation) -> list[Shown]:
    """Return the certificates that one endpoint shows, that of the main handshake first."""
    return [Shown(seen.certificate)] if seen.certificate is not None else []


def expired(certificates: Sequence[Shown], now: datetime) -> Answer:
    """Return the last days of the certificates that have expired."""
    return known(tuple(one.which + _day(one.last) for one in certificates if now > one.last))


def not_yet_valid(certificates: Sequence[Shown], now: datetime) -> Answer:
    """Return the first days of the certificates that are not valid yet."""
    return known(tuple(one.which + _day(one.first) for one in certificates if now < one.first))


def lifetimes(certificates: Sequence[Shown], now: datetime) -> Answer:
    """Return (last day, seconds left, seconds of the whole life) of each that is valid now."""
    rows = tuple(
        (
            one.which + _day(one.last),
            (one.last - now).total_seconds(),
            (one.last - one.first).total_seconds(),
        )
        for one in certificates
        if one.first <= now <= one.last
    )
    days = [int(left // 86400) for _day_, left, _life in rows]
    return known(rows, evidence=f"{min(days)} days left" if days else "")


def keys(certificates: Sequence[Shown]) -> Answer:
    """Return (type, bits, which) of each key; a type that is not known leaves its strength so."""
    rows = []
    for one in certificates:
        kind, bits = one.data["key_type"], one.data["key_bits"]
        if kind not in (*_FIXED_KEYS, *_SIZED_KEYS):
            return unknown(f"{one.which}the key type {kind} is not known here", "not-known")
        rows.append((kind, bits, one.which))
    return known(
        tuple(rows), evidence=", ".join(f"{kind} {bits or ''}".strip() for kind, bits, _ in rows)
    )


def signatures(certificates: Sequence[Shown]) -> Answer:
    """Return (hash, algorithm, which) of each signature."""
    rows = []
    for one in certificates:
        digest, signature = one.data["signature_hash"], one.data["signature"]
        if digest is None and signature not in _FIXED_KEYS:
            words = f"{one.which}the signature algorithm {signature} is not known here"
            return unknown(words, "not-known")
        rows.append((digest, signature, one.which))
    return known(tuple(rows), evidence=", ".join(row[1] for row in rows))


def name(certificates: Sequence[Shown], seen: Observation) -> Answer:
    """Return whether the certificate bears the name of the host."""
    names = ", ".join(certificates[0].data["names"]) or "no host name"
    if seen.tls.name_matches is None:
        return unknown("its names were not compared", "not-known")
    return known(seen.tls.name_matches, names, names)


def trust(certificates: Sequence[Shown], seen: Observation, now: datetime) -> Answer:
    """Return whether a trusted authority vouches for the certificate, its dates left aside."""
    tls = seen.tls
    leaf = certificates[0]
    if tls.trusted is None:
        return unknown(tls.trust_error or "it was not verified", "not-known")
    # OpenSSL looks at dates last, and at the leaf's last of all: all else had held.
    if tls.trust_code in _DATE_CODES and not leaf.first <= now <= leaf.last:
        return known(True, evidence="but for its dates")
    return known(tls.trusted, tls.trust_error or "not verified")


def _time(text: str) -> datetime:
    """Read the time form of Certificate.to_dict, UTC."""
    # Not strptime, which imports two modules more on each run; no Z before Python 3.11.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
