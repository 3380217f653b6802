# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test names as text: RFC 4343 case, last dots, parents, addresses in their place."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import names


def test_case_and_a_last_dot_do_not_count() -> None:
    assert names.same("Mail.Example.NET.", "mail.example.net")
    assert names.among("A.example", ["b.example", "a.EXAMPLE."])
    assert not names.same("mail.example.net", "mail.example.org")


@pytest.mark.parametrize(
    ("name", "domain", "is_below"),
    [
        ("a.example.net", "example.net", True),
        ("example.net", "Example.net.", True),
        ("badexample.net", "example.net", False),
        ("net", "example.net", False),
    ],
)
def test_below_is_by_whole_labels(name: str, domain: str, is_below: bool) -> None:
    assert names.below(name, domain) is is_below


def test_the_climb_ends_at_the_last_label() -> None:
    assert list(names.climb("a.b.example.")) == ["a.b.example", "b.example", "example"]
    assert list(names.climb(".")) == []


@pytest.mark.parametrize(
    ("name", "literal"),
    [
        ("192.0.2.1", True),
        ("[192.0.2.1]", True),
        ("2001:db8::1", True),
        ("192.0.2", False),
        ("m.example", False),
    ],
)
def test_an_address_is_told_from_a_name(name: str, literal: bool) -> None:
    assert names.is_literal(name) is literal


def test_u_labels_become_a_labels() -> None:
    assert names.ascii_name("bücher.example") == "xn--bcher-kva.example"
    assert names.ascii_name("plain.example") == "plain.example"
