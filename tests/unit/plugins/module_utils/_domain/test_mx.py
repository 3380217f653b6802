# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what MX records are, with the odd ones that public zones hold."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import mx
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.intent import Domain
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    SERVFAIL,
    Answer,
)

from tests.support.names import answered

A = {"m.example.net A": ["192.0.2.1"], "m.example.net AAAA": ["2001:db8::1"]}


def values(domain: Domain, rows: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return question and subject -> value; unknown and not asked as these words."""
    seen = answered(mx.gather(domain), rows)
    return {
        (one.question, one.about): one.value or ("unknown" if one.unknown else "not asked")
        for one in mx.told(domain, seen)
    }


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        ([(10, "m.example.net")], "records"),
        ([(0, ".")], "null"),
        # RFC 7505 section 3: a null MX stands alone; its preference does not matter to readers.
        ([(10, ".")], "null"),
        ([(0, "."), (10, "m.example.net")], "invalid null MX"),
        ([], "none"),
    ],
)
def test_null_mx_is_told_from_none_and_from_nonsense(records: Any, kind: str) -> None:
    rows = {**A, "example.net MX": records}
    domain = Domain("example.net", takes_mail=True)
    assert values(domain, rows)["mx_records", "example.net"] == kind
    nothing = Domain("example.net", takes_mail=False)
    assert values(nothing, rows)["mx_null", "example.net"] == kind


def test_case_does_not_make_another_host() -> None:
    domain = Domain("example.net", ("M.example.net",))
    rows = {**A, "example.net MX": [(10, "m.EXAMPLE.net"), (20, "m.example.net")]}
    found = values(domain, rows)
    assert found["mx_hosts", "example.net"] == "intended"
    assert found["mx_duplicates", "example.net"] == "twice"
    assert found["mx_target_addresses", "m.example.net"] == "both"


@pytest.mark.parametrize(
    ("records", "value"),
    [
        ([(10, "a.example.net"), (20, "b.example.net")], "intended"),
        # Equal preferences leave the order to senders.
        ([(10, "b.example.net"), (10, "a.example.net")], "intended"),
        ([(20, "a.example.net"), (10, "b.example.net")], "order"),
        ([(10, "a.example.net")], "missing"),
        ([(10, "a.example.net"), (20, "b.example.net"), (30, "c.example.net")], "unexpected"),
    ],
)
def test_the_hosts_are_those_of_the_intent_in_their_order(records: Any, value: str) -> None:
    domain = Domain("example.net", ("a.example.net", "b.example.net"))
    found = values(domain, {"example.net MX": records})
    assert found["mx_hosts", "example.net"] == value


@pytest.mark.parametrize("literal", ["192.0.2.1", "2001:db8::1", "[192.0.2.1]"])
def test_an_address_in_place_of_a_name_is_told(literal: str) -> None:
    found = values(Domain("example.net"), {"example.net MX": [(10, literal)]})
    assert found["mx_target_name", literal] == "address"


def test_one_family_that_does_not_answer_leaves_the_addresses_unknown() -> None:
    rows = {**A, "example.net MX": [(10, "m.example.net")], "m.example.net AAAA": Answer(SERVFAIL)}
    found = values(Domain("example.net"), rows)
    assert found["mx_target_addresses", "m.example.net"] == "unknown"
    assert found["mx_target_alias", "m.example.net"] == "none"
