# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers about the certificates that an endpoint shows: dates, name, trust, keys, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Optional

from .._model.demand import Answer, known, unknown
from .._model.observation import Observation

# OpenSSL's words for dates out of range (X509_V_ERR_CERT_NOT_YET_VALID, ..._HAS_EXPIRED).
_DATE_CODES = (9, 10)
# Key types whose strength is in their name, and signatures without a separate hash (RFC 8410).
_FIXED_KEYS = ("Ed25519", "Ed448")
_SIZED_KEYS = ("RSA", "DSA", "EC")


@dataclass(frozen=True)
class Shown:
    """A certificate in plain form, and which one it is, as words before what is said of it.

    ``signed``: somebody relies on its signature, as nobody does on a root's.
    """

    data: Mapping[str, Any]
    which: str = ""
    signed: bool = True

    @property
    def first(self) -> datetime:
        """The first moment of its validity."""
        return _time(self.data["not_before"])

    @property
    def last(self) -> datetime:
        """The last moment of its validity."""
        return _time(self.data["not_after"])


def shown(seen: Observation) -> list[Shown]:
    """Return the certificates that one endpoint shows and those above them, the main one first."""
    found = []
    if seen.certificate is not None:
        found += [Shown(seen.certificate), *_above(seen.chain, "")]
    for row in _served(seen):
        which = f"{_name_of(row)}: "
        found += [Shown(row["certificate"], which), *_above(row["chain"], which)]
    return list({(one.data["sha256"], one.which): one for one in found}.values())


def _above(chain: Optional[Sequence[Mapping[str, Any]]], which: str) -> list[Shown]:
    """Return the certificates of a chain above the first."""
    rows = [row for row in chain or () if row["place"] != "own"]
    return [
        Shown(row, f"{which}{row['place']} {row['subject']}: ", row["place"] != "root")
        for row in rows
    ]


def _served(seen: Observation) -> list[Mapping[str, Any]]:
    """Return what was learnt of the other certificates that the endpoint shows."""
    return [row for row in seen.served if row["status"] == "served"]


def _name_of(row: Mapping[str, Any]) -> str:
    """Say which certificate a row is about."""
    return f"the {row['key']} certificate" if row["key"] else "the certificate without SNI"


def not_shown(seen: Observation) -> str:
    """Return why it is not known whether there are other certificates, "" where it is."""
    if not seen.served:
        return "other certificates were not asked for"
    gaps = [
        f"whether {_name_of(row)} is served: {row['detail']}"
        for row in seen.served
        if row["status"] == "unknown"
    ]
    errors = [one for one in (seen.chain_error, *_chain_errors(seen)) if one]
    return "; ".join([*gaps, *errors])


def _chain_errors(seen: Observation) -> list[str]:
    return [row["chain_error"] for row in _served(seen)]


def no_chain(seen: Observation) -> str:
    """Return that nothing is known of the dates above a certificate, "" where that is known.

    Their strength is: OpenSSL's security level 2 has held, or the certificate is not trusted.
    """
    chains = [seen.chain, *(row["chain"] for row in _served(seen))]
    missing = any(chain is None for chain in chains)
    return "Python before 3.10 does not show the certificates above it" if missing else ""


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
    words = [f"{kind} {bits or ''}".strip() for kind, bits, _which in rows]
    return known(tuple(rows), evidence=", ".join(words))


def signatures(certificates: Sequence[Shown]) -> Answer:
    """Return (hash, algorithm, which) of each signature that somebody relies on."""
    rows = []
    for one in certificates:
        digest, signature = one.data["signature_hash"], one.data["signature"]
        if not one.signed:
            continue
        if digest is None and signature not in _FIXED_KEYS:
            words = f"{one.which}the signature algorithm {signature} is not known here"
            return unknown(words, "not-known")
        rows.append((digest, signature, one.which))
    return known(tuple(rows), evidence=", ".join(row[1] for row in rows))


def name(seen: Observation) -> Answer:
    """Return whether each certificate that is shown bears the name of the host."""
    certificate = seen.certificate or {}
    shown_names = [("", certificate.get("names", ()), seen.tls.name_matches)]
    for row in _served(seen):
        shown_names.append((_name_of(row), row["certificate"]["names"], row["name_matches"]))
    wrong = []
    for which, names, matches in shown_names:
        if matches is None:
            return unknown("its names were not compared", "not-known")
        if not matches:
            words = ", ".join(names) or "no host name"
            wrong.append(f"{words} ({which})" if which else words)
    names = ", ".join(certificate.get("names", ()))
    return known(not wrong, "; ".join(wrong) or names, names)


def trust(seen: Observation, now: datetime) -> Answer:
    """Return whether a trusted authority vouches for each certificate, but for their own dates."""
    tls = seen.tls
    rows = [("", seen.certificate or {}, tls.trusted, tls.trust_error, tls.trust_code)]
    for row in _served(seen):
        given = (row["certificate"], row["trusted"], row["trust_error"], row["trust_code"])
        rows.append((f"{_name_of(row)}: ", *given))
    notes = []
    for which, certificate, trusted, error, code in rows:
        if trusted is None:
            return unknown(which + (error or "it was not verified"), "not-known")
        own = Shown(certificate)
        # OpenSSL looks at dates last, and at the leaf's last of all: all else had held.
        if code in _DATE_CODES and not own.first <= now <= own.last:
            notes.append(f"{which}but for its dates")
        elif not trusted:
            return known(False, which + (error or "not verified"))
    return known(True, evidence="; ".join(notes))


def _time(text: str) -> datetime:
    """Read the time form of Certificate.to_dict, UTC."""
    # Not strptime, which imports two modules more on each run; no Z before Python 3.11.
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
