# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test whom restriction lists let through, by the first word that decides."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.restrictions import (
    bars_strangers,
    bars_users,
    bars_users_from_relaying,
    refuses_relay,
    trusts_everybody,
    users_alone,
    words,
)
from hypothesis import given
from hypothesis import strategies as st

USERS, NETWORKS = "permit_sasl_authenticated", "permit_mynetworks"


def test_words() -> None:
    assert words("a, b\n c,,d ") == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("networks", "everybody"),
    [
        ("127.0.0.0/8 [::1]/128", False),
        ("10.0.0.0/8, 192.168.0.0/16", False),
        ("0.0.0.0/0", True),
        ("127.0.0.0/8 [::]/0", True),
        ("0.0.0.0/1 128.0.0.0/1", True),
        ("hash:/etc/postfix/networks", False),
        ("", False),
    ],
)
def test_networks_that_hold_everybody(networks: str, everybody: bool) -> None:
    assert trusts_everybody(networks) is everybody


@pytest.mark.parametrize(
    ("value", "refuses", "alone", "bars", "bars_relay"),
    [
        ("", False, False, False, False),
        ("reject", True, False, True, False),
        (f"{USERS}, reject", True, True, False, False),
        (f"{NETWORKS} {USERS} reject_unauth_destination", True, False, False, False),
        (f"{NETWORKS}, reject_unauth_destination", True, False, True, True),
        (f"reject, {USERS}", True, False, True, False),
        ("permit, reject", False, False, False, False),
        (f"warn_if_reject reject, {USERS}, reject", True, True, False, False),
        (
            f"check_client_access {{ inline: {{ a = reject }} }}, {USERS}",
            False,
            False,
            False,
            False,
        ),
    ],
)
def test_whom_a_list_lets_through(
    value: str, refuses: bool, alone: bool, bars: bool, bars_relay: bool
) -> None:
    assert refuses_relay(value) is refuses
    assert users_alone(value) is alone
    assert bars_users(value) is bars
    assert bars_users_from_relaying(value) is bars_relay


def test_networks_let_everybody_through_where_they_hold_everybody() -> None:
    value = f"{NETWORKS}, {USERS}, reject"
    assert refuses_relay(value)
    assert not refuses_relay(value, wide=True)
    assert users_alone(value)
    assert not users_alone(value, wide=True)


@pytest.mark.parametrize(
    ("value", "bars"),
    [
        (f"{NETWORKS}, reject", True),
        (f"{USERS}, defer", True),
        (f"{NETWORKS}, reject_unauth_destination", False),
        ("reject_rbl_client x, reject", False),
        ("", False),
    ],
)
def test_a_list_that_takes_no_mail_of_strangers(value: str, bars: bool) -> None:
    assert bars_strangers(value) is bars


@given(st.text("permit_sal,{} \nrejctwunhd", max_size=80))
def test_any_list_has_an_answer(value: str) -> None:
    """What refuses everybody but users refuses relaying as well."""
    if users_alone(value):
        assert refuses_relay(value)
