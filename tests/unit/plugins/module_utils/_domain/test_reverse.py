# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test reverse names: confirmed forward, by one of several names, and what stays unknown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import reverse
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.intent import Domain
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    SERVFAIL,
    TIMEOUT,
    Answer,
)

from tests.support.names import answered

PTR = "1.2.0.192.in-addr.arpa PTR"
DOMAIN = Domain("example.net", ("m.example.net",), senders=("192.0.2.1", "192.0.2.0/24"))


@pytest.mark.parametrize(
    ("rows", "confirmed", "named"),
    [
        ({PTR: ["m.example.net"], "m.example.net A": ["192.0.2.1"]}, "confirmed", "intended"),
        ({PTR: ["M.Example.net"], "m.example.net A": ["192.0.2.1"]}, "confirmed", "intended"),
        (
            {PTR: ["x.example.org", "m.example.net"], "m.example.net A": ["192.0.2.1"]},
            "confirmed",
            "intended",
        ),
        ({PTR: ["x.example.org"], "x.example.org A": ["192.0.2.1"]}, "confirmed", "other"),
        ({PTR: ["m.example.net"], "m.example.net A": ["192.0.2.2"]}, "not confirmed", "intended"),
        ({PTR: ["m.example.net"]}, "not confirmed", "intended"),
        ({PTR: ["m.example.net"], "m.example.net A": Answer(SERVFAIL)}, "unknown", "intended"),
        ({PTR: Answer(TIMEOUT)}, "unknown", "unknown"),
        ({}, "no name", "not asked"),
    ],
)
def test_what_an_address_is_called(rows: Any, confirmed: str, named: str) -> None:
    addresses = reverse.addresses_of(DOMAIN)
    assert addresses == ["192.0.2.1"]
    seen = answered(reverse.gather(addresses), rows)
    told = {
        one.question: one.value or ("unknown" if one.unknown else "not asked")
        for one in reverse.told(DOMAIN, seen)
    }
    assert told == {"reverse_confirmed": confirmed, "reverse_name": named}


def test_no_more_names_are_followed_than_the_bound() -> None:
    rows = {PTR: [f"n{number}.example.net" for number in range(50)]}
    seen = answered(reverse.gather(["192.0.2.1"]), rows)
    assert len(seen["192.0.2.1"].forward) == reverse.MAX_NAMES
