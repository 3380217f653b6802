# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DKIM keys in the DNS (RFC 6376 section 3.6, RFC 8301, RFC 8463), and what is demanded of them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._probe import der
from . import tags
from .demand import Demand, Told
from .intent import Domain, Selector
from .question import Answer, Question, Steps, ask_all

RSA, ED25519 = "rsa", "ed25519"
# RFC 8301 section 3.2: below the first nobody may verify; below the second nobody should sign.
RSA_LEAST, RSA_ENOUGH = 1024, 2048
_ED25519_BYTES = 32
_RSA_OID = "1.2.840.113549.1.1.1"
# No selector of anybody: if it answers, a wildcard does.
NOBODY = "mailports-no-such-selector"


@dataclass(frozen=True)
class Key:
    """One key record. ``data`` is empty for a revoked key; ``bits`` is None where the key could
    not be read, and ``problem`` then says why."""

    type: str
    data: bytes
    bits: Optional[int]
    hashes: tuple[str, ...]
    services: tuple[str, ...]
    flags: tuple[str, ...]
    problem: str = ""

    @property
    def revoked(self) -> bool:
        """Tell whether the key was taken back (an empty p=)."""
        return not self.data and not self.problem


def is_key(text: str) -> bool:
    """Tell whether a TXT record claims to be a key record: v= is optional, p= is not."""
    if tags.begins(text, "DKIM1"):
        return True
    return bool(re.search(r"(?:^|;)[ \t\r\n]*p[ \t\r\n]*=", text))


def parse(text: str) -> Key:
    """Return the key record that ``text`` is. Raises TagError."""
    found = tags.parse(text)
    if found.get("v", "DKIM1") != "DKIM1":
        raise tags.TagError(f"v={found['v']} is not DKIM1")
    if "v" in found and next(iter(found)) != "v":
        raise tags.TagError("v= must come first")
    if "p" not in found:
        raise tags.TagError("p= (the key) is missing")
    kind = found.get("k", RSA)
    hashes = tags.words(found["h"]) if "h" in found else ()
    services = tags.words(found.get("s", "*"))
    flags = tags.words(found["t"]) if "t" in found else ()
    value = re.sub(r"[ \t\r\n]+", "", found["p"])
    if not value:
        return Key(kind, b"", None, hashes, services, flags)
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise tags.TagError("p= is not base64") from None
    try:
        bits = key_bits(kind, data)
    except ValueError as error:
        return Key(kind, data, None, hashes, services, flags, str(error))
    return Key(kind, data, bits, hashes, services, flags)


def key_bits(kind: str, data: bytes) -> int:
    """Return the size of a public key in bits. Raises ValueError where it is none of its kind.

    RSA keys come as SubjectPublicKeyInfo, or as RSAPublicKey alone (RFC 6376 erratum 3017).
    """
    if kind == ED25519:
        if len(data) != _ED25519_BYTES:
            raise ValueError(f"an Ed25519 key has {_ED25519_BYTES} bytes, this one {len(data)}")
        return 8 * _ED25519_BYTES
    if kind != RSA:
        raise ValueError(f"k={kind} is not a key type of RFC 6376 or RFC 8463")
    try:
        return _rsa_bits(data)
    except der.DerError as error:
        raise ValueError(f"the key is not an RSA public key: {error}") from None


def _rsa_bits(data: bytes) -> int:
    outer = der.Reader(data, "key")
    body = outer.take(der.SEQUENCE).body
    outer.finish()
    inner = der.Reader(body, "key")
    first = inner.take(der.SEQUENCE, der.INTEGER)
    if first.tag == der.INTEGER:
        inner.take(der.INTEGER)
        return der.read_integer(first.body).bit_length()
    algorithm = der.read_oid(der.Reader(first.body, "algorithm").take(der.OID).body)
    if algorithm != _RSA_OID:
        raise der.DerError(f"its algorithm is {algorithm}")
    return _rsa_bits(der.read_bit_string(inner.take(der.BIT_STRING).body))


