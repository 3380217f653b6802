# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that our readers of records and checkdmarc's and dkimpy's agree over generated records.

Where they do not, a clause says why; any other disagreement fails.
"""

from __future__ import annotations

import base64
import random
from collections import Counter
from typing import Any, Callable

import dkim as dkimpy
import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import (
    dkim,
    dmarc,
    mta_sts,
    tags,
    tlsrpt,
)
from checkdmarc import dmarc as their_dmarc
from checkdmarc import mta_sts as their_mta_sts
from checkdmarc import smtp_tls_reporting as their_tlsrpt

from tests.support.complete_domain import ED25519, RSA_1024

RECORDS = 1500
Reader = Callable[[str], Any]


def value(read: Reader, text: str) -> Any:
    """Return what a reader makes of a record, None where it is an error to it."""
    try:
        return read(text)
    except Exception:
        return None


def compared(
    make: Callable[[random.Random], str],
    ours: Reader,
    theirs: Reader,
    explained: Callable[[str, Any, Any], str],
) -> Counter[str]:
    """Compare over RECORDS records; return how often each clause explained a disagreement."""
    draw = random.Random(1)
    reasons: Counter[str] = Counter()
    unexplained = []
    good = 0
    for _unused in range(RECORDS):
        text = make(draw)
        mine, other = value(ours, text), value(theirs, text)
        good += mine is not None and other is not None
        if mine == other:
            continue
        reason = explained(text, mine, other)
        reasons[reason] += 1
        if not reason:
            unexplained.append((text, mine, other))
    assert unexplained[:5] == []
    # Both readers saw enough that is right and enough that is wrong.
    assert RECORDS // 10 < good < RECORDS * 9 // 10
    return reasons


def spaced(draw: random.Random, parts: list[str]) -> str:
    """Return tags as a record, with the blanks and the last semicolon that zones have."""
    separator = draw.choice(["; ", ";", " ; "])
    return separator.join(parts) + draw.choice(["", "", ";", "; "])


def mta_sts_text(draw: random.Random) -> str:
    version = draw.choice(["v=STSv1"] * 6 + ["v=STSv2", "v=stsv1", "V=STSv1"])
    identity = draw.choice(
        ["id=20260101", "id=a1", "id=" + "a" * 32, "id=" + "a" * 33, "id=2026-1", "id="]
    )
    parts = [version, identity]
    if draw.random() < 0.1:
        parts.reverse()
    if draw.random() < 0.1:
        parts.append(draw.choice(["ext=1", "id=1", "x"]))
    return spaced(draw, parts)


def test_mta_sts_records() -> None:
    def explained(text: str, mine: Any, other: Any) -> str:
        del mine, other
        if "ext=" in text or text.count("id=") > 1:
            return "RFC 8461 section 3.1: extensions are allowed, a tag twice is not"
        if " ;" in text:
            return "RFC 8461 section 3.1: sts-field-delim = *WSP ; *WSP"
        if text.startswith(("v=stsv1", "V=STSv1")):
            return "RFC 8461 section 3.1: the version is case-sensitive"
        return ""

    compared(
        mta_sts_text,
        mta_sts.record_id,
        lambda text: their_mta_sts.parse_mta_sts_record(text)["tags"]["id"],
        explained,
    )


def policy_text(draw: random.Random) -> str:
    lines = [
        draw.choice(["version: STSv1"] * 9 + ["version: STSv2"]),
        draw.choice(["mode: enforce", "mode: testing", "mode: none", "mode: off"]),
        draw.choice(["max_age: 604800", "max_age: 0", "max_age: 31557600", "max_age: 31557601"]),
    ]
    for _unused in range(draw.randint(0, 3)):
        lines.append(
            draw.choice(["mx: mail.example.com", "mx: *.example.com", "mx: a.b.example.com"])
        )
    if draw.random() < 0.1:
        lines.pop(draw.randrange(len(lines)))
    if draw.random() < 0.1:
        lines.append(draw.choice(["mode: none", "text", "mx: *.*.example.com"]))
    end = draw.choice(["\r\n", "\n"])
    return end.join(lines) + draw.choice([end, ""])


def test_mta_sts_policies() -> None:
    def ours(text: str) -> Any:
        policy = mta_sts.parse_policy(text.encode())
        return policy.mode, policy.max_age, list(policy.mx)

    def theirs(text: str) -> Any:
        policy = their_mta_sts.parse_mta_sts_policy(text)["policy"]
        return policy["mode"], policy["max_age"], list(policy["mx"])

    def explained(text: str, mine: Any, other: Any) -> str:
        lines = text.split()
        if text.count("mode:") > 1:
            return "RFC 8461 section 3.2: of a key given twice the first counts"
        if "mode: none" in text and "mx:" not in text:
            return "RFC 8461 section 3.2: mode none needs no mx"
        if "*.*" in text:
            return "RFC 8461 section 3.2: an asterisk is one leftmost label"
        if "max_age: 0" in text and len(lines) > 1:
            return "RFC 8461 section 3.2: max_age may be 0"
        return ""

    compared(policy_text, ours, theirs, explained)


def tlsrpt_text(draw: random.Random) -> str:
    uris = [
        draw.choice(
            [
                "mailto:a@example.com",
                "https://example.com/x",
                "http://example.com/",
                "a@example.com",
            ]
        )
        for _unused in range(draw.choice([0, 1, 1, 1, 2]))
    ]
    version = draw.choice(["v=TLSRPTv1"] * 8 + ["v=TLSRPTv2"])
    parts = [version, "rua=" + ",".join(uris)] if draw.random() < 0.9 else [version]
    if draw.random() < 0.1:
        parts.append("ext=1")
    return spaced(draw, parts)


def test_tlsrpt_records() -> None:
    def theirs(text: str) -> Any:
        found = their_tlsrpt.parse_smtp_tls_reporting_record(text)
        return list(found["tags"]["rua"]["value"])

    def explained(text: str, mine: Any, other: Any) -> str:
        del mine, other
        if "ext=" in text:
            return "RFC 8460 section 3: extensions are allowed"
        if " ;" in text:
            return "RFC 8460 section 3: field-delim = *WSP ; *WSP"
        return ""

    compared(tlsrpt_text, lambda text: list(tlsrpt.parse(text).reports), theirs, explained)


def dmarc_text(draw: random.Random) -> str:
    parts = [draw.choice(["v=DMARC1"] * 12 + ["v=DMARC2", "v=dmarc1"])]
    if draw.random() < 0.9:
        parts.append("p=" + draw.choice(["none", "quarantine", "reject", "reject", "rejct"]))
    for name, values in {
        "sp": ["none", "reject", "no"],
        "np": ["none", "reject"],
        "adkim": ["r", "s", "relaxed"],
        "aspf": ["r", "s"],
        "t": ["y", "n"],
        "psd": ["u", "n", "y"],
        "pct": ["50"],
    }.items():
        if draw.random() < 0.15:
            parts.append(f"{name}={draw.choice(values)}")
    return spaced(draw, parts)


def test_dmarc_records() -> None:
    def ours(text: str) -> Any:
        record = dmarc.parse(text)
        return record.applied or None, record.subdomains, record.nonexistent

    def theirs(text: str) -> Any:
        found = their_dmarc.parse_dmarc_record(text, "example.com")["tags"]

        def one(name: str) -> str:
            tag = found.get(name, {})
            return str(tag["value"]) if tag.get("explicit") else ""

        return found["p"]["value"], one("sp"), one("np")

    def explained(text: str, mine: Any, other: Any) -> str:
        if other is None and mine is not None:
            return "RFC 9989 section 4.8: what is wrong is left out, not the whole record"
        if mine is not None and mine[0] is None:
            return "RFC 9989 section 4.10.1: without a usable p= and without reports, no DMARC"
        return ""

    compared(dmarc_text, ours, theirs, explained)


def dkim_text(draw: random.Random) -> str:
    broken = base64.b64encode(bytes(draw.randrange(256) for _unused in range(40))).decode()
    parts = [
        draw.choice(["v=DKIM1"] * 8 + ["v=DKIM2"]),
        draw.choice(["k=rsa", "k=ed25519", "k=dsa", "n=note", "t=s"]),
        "p=" + draw.choice([RSA_1024, RSA_1024, ED25519, broken, "", "%"]),
    ]
    if draw.random() < 0.1:
        parts.append(draw.choice(["t=y", "s=email", "s=other", "p=1"]))
    if draw.random() < 0.1:
        parts.pop(0)
    return spaced(draw, parts)


def test_dkim_keys() -> None:
    def ours(text: str) -> Any:
        key = dkim.parse(text)
        if not key.bits:
            raise tags.TagError("no key")
        return key.type, key.bits

    def theirs(text: str) -> Any:
        _key, bits, kind, _tlsrpt = dkimpy.evaluate_pk("name", text)
        return kind.decode(), bits

    def explained(text: str, mine: Any, other: Any) -> str:
        if other is None and mine is not None and "s=other" in text:
            return "RFC 6376 section 3.6.1: what a key is for is judged apart from its syntax"
        return ""

    compared(dkim_text, ours, theirs, explained)


@pytest.mark.parametrize("host", ["mail.example.com", "a.b.example.com", "example.com", "x.org"])
@pytest.mark.parametrize("pattern", ["mail.example.com", "*.example.com", "*.b.example.com"])
def test_patterns_of_mta_sts(host: str, pattern: str) -> None:
    theirs = their_mta_sts.mx_in_mta_sts_patterns(host, [pattern])
    assert mta_sts.matches(pattern, host) is theirs
