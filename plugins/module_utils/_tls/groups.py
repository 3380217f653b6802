# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups in which a key is agreed on, and one public key in each of the usual ones.

Source: IANA, TLS Supported Groups. The public keys are generators: a server takes them for a
client's, and whoever reads only its first answer needs no private key.
"""

from __future__ import annotations

from .versions import TLS13

GROUPS = {
    "sect163k1": 1,
    "sect163r1": 2,
    "sect163r2": 3,
    "sect193r1": 4,
    "sect193r2": 5,
    "sect233k1": 6,
    "sect233r1": 7,
    "sect239k1": 8,
    "sect283k1": 9,
    "sect283r1": 10,
    "sect409k1": 11,
    "sect409r1": 12,
    "sect571k1": 13,
    "sect571r1": 14,
    "secp160k1": 15,
    "secp160r1": 16,
    "secp160r2": 17,
    "secp192k1": 18,
    "secp192r1": 19,
    "secp224k1": 20,
    "secp224r1": 21,
    "secp256k1": 22,
    "secp256r1": 23,
    "secp384r1": 24,
    "secp521r1": 25,
    "brainpoolP256r1": 26,
    "brainpoolP384r1": 27,
    "brainpoolP512r1": 28,
    "x25519": 29,
    "x448": 30,
    "brainpoolP256r1tls13": 31,
    "brainpoolP384r1tls13": 32,
    "brainpoolP512r1tls13": 33,
    "GC256A": 34,
    "GC256B": 35,
    "GC256C": 36,
    "GC256D": 37,
    "GC512A": 38,
    "GC512B": 39,
    "GC512C": 40,
    "curveSM2": 41,
    "ffdhe2048": 256,
    "ffdhe3072": 257,
    "ffdhe4096": 258,
    "ffdhe6144": 259,
    "ffdhe8192": 260,
    "MLKEM512": 512,
    "MLKEM768": 513,
    "MLKEM1024": 514,
    "SecP256r1MLKEM768": 4587,
    "X25519MLKEM768": 4588,
    "SecP384r1MLKEM1024": 4589,
    "curveSM2MLKEM768": 4590,
}
_NAMES = {code: name for name, code in GROUPS.items()}

X25519, SECP256R1 = GROUPS["x25519"], GROUPS["secp256r1"]

# RFC 7748 section 4.1: the base point 9. SEC 2 section 2.4.2: the base point, uncompressed.
KEY_SHARES = {
    X25519: bytes([9]) + bytes(31),
    SECP256R1: bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
}

# What a hello offers unless it asks about groups: all that a mail server may insist on, common
# ones first. For most of them there is no key share: a server that wants one asks for it, and that
# (HelloRetryRequest) is an answer too.
_USUAL = tuple(
    GROUPS[name]
    for name in (
        "x25519",
        "secp256r1",
        "secp384r1",
        "secp521r1",
        "x448",
        "brainpoolP256r1",
        "brainpoolP384r1",
        "brainpoolP512r1",
        "secp256k1",
        "secp224r1",
        "secp192r1",
        "ffdhe2048",
        "ffdhe3072",
        "ffdhe4096",
        "X25519MLKEM768",
        "SecP256r1MLKEM768",
        "SecP384r1MLKEM1024",
    )
)


def usual(highest: int) -> tuple[int, ...]:
    """Return the usual groups for a hello of this highest version.

    Below TLS 1.3 only curves: those with ML-KEM are not for it, and who names a finite field
    (RFC 7919 section 4) is refused by servers whose only suites use a prime of their own.
    """
    return tuple(code for code in _USUAL if highest >= TLS13 or code < GROUPS["ffdhe2048"])


def group_name(code: int) -> str:
    """Return the name of a group, or its code point in hexadecimal where it has none here."""
    return _NAMES.get(code, f"0x{code:04x}")
