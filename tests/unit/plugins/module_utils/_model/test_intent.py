# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how an intent is expanded: every port of the table is open or closed, none is forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import (
    Listener,
    expand,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils.observations import (
    ROWS,
)

HOST = "mail.example.net"


def listeners(services: Any, **more: Any) -> dict[str, list[Listener]]:
    """Return the listeners of an intent by service name."""
    data = {"host": HOST, **more}
    if services is not None:
        data["services"] = services
    found: dict[str, list[Listener]] = {}
    for listener in expand(data).listeners:
        found.setdefault(listener.service, []).append(listener)
    return found


@pytest.mark.parametrize("name", ROWS)
def test_a_named_service_takes_all_from_the_table(name: str) -> None:
    """With nothing said, and with None said."""
    for given_value in ({}, None):
        (one,) = listeners({name: given_value})[name]
        assert (one.protocol, one.port, one.tls, one.login) == ROWS[name]
        assert (one.state, one.named) == ("open", True)


def test_what_is_not_named_is_closed() -> None:
    """Each port of the table but the named one."""
    found = listeners({"imaps": {}})
    states = {name: (one.state, one.named) for name, (one,) in found.items()}
    assert states.pop("imaps") == ("open", True)
    assert set(states) == set(ROWS) - {"imaps"}
    assert set(states.values()) == {("closed", False)}


def test_no_services_at_all_are_not_the_policys_choice() -> None:
    """An empty mapping closes everything; leaving it out asks the policy."""
    assert {one.state for (one,) in listeners({}).values()} == {"closed"}
    for policy, wanted in (
        (None, {"smtp", "submission", "submissions", "imaps"}),
        ("rfc8314", {"smtp", "submission", "submissions", "imaps"}),
        ("starttls_first", {"smtp", "submission", "imaps", "pop3s"}),
    ):
        found = listeners(None, **({"policy": policy} if policy else {}))
        assert {name for name, (one,) in found.items() if one.state == "open"} == wanted


def test_a_moved_service_leaves_its_old_port_closed() -> None:
    """Both are in the intent under the same name."""
    moved, left = listeners({"submission": {"port": 10587}})["submission"]
    assert (moved.port, moved.state, moved.named) == (10587, "open", True)
    assert (left.port, left.state, left.named) == (587, "closed", False)


def test_a_port_of_the_table_given_to_another_service_is_not_closed() -> None:
    """A swap of ports leaves no closed listener behind."""
    found = listeners({"imap": {"port": 993}, "imaps": {"port": 143}})
    assert [one.port for one in found["imap"]] == [993]
    assert [one.port for one in found["imaps"]] == [143]
    own = listeners({"own": {"protocol": "imap", "port": 143, "tls": "implicit"}})
    assert "imap" not in own
    assert [one.login for one in own["own"]] == ["required"]


def test_a_named_closed_service() -> None:
    """Stays closed, and is told from one that nobody named."""
    (one,) = listeners({"imap": {"state": "closed"}})["imap"]
    assert (one.state, one.named) == ("closed", True)


def test_every_key_overrides_the_table() -> None:
    """And only that key."""
    (one,) = listeners({"smtp": {"tls": "cleartext", "login": "optional"}})["smtp"]
    assert (one.tls, one.login, one.port) == ("cleartext", "optional", 25)


def test_the_order_is_that_of_the_table_then_ones_own() -> None:
    """Whatever the order of the intent."""
    services = {
        "own": {"protocol": "smtp", "port": 26, "tls": "implicit"},
        "imaps": {},
        "smtp": {"port": 10025},
    }
    names = [one.service for one in expand({"host": HOST, "services": services}).listeners]
    assert names[:2] == ["smtp", "smtp"]
    assert names[-1] == "own"
    assert list(dict.fromkeys(names[:-1])) == list(SERVICES)


def test_the_server_name_is_the_hosts_unless_given() -> None:
    """Likewise the addresses: none means all that the DNS has."""
    plain = expand({"host": HOST})
    assert (plain.server_name, plain.addresses, plain.policy.name) == (HOST, (), "rfc8314")
    own = expand({"host": HOST, "server_name": "imap.example.net", "addresses": ["ipv6"]})
    assert (own.server_name, own.addresses) == ("imap.example.net", ("ipv6",))


def test_as_plain_data() -> None:
    """Fit for JSON, with the name of the policy."""
    data = json.loads(json.dumps(expand({"host": HOST}).to_dict()))
    assert (data["host"], data["policy"]) == (HOST, "rfc8314")
    assert len(data["listeners"]) == len(ROWS)
    assert data["listeners"][0]["named"] is True


@given(
    st.dictionaries(
        st.sampled_from([*ROWS, "own", "another"]),
        st.fixed_dictionaries(
            {},
            optional={
                "port": st.sampled_from([25, 110, 143, 587, 993, 10025, 10143]),
                "state": st.sampled_from(["open", "closed"]),
            },
        ),
        max_size=6,
    )
)
def test_no_port_of_the_table_is_ever_forgotten(services: dict[str, Any]) -> None:
    """Named services stand as named; every other port of the table is closed, once."""
    for name in set(services) - set(ROWS):
        services[name] = {"port": 10000, "protocol": "imap", "tls": "implicit", **services[name]}
    found = expand({"host": HOST, "services": services}).listeners
    named = [one for one in found if one.named]
    assert {one.service for one in named} == set(services)
    assert len(named) == len(services)
    for one in named:
        assert one.state == services[one.service].get("state", "open")
    rest = [one.port for one in found if not one.named]
    taken = {one.port for one in named}
    assert sorted(rest) == sorted({row[1] for row in ROWS.values()} - taken)
    assert {one.state for one in found if not one.named} <= {"closed"}
