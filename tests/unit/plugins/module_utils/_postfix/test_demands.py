# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what the settings of a listener must be, and which of a user's own are good as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import (
    Listener,
    expand,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.demands import (
    ENCRYPT,
    KEEP,
    MAY,
    Demand,
    Restrictions,
    Wanted,
    barred,
    everywhere,
    level,
    of_listener,
    of_server,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._postfix.restrictions import (
    LISTS,
    RELAY,
)

VERSION = (3, 10)
NOTHING = Restrictions(dict.fromkeys(LISTS, ""))
SAFE = Restrictions({**NOTHING.lists, RELAY: "reject_unauth_destination"})


def listeners(*names: str) -> dict[str, Listener]:
    intent = expand({"host": "mail.example.net", "services": {name: {} for name in names}})
    return {one.service: one for one in intent.listeners if one.protocol == "smtp"}


def by_name(demands: object) -> dict[str, Demand]:
    return {one.name: one for one in demands}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "out"),
    [
        (">=TLSv1.2", {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"}),
        ("!SSLv2, !SSLv3, !TLSv1, !TLSv1.1", {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"}),
        ("<=TLSv1.2", {"TLSv1.3"}),
        ("TLSv1.3", {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2"}),
        ("", set()),
        (">=SSLv9", set()),
    ],
)
def test_the_versions_that_a_list_shuts_out(value: str, out: set[str]) -> None:
    assert barred(value) == out


@pytest.mark.parametrize(
    ("asked", "value", "good"),
    [
        ("", ">=TLSv1.2", True),
        ("", ">=TLSv1.3", True),
        ("", ">=TLSv1", False),
        ("", "!SSLv3, !TLSv1, !TLSv1.1", True),
        ("", "!TLSv1.2, !TLSv1.3", False),
        ("TLSv1.2", ">=TLSv1.3", False),
        ("TLSv1.3", ">=TLSv1.3", True),
    ],
)
def test_tls_versions(asked: str, value: str, good: bool) -> None:
    wanted = Wanted(tuple(listeners("smtp").values()), min_tls=asked)
    demand = by_name(everywhere(wanted, VERSION, (), None))["smtpd_tls_protocols"]
    assert demand.good(value) is good
    assert demand.good(demand.value)


def test_an_older_postfix_is_given_a_list() -> None:
    demands = by_name(everywhere(Wanted(()), (3, 5), (), None))
    assert demands["smtpd_tls_protocols"].value == "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1"


def test_what_holds_everywhere() -> None:
    wanted = Wanted(tuple(listeners("submission").values()), certificate="/c", key="/k")
    demands = by_name(everywhere(wanted, VERSION, (), ("dovecot", "private/auth")))
    assert demands["smtpd_tls_chain_files"].value == "/k, /c"
    assert demands["smtpd_tls_auth_only"].value == "yes"
    assert demands["smtpd_sasl_path"].value == "private/auth"
    assert "smtpd_tls_auth_only" not in by_name(
        everywhere(Wanted(tuple(listeners("smtp").values())), VERSION, (), None)
    )


@pytest.mark.parametrize(("known", "value"), [((), "yes"), (("code",), "normalize")])
def test_bare_newlines(known: tuple[str, ...], value: str) -> None:
    names = {"smtpd_forbid_bare_newline"}
    names |= {"smtpd_forbid_bare_newline_reject_code"} if known else set()
    demands = by_name(everywhere(Wanted(()), VERSION, names, None))
    assert demands["smtpd_forbid_bare_newline"].value == value
    kept = by_name(everywhere(replace(Wanted(()), bare_newline=KEEP), VERSION, names, None))
    assert "smtpd_forbid_bare_newline" not in kept


def test_the_level_of_a_listener() -> None:
    """Port 25 must not ask for TLS, and users must not do without it."""
    found = listeners("smtp", "submission", "submission_alt")
    wanted = Wanted(tuple(found.values()))
    assert level(found["smtp"], wanted) == MAY
    assert level(found["submission"], wanted) == ENCRYPT
    assert level(found["submission_alt"], wanted) == ENCRYPT


def test_a_listener_for_users_and_one_for_servers() -> None:
    found = listeners("smtp", "submission", "submissions")
    wanted = Wanted(tuple(found.values()))
    values = {
        name: {one.name: one.value for one in of_listener(found[name], wanted, SAFE)}
        for name in found
    }
    assert values["smtp"]["smtpd_sasl_auth_enable"] == "no"
    assert values["submissions"]["smtpd_tls_wrappermode"] == "yes"
    assert "smtpd_tls_security_level" not in values["submissions"]
    assert values["submission"][RELAY] == "permit_sasl_authenticated,reject"
    (relay,) = (one for one in of_listener(found["smtp"], wanted, SAFE) if one.name == RELAY)
    assert relay.good("reject_unauth_destination")


@pytest.mark.parametrize(
    ("relay", "wide", "good"),
    [
        ("permit_mynetworks, reject_unauth_destination", False, True),
        ("permit_mynetworks, reject_unauth_destination", True, False),
        ("permit_sasl_authenticated, defer_unauth_destination", True, True),
        ("", False, False),
    ],
)
def test_the_relay_list_of_the_server(relay: str, wide: bool, good: bool) -> None:
    now = Restrictions({**NOTHING.lists, RELAY: relay}, wide)
    demand = by_name(of_server(Wanted(tuple(listeners("smtp").values())), now))[RELAY]
    assert demand.good(relay) is good