def name_of(selector: str, domain: str) -> str:
    """Return the name under which a selector's key stands (RFC 6376 section 3.6.2.1)."""
    return f"{selector}._domainkey.{domain}"


def gather(domain: Domain) -> Steps[dict[str, Answer]]:
    """Ask for the key of each selector, and for one that nobody has; "" is the latter."""
    names = {one.name: name_of(one.name, domain.domain) for one in domain.dkim or ()}
    names[""] = name_of(NOBODY, domain.domain)
    answers = yield from ask_all([Question(name, "TXT") for name in names.values()])
    return {selector: answers[Question(name, "TXT")] for selector, name in names.items()}


def to_dict(seen: dict[str, Answer]) -> dict[str, Any]:
    """Return plain data."""
    return {selector or NOBODY: answer.to_dict() for selector, answer in seen.items()}


_QUESTIONS = (
    "dkim_record",
    "dkim_key",
    "dkim_size",
    "dkim_test",
    "dkim_service",
    "dkim_hash",
    "dkim_same",
)


def told(domain: Domain, seen: dict[str, Answer]) -> Iterator[Told]:
    """Yield what each selector's key says."""
    if domain.dkim is None:
        for question in (*_QUESTIONS, "dkim_wildcard"):
            yield Told(question, domain.domain, not_asked="the intent names no selectors")
        return
    for selector in domain.dkim:
        yield from _selector(selector, name_of(selector.name, domain.domain), seen[selector.name])
    nobody = seen[""]
    about = name_of("*", domain.domain)
    if not nobody.known:
        yield Told("dkim_wildcard", about, unknown=nobody.words)
    else:
        value = "none" if nobody.absent else "answers"
        yield Told("dkim_wildcard", about, value, f"a wildcard {value}" if nobody.records else "no")


def _selector(selector: Selector, about: str, answer: Answer) -> Iterator[Told]:
    if not answer.known:
        for question in _QUESTIONS:
            yield Told(question, about, unknown=answer.words)
        return
    texts = [tags.text_of(record) for record in answer.records]
    keys = [text for text in texts if is_key(text)]
    problem = ""
    key = None
    if len(keys) == 1:
        try:
            key = parse(keys[0])
        except tags.TagError as error:
            problem = str(error)
    if key is None:
        value, words = _no_key(texts, keys, problem)
        yield Told("dkim_record", about, value, words)
        for question in _QUESTIONS[1:]:
            yield Told(question, about, not_asked=f"there is no usable key: {words}")
        return
    yield Told("dkim_record", about, "valid", f"one key record, {key.type}")
    yield from _key(selector, about, key)


def _no_key(texts: Sequence[str], keys: Sequence[str], problem: str) -> tuple[str, str]:
    if problem:
        return "invalid", problem
    if len(keys) > 1:
        return "several", f"{len(keys)} key records"
    if texts:
        return "none", f"TXT records, but none is a key: {texts[0]!r}"
    return "none", "no TXT record"


def _key(selector: Selector, about: str, key: Key) -> Iterator[Told]:
    yield Told("dkim_key", about, *_strength(key))
    yield _size(about, key)
    test = "y" in key.flags
    yield Told("dkim_test", about, "yes" if test else "no", "t=y" if test else "no t=y")
    mail = "*" in key.services or "email" in key.services
    yield Told("dkim_service", about, "mail" if mail else "other", f"s={':'.join(key.services)}")
    hashes = key.hashes or ("sha256",)
    words = f"h={':'.join(hashes)}" if key.hashes else "all hashes"
    yield Told("dkim_hash", about, "sha256" if "sha256" in hashes else "other", words)
    if not selector.key:
        yield Told("dkim_same", about, not_asked="the key of the server is not known here")
        return
    try:
        wanted = parse(f"k={selector.type}; p={selector.key}")
    except tags.TagError as error:
        yield Told("dkim_same", about, unknown=f"the key that was given cannot be read: {error}")
        return
    same = raw_key(wanted) == raw_key(key)
    words = "the key of the server" if same else "another key than the server's"
    yield Told("dkim_same", about, "same" if same else "other", words)


