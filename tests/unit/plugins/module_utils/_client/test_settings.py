# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which servers mail programs are sent to, in which order, and what a probe confirms."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client.settings import (
    Server,
    SettingsError,
    confirmed,
    servers_of,
    settings_of,
)

from tests.support.clients import ADDRESSES, DOMAIN, HOST, SERVICES, endpoint, intent


def test_implicit_tls_and_imap_come_first() -> None:
    found = servers_of([intent("pop3s", "imap", "submission", "imaps", "submissions", "pop3")])
    assert [one.service for one in found] == [
        "imaps",
        "imap",
        "pop3s",
        "pop3",
        "submissions",
        "submission",
    ]


def test_ports_without_a_login_or_without_tls_are_left_out() -> None:
    made = intent(services={"smtp": {}, "imap": {"tls": "cleartext"}, "imaps": {}})
    assert [one.service for one in servers_of([made])] == ["imaps"]


def test_closed_services_are_left_out_and_own_ones_are_not() -> None:
    own = {"protocol": "imap", "port": 10993, "tls": "implicit"}
    made = intent(services={"imaps": {"state": "closed"}, "inside": own})
    assert servers_of([made]) == (Server("inside", "imap", HOST, 10993, "implicit"),)


def test_the_name_for_clients_is_the_server_name() -> None:
    made = intent("imaps", "submissions", server_name="imap.example.net")
    assert {one.host for one in servers_of([made])} == {"imap.example.net"}


def test_several_hosts_are_one_list() -> None:
    found = servers_of([intent("submissions"), intent("imaps", host="imap.example.net")])
    assert [(one.host, one.service) for one in found] == [
        ("imap.example.net", "imaps"),
        (HOST, "submissions"),
    ]


@pytest.mark.parametrize("services", [("imaps",), ("submissions",), ("smtp",)])
def test_settings_need_a_way_in_and_a_way_out(services: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="where users could"):
        settings_of([intent(*services)], DOMAIN)


def test_a_probe_that_saw_all_well_confirms_all() -> None:
    seen = [endpoint(name, address) for name in SERVICES for address in ADDRESSES]
    settings, left = settings_of([intent()], DOMAIN, seen)
    assert (len(settings.servers), left) == (len(SERVICES), [])


TLS = endpoint("imaps")["tls"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reach": "refused"}, "is refused"),
        ({"reach": "inconclusive"}, "is inconclusive"),
        ({"tls_mode": "starttls"}, "does not speak implicit TLS"),
        ({"tls_mode": ""}, "does not speak implicit TLS"),
        ({"tls": {**TLS, "status": "failed"}}, "does not speak implicit TLS"),
        ({"tls": {**TLS, "trusted": False}}, "no certificate that is trusted"),
        ({"tls": {**TLS, "trusted": None}}, "no certificate that is trusted"),
        ({"tls": {**TLS, "name_matches": False}}, "no certificate that is trusted"),
        ({"tls": {**TLS, "name_matches": None}}, "no certificate that is trusted"),
        ({"inside_tls": {"mechanisms": ["CRAM-MD5"]}}, "takes no password"),
        ({"inside_tls": {"mechanisms": []}}, "takes no password"),
        ({"inside_tls": {"mechanisms": None}}, "takes no password"),
    ],
)
def test_one_address_that_is_not_well_is_enough(changes: dict[str, Any], words: str) -> None:
    seen = [endpoint("imaps"), endpoint("imaps", ADDRESSES[1], **changes)]
    kept, left = confirmed(servers_of([intent("imaps")]), seen)
    assert kept == []
    assert words in left[0]
    assert ADDRESSES[1] in left[0]


def test_a_port_that_was_not_probed_is_not_confirmed() -> None:
    kept, left = confirmed(servers_of([intent("imaps")]), [endpoint("pop3s")])
    assert (kept, left) == ([], ["mail.example.net:993 (imap, implicit): it was not probed"])


def test_nothing_confirmed_tells_why() -> None:
    with pytest.raises(SettingsError, match=r"confirmed none: .*was not probed"):
        settings_of([intent()], DOMAIN, [])


def test_the_login_is_the_address_or_its_local_part() -> None:
    whole, _left = settings_of([intent()], DOMAIN, account="shop@example.net")
    part, _left = settings_of([intent()], DOMAIN, account="shop@example.net", username="local-part")
    assert (whole.login, part.login) == ("shop@example.net", "shop")
