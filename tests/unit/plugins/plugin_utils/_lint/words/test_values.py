# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how ports, endpoints and mail URLs are read from text."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import (
    IMPLICIT,
    STARTTLS,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.words.values import (
    Endpoint,
    endpoint,
    is_local,
    mail_urls,
    number,
    ports_in,
    ports_within,
    spans,
    url_row,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "port"),
    [("25", 25), (" '25' ", 25), ("25/tcp", 25), ("25/udp", 0), ("0", 0), ("65536", 0), ("2.5", 0)],
)
def test_a_number_is_a_port(text: str, port: int) -> None:
    assert number(text) == port


@pytest.mark.parametrize(
    ("text", "host", "port", "tls"),
    [
        ("mail.example.com:143", "mail.example.com", 143, None),
        ("[2001:db8::1]:143", "[2001:db8::1]", 143, None),
        ("ssl://mail.example.com:465", "mail.example.com", 465, IMPLICIT),
        ("tls://mail.example.com:587", "mail.example.com", 587, STARTTLS),
        ("mail.example.com::25", "mail.example.com", 25, None),
        ("mail.example.com", "mail.example.com", 0, None),
    ],
)
def test_a_text_is_an_endpoint(text: str, host: str, port: int, tls: Optional[str]) -> None:
    found = endpoint(text)
    assert found is not None
    assert (found.host, found.port, found.tls) == (host, port, tls)


@pytest.mark.parametrize("text", ["two words", "mail:99999", "a:b:c"])
def test_a_text_is_no_endpoint(text: str) -> None:
    assert endpoint(text) is None


@pytest.mark.parametrize(
    ("text", "port", "tls", "login", "unverified"),
    [
        ("smtp://h", 25, None, None, False),
        ("smtps://h", 465, IMPLICIT, None, False),
        ("smtp+starttls://u:p@h:587", 587, STARTTLS, True, False),
        ("smtp+ssl://h:465", 465, IMPLICIT, None, False),
        ("imap://h?ssl=true", 143, IMPLICIT, None, False),
        ("smtp://h:587/?encryption=tls&verify_peer=0", 587, STARTTLS, None, True),
        ("smtp://h:587?skip_verify=true", 587, None, None, True),
    ],
)
def test_a_mail_url_is_an_endpoint(
    text: str, port: int, tls: Optional[str], login: Optional[bool], unverified: bool
) -> None:
    (found,) = mail_urls(text)
    assert (found.port, found.tls, found.login, found.unverified) == (port, tls, login, unverified)


@pytest.mark.parametrize("text", ["see smtp://h", "https://h", "smtp://h and more"])
def test_a_text_with_more_than_urls_holds_none(text: str) -> None:
    assert mail_urls(text) == []


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (mail_urls("imap://h")[0], "imap"),
        (mail_urls("imap://h:993")[0], "imaps"),
        (mail_urls("imap://h:25")[0], None),
        (mail_urls("imap://h:8143")[0], None),
        (Endpoint("h", 25), None),
    ],
)
def test_the_port_of_a_url_counts_for_its_own_protocol(
    found: Endpoint, name: Optional[str]
) -> None:
    row = url_row(found)
    assert (row.name if row else None) == name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("25,143", [(25, 25), (143, 143)]),
        ("100:200/tcp", [(100, 200)]),
        ("100-200", [(100, 200)]),
        ("143/udp", []),
        ("imap smtp", [(143, 143), (25, 25)]),
        ("200-100", []),
        ("70000", []),
    ],
)
def test_a_firewall_opens_these_ranges(text: str, found: list[tuple[int, int]]) -> None:
    assert spans(text) == found


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("25,80,143", [25, 143]),
        ("100:200", [110]),
        ("1:65535", []),
        ("500-600", []),
        ("587", [587]),
    ],
)
def test_of_a_range_the_worst_port_counts(text: str, ports: list[int]) -> None:
    assert ports_in(text) == ports
    assert [port for _row, port in ports_within(text)] == ports


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.5", True),
        ("[::1]", True),
        ("LOCALHOST.", True),
        ("mailhog", True),
        ("mail.example.com", False),
        ("", False),
    ],
)
def test_a_host_is_the_same_machine(host: str, local: bool) -> None:
    assert is_local(host) is local


@given(st.text("0123456789,-:/ tcpudimas", max_size=60))
def test_ports_of_a_text_are_mail_ports(text: str) -> None:
    assert set(ports_in(text)) <= {25, 110, 143, 465, 587, 993, 995, 2525}