def raw_key(key: Key) -> tuple[str, bytes]:
    """Return the key without its wrapping: RSA keys come in two forms."""
    if key.type == RSA and key.bits:
        inner = der.Reader(der.Reader(key.data, "key").take(der.SEQUENCE).body, "key")
        first = inner.take(der.SEQUENCE, der.INTEGER)
        if first.tag == der.SEQUENCE:
            return RSA, der.read_bit_string(inner.take(der.BIT_STRING).body)
    return key.type, key.data


def _strength(key: Key) -> tuple[str, str]:
    if key.revoked:
        return "revoked", "the key is revoked (p= is empty)"
    if key.bits is None:
        return "unusable", key.problem
    words = f"{key.type} with {key.bits} bits"
    return ("weak" if key.type == RSA and key.bits < RSA_LEAST else "usable"), words


def _size(about: str, key: Key) -> Told:
    if not key.bits or key.type != RSA:
        words = "the key has one size only" if key.bits else "there is no usable key"
        return Told("dkim_size", about, not_asked=words)
    value = "short" if key.bits < RSA_ENOUGH else "long"
    return Told("dkim_size", about, value, f"{key.bits} bits")


DEMANDS = (
    Demand(
        "dkim-record",
        "selector",
        "dkim_record",
        ("valid",),
        "error",
        "{about}: there should be one valid key record, but there is {seen}",
        "Signatures with this selector do not verify.",
        "Publish the public key of the selector as one TXT record, v=DKIM1 first.",
        "RFC 6376 section 3.6.1",
        ("TR-03182-03-M",),
    ),
    Demand(
        "dkim-key",
        "selector",
        "dkim_key",
        ("usable",),
        "error",
        "{about}: the key cannot be used: {seen}",
        "Receivers must not accept signatures of a revoked, unreadable or too small key.",
        "Create a new key (RSA 2048 bits or Ed25519) under a new selector, and sign with it.",
        "RFC 6376 section 3.6.1, RFC 8301 section 3.2, RFC 8463 section 4",
        ("TR-03182-03-M",),
    ),
    Demand(
        "dkim-short-key",
        "selector",
        "dkim_size",
        ("long",),
        "warning",
        "{about}: the key is shorter than it should be: {seen}",
        "Signers should use at least 2048 bits; smaller keys can be broken.",
        "Create a new key of 2048 bits under a new selector, and sign with it.",
        "RFC 8301 section 3.2",
    ),
    Demand(
        "dkim-test",
        "selector",
        "dkim_test",
        ("no",),
        "warning",
        "{about}: the key is marked as a test: {seen}",
        "Receivers treat mail signed with it as if it were not signed.",
        "Remove y from t= once signing works.",
        "RFC 6376 section 3.6.1",
    ),
    Demand(
        "dkim-service",
        "selector",
        "dkim_service",
        ("mail",),
        "error",
        "{about}: the key is not for mail: {seen}",
        "Mail receivers ignore a key that is for another service.",
        "Leave s= out, or set it to email.",
        "RFC 6376 section 3.6.1",
    ),
    Demand(
        "dkim-hash",
        "selector",
        "dkim_hash",
        ("sha256",),
        "error",
        "{about}: the key does not allow SHA-256: {seen}",
        "SHA-256 is the only hash that may be used; SHA-1 signatures are refused.",
        "Leave h= out, or set it to sha256.",
        "RFC 8301 section 3.1",
    ),
    Demand(
        "dkim-other-key",
        "selector",
        "dkim_same",
        ("same",),
        "error",
        "{about}: the DNS has {seen}",
        "What the server signs does not verify with the key in the DNS.",
        "Publish the public key that belongs to the server's key, or have it sign with the key "
        "whose public key is published.",
        "RFC 6376 section 6.1.2",
    ),
    Demand(
        "dkim-wildcard",
        "domain",
        "dkim_wildcard",
        ("none",),
        "warning",
        "{about}: every selector answers: {seen}",
        "A wildcard makes any selector look as if it existed, and hides that one is missing.",
        "Remove the wildcard, or make sure that it does not cover _domainkey.",
        "RFC 6376 section 6.1.2",
    ),
)
