# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that check_host() and pyspf agree over generated zones, or that a clause says why not."""

from __future__ import annotations

import ipaddress
import random
import socket
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    NODATA,
    NXDOMAIN,
    RECORDS,
    TIMEOUT,
    Answer,
    Question,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.run import Run
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.spf_check import (
    check_host,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.spf_macro import mail_of

with warnings.catch_warnings():
    # Its source has escapes that Python warns of.
    warnings.simplefilter("ignore")
    import spf

ZONES = 1500
NAMES = [f"{label}.example.com" for label in "abcdef"]
CLIENTS = ["192.0.2.1", "192.0.2.77", "198.51.100.9", "2001:db8::1", "2001:db8:1::77"]
Zone = dict[str, dict[str, list[Any]]]


def term(draw: random.Random) -> str:
    """Return one term, most often a right one."""
    name = draw.choice(NAMES)
    macro = draw.choice(["%{i}", "%{ir}", "%{d2}", "%{l}", "%{s}", "%{o}", "%{v}", "%{h}", "%{p}"])
    cidr = draw.choice(["", "", "/24", "/24//64", "//64", "/0"])
    choices = [
        draw.choice(["ip4:192.0.2.1", "ip4:192.0.2.0/25", "ip4:198.51.100.9/32", "ip4:10.0.0.0/8"]),
        draw.choice(["ip6:2001:db8::/64", "ip6:2001:db8::1", "ip6:2001:db8:1::/48"]),
        f"a:{name}{cidr}",
        f"a{cidr}",
        f"mx{cidr}",
        f"mx:{name}{cidr}",
        f"include:{name}",
        f"include:{name}",
        f"exists:{name}",
        f"exists:{macro}.{name}",
        draw.choice(["ptr", f"ptr:{name}", "ptr:example.com"]),
        "all",
        f"redirect={name}",
        f"exp={name}",
        "unknown=1",
        # Wrong ones.
        draw.choice(["ip4:192.0.2", "ip4:1.2.3.4/33", "ipv4:192.0.2.1", "a:", "include", "all:x"]),
    ]
    weights = [8, 6, 5, 3, 3, 3, 5, 4, 2, 3, 2, 4, 2, 1, 1, 1]
    chosen: str = draw.choices(choices, weights)[0]
    if "=" in chosen:
        return chosen
    return draw.choice(["", "", "", "+", "-", "~", "?"]) + chosen


def zone(draw: random.Random) -> Zone:
    """Return a small zone: addresses, mail hosts and SPF records, some of them broken."""
    made: Zone = {}
    for name in NAMES:
        if draw.random() < 0.1:
            continue
        rows: dict[str, list[Any]] = {}
        if draw.random() < 0.8:
            terms = " ".join(term(draw) for _unused in range(draw.randint(0, 5)))
            end = draw.choice(["", " -all", " ~all", " ?all", " -ALL"])
            version = draw.choices(["v=spf1 ", "V=SPF1 ", "v=spf10 "], [20, 1, 1])[0]
            rows["TXT"] = [version + terms + end]
            if draw.random() < 0.05:
                rows["TXT"].append("v=spf1 -all")
            if draw.random() < 0.2:
                rows["TXT"].append("other text")
        if draw.random() < 0.6:
            rows["A"] = draw.sample(
                ["192.0.2.1", "192.0.2.200", "198.51.100.9"], draw.randint(1, 2)
            )
        if draw.random() < 0.4:
            rows["AAAA"] = draw.sample(["2001:db8::1", "2001:db8:2::1"], draw.randint(1, 2))
        if draw.random() < 0.5:
            rows["MX"] = [(number, draw.choice(NAMES)) for number in range(draw.randint(1, 3))]
        if draw.random() < 0.04:
            rows[draw.choice(["A", "MX", "TXT"])] = ["TIMEOUT"]
        made[name] = rows
    for client in CLIENTS:
        if draw.random() < 0.4:
            pointer = ipaddress.ip_address(client).reverse_pointer
            made[pointer] = {"PTR": draw.sample(NAMES, draw.randint(1, 2))}
    return made


def ours(made: Zone, address: str, sender: str, helo: str) -> Any:
    """Return our verdict."""

    def ask(question: Question) -> Answer:
        row = made.get(question.name.lower())
        if row is None:
            return Answer(NXDOMAIN)
        values = row.get(question.type, [])
        if values == ["TIMEOUT"]:
            return Answer(TIMEOUT)
        if question.type == "TXT":
            values = [(one.encode(),) for one in values]
        return Answer(RECORDS, tuple(values)) if values else Answer(NODATA)

    return Run(ask).results({0: check_host(mail_of(address, sender, helo))})[0]


def theirs(made: Zone, address: str, sender: str, helo: str, monkeypatch: Any) -> tuple[str, str]:
    """Return pyspf's verdict and its words."""

    def lookup(name: str, kind: str, *_args: Any, **_kwargs: Any) -> Iterator[Any]:
        name = name.rstrip(".").lower()
        for one in made.get(name, {}).get(kind, []):
            if one == "TIMEOUT":
                raise spf.TempError("DNS timeout")
            value = one
            if kind == "AAAA":
                value = socket.inet_pton(socket.AF_INET6, one)
            elif kind == "TXT":
                value = (one.encode(),)
            yield (name, kind), value

    monkeypatch.setattr(spf, "DNSLookup", lookup)
    result, _code, words = spf.query(address, sender, helo, strict=1).check()
    return result, words


def explained(mine: Any, words: str) -> str:
    """Return the clause by which a disagreement is right on our side, "" for none.

    ``words`` are what pyspf said.
    """
    if "trivial recursion" in words:
        return "RFC 7208 section 4.6.2: what stands behind a match is not evaluated"
    if "Void lookup limit" in words:
        return "RFC 7208 section 4.6.4: terms that find nothing are counted, not each host of an mx"
    if mine.result == "permerror" and "empty look-up" in mine.problem:
        return "RFC 7208 section 4.6.4: a ptr term that finds nothing counts"
    return ""


def test_agreement_over_generated_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(7208)
    results: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    unexplained = []
    for number in range(ZONES):
        made = zone(draw)
        address, name = draw.choice(CLIENTS), draw.choice(NAMES)
        sender = draw.choice([f"user@{name}", f"user@{name}", ""])
        helo = draw.choice(NAMES)
        mine = ours(made, address, sender, helo)
        other, words = theirs(made, address, sender, helo, monkeypatch)
        results[mine.result] += 1
        if mine.result == other:
            continue
        reason = explained(mine, words)
        reasons[reason] += 1
        if not reason:
            unexplained.append((number, mine, other, words, address, sender, helo, made))
    assert unexplained == []
    # Every result was reached, and hardly any zone needed an explanation.
    assert set(results) == {
        "none",
        "neutral",
        "pass",
        "fail",
        "softfail",
        "temperror",
        "permerror",
    }
    assert sum(reasons.values()) < ZONES // 20, reasons
