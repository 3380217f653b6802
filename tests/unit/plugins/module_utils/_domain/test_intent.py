# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what the intent of a domain is expanded to, and what follows from the ports."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import intent, publish
from ansible_collections.postmaster.mailports.plugins.module_utils._model import intent as ports


def host(name: str, **services: Any) -> ports.Intent:
    """Return the intent of a host with these services open."""
    return ports.expand({"host": name, "services": services})


def test_mail_hosts_follow_from_the_ports_where_they_are_not_named() -> None:
    hosts = [host("a.example.net", smtp={}), host("b.example.net", imaps={})]
    made = intent.expand({"domain": "example.net."}, hosts)
    assert (made.domain, made.mail_hosts, made.takes_mail) == (
        "example.net",
        ("a.example.net",),
        True,
    )


@pytest.mark.parametrize(
    ("data", "hosts", "takes"),
    [
        ({}, (), True),
        ({"mail_hosts": []}, (), False),
        ({"mail_hosts": ["Mail.example.net."]}, ("Mail.example.net",), True),
        ({"mail_hosts": ["bücher.example"]}, ("xn--bcher-kva.example",), True),
    ],
)
def test_an_empty_list_says_that_no_mail_is_taken(data: Any, hosts: Any, takes: bool) -> None:
    made = intent.expand({"domain": "example.net", **data})
    assert (made.mail_hosts, made.takes_mail) == (hosts, takes)


def test_srv_records_are_those_of_the_open_ports_on_their_hosts() -> None:
    hosts = [
        host("a.example.net", smtp={}, submission={"port": 1587}),
        host("b.example.net", imaps={}, pop3s={"state": "closed"}),
    ]
    wanted = intent.srv_wanted(intent.expand({"domain": "example.net"}, hosts))
    assert wanted == {
        "_submission._tcp.example.net": (1587, "a.example.net"),
        "_submissions._tcp.example.net": None,
        "_imap._tcp.example.net": None,
        "_imaps._tcp.example.net": (993, "b.example.net"),
        "_pop3._tcp.example.net": None,
        "_pop3s._tcp.example.net": None,
    }


def test_without_ports_nothing_is_known_of_services() -> None:
    assert intent.srv_wanted(intent.expand({"domain": "example.net"})) == {}


def test_every_service_with_a_login_has_an_srv_name() -> None:
    from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import (
        SERVICES,
    )

    users = {name for name, row in SERVICES.items() if row.login == "required"}
    # RFC 6186 and RFC 8314 know no name for a port that is nobody's standard.
    assert set(intent.SRV_NAMES) == users - {"submission_alt"}


@pytest.mark.parametrize(
    ("value", "uris"),
    [
        (None, ()),
        ("a@example.net", ("mailto:a@example.net",)),
        (["mailto:a@example.net", "https://x/"], ("mailto:a@example.net", "https://x/")),
    ],
)
def test_report_addresses_become_uris(value: Any, uris: Any) -> None:
    assert intent.uris(value) == uris


SPF = [
    ({"mail_hosts": ["m.example.net"]}, None),
    ({"mail_hosts": ["m.example.net"], "senders": []}, "v=spf1 -all"),
    ({"mail_hosts": []}, "v=spf1 -all"),
    ({"senders": ["192.0.2.1", "192.0.2.9/28"]}, "v=spf1 ip4:192.0.2.1 ip4:192.0.2.0/28 -all"),
    ({"senders": ["2001:db8::1"]}, "v=spf1 ip6:2001:db8::1 -all"),
    (
        {"spf": {"include": ["_spf.example.org"], "strangers": "softfail"}},
        "v=spf1 include:_spf.example.org ~all",
    ),
]


@pytest.mark.parametrize(("data", "text"), SPF)
def test_spf_is_published_only_where_it_is_known_who_sends(data: Any, text: Any) -> None:
    made = publish.records(intent.expand({"domain": "example.net", **data}))
    found = [one.values[0] for one in made if (one.name, one.type) == ("example.net", "TXT")]
    assert found == ([] if text is None else [text])


def test_the_id_of_the_policy_changes_with_the_policy_only() -> None:
    base: dict[str, Any] = {"domain": "example.net", "mail_hosts": ["m.example.net"], "mta_sts": {}}
    first = publish.policy_id(intent.expand(base))
    assert first == publish.policy_id(intent.expand({**base, "dane": "required"}))
    other = {**base, "mta_sts": {"mode": "testing"}}
    assert first != publish.policy_id(intent.expand(other))
    assert publish.policy_id(intent.expand({**base, "mta_sts": {"id": "7"}})) == "7"
