# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates between a server's own and an authority, as plain data.

Nothing here verifies a signature: a verified chain comes from OpenSSL, and what a server sent is
put in order by names and key identifiers (RFC 5280 section 4.2.1.1).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from typing import Any

from .certificate import Certificate, CertificateError, parse_certificate

OWN, INTERMEDIATE, ROOT = "own", "intermediate", "root"

_FIELDS = (
    "subject",
    "issuer",
    "not_before",
    "not_after",
    "key_type",
    "key_bits",
    "curve",
    "signature",
    "signature_hash",
    "sha256",
    "self_issued",
)


# The ports of a host mostly show the same chain.
@functools.lru_cache(maxsize=16)
def chain_rows(ders: tuple[bytes, ...], verified: bool) -> tuple[Mapping[str, Any], ...]:
    """Return the chain of the first certificate, that one first, each as plain data.

    ``verified``: these are the chain, to its trusted end; else they are what the server sent, of
    which those that lead upwards are taken. ``place`` is own, intermediate or root (the last one of
    a verified chain, and one that is self-issued): nobody relies on the signature of a root.

    Raises CertificateError where one of the chain cannot be read.
    """
    if not ders:
        return ()
    chain = [parse_certificate(der) for der in ders] if verified else _in_order(ders)
    last = len(chain) - 1
    return tuple(
        _row(one, _place(one, number, verified and number == last))
        for number, one in enumerate(chain)
    )


def _place(certificate: Certificate, number: int, trusted_end: bool) -> str:
    if number == 0:
        return OWN
    return ROOT if trusted_end or certificate.self_issued else INTERMEDIATE


def _row(certificate: Certificate, place: str) -> Mapping[str, Any]:
    data = certificate.to_dict()
    return {"place": place, **{name: data[name] for name in _FIELDS}}


def _in_order(ders: Sequence[bytes]) -> list[Certificate]:
    """Return those certificates that lead upwards from the first; the others do no harm."""
    chain = [parse_certificate(ders[0])]
    left = []
    for der in dict.fromkeys(ders[1:]):
        with contextlib.suppress(CertificateError):
            left.append(parse_certificate(der))
    while not chain[-1].self_issued:
        above = next((one for one in left if _issued(one, chain[-1])), None)
        if above is None:
            break
        left.remove(above)
        chain.append(above)
    return chain


def _issued(above: Certificate, below: Certificate) -> bool:
    if above.subject != below.issuer:
        return False
    return not (above.key_id and below.issuer_key_id) or above.key_id == below.issuer_key_id
