# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of Dovecot's blocks for single protocols, networks and names, and their overrides."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot import (
    doveconf as _doveconf,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.filters import (
    Filter,
    filters,
    is_loopback,
    local_networks,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._dovecot.plan import (
    Wanted,
    has_certificate,
    keeps_its_certificate,
    overridden,
    render,
    undone,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand

OLD, NEW = (2, 3), (2, 4)
LISTENERS = tuple(
    one
    for one in expand({"host": "mail.example.net", "services": {"imaps": {}}}).listeners
    if one.protocol != "smtp"
)
# As doveconf -n prints them.
TEXT = """\
ssl_cert = </c.pem
protocol imap {
  disable_plaintext_auth = no
  mail_max_userip_connections = 20
  ssl = yes
}
protocol lmtp {
  ssl = yes
}
remote 10.0.0.0/8 {
  disable_plaintext_auth = no
}
remote 127.0.0.0/8 {
  disable_plaintext_auth = no
  ssl = yes
}
local 192.0.2.1 {
  protocol pop3 {
    ssl = no
  }
}
local_name a.example b.example {
  ssl_cert = </b.pem
  ssl_min_protocol = TLSv1
}
local_name *.example.net {
  ssl_cert = </n.pem
}
"""
OVERRIDES = """\
protocol imap {
  ssl = required
  disable_plaintext_auth = yes
}
remote 10.0.0.0/8 {
  disable_plaintext_auth = yes
}
local 192.0.2.1 {
  protocol pop3 {
    ssl = required
  }
}
local_name "a.example b.example" {
  ssl_min_protocol = TLSv1.2
}
"""


def test_what_undoes_the_drop_in_is_said_again() -> None:
    """Only what is otherwise; LMTP and this machine's own clients are none of our business."""
    conf = _doveconf.parse(TEXT)
    blocks = filters(conf)
    wanted = Wanted(LISTENERS)
    assert OVERRIDES in render(conf, wanted, OLD, blocks)
    assert undone(blocks, wanted, OLD) == [
        "protocol imap: ssl is 'yes', not 'required'",
        "protocol imap: disable_plaintext_auth is 'no', not 'yes'",
        "remote 10.0.0.0/8: disable_plaintext_auth is 'no', not 'yes'",
        "local 192.0.2.1 protocol pop3: ssl is 'no', not 'required'",
        "local_name a.example b.example: ssl_min_protocol is 'TLSv1', not 'TLSv1.2'",
    ]
    assert overridden(blocks, wanted, OLD) == ["remote 10.0.0.0/8"]
    assert local_networks(conf) == ["127.0.0.0/8"]


def test_nothing_is_left_to_undo() -> None:
    """The overrides, read as doveconf merges them, are as they must be."""
    blocks = filters(_doveconf.parse(TEXT + OVERRIDES))
    assert undone(blocks, Wanted(LISTENERS), OLD) == []


def test_the_certificate_goes_to_the_blocks_of_its_name() -> None:
    """Clients that ask for the host would be shown another one; other names keep theirs."""
    conf = _doveconf.parse(TEXT)
    wanted = Wanted(LISTENERS, certificate="/c.pem", key="/k.pem", host="mail.example.net")
    text = render(conf, wanted, OLD, filters(conf))
    own = 'local_name "*.example.net" {\n  ssl_cert = </c.pem\n  ssl_key = </k.pem\n}\n'
    assert own in text
    assert text.count("ssl_cert") == 2
    none = _doveconf.parse(TEXT.replace("  ssl_cert = </n.pem\n", ""))
    assert render(none, wanted, OLD, filters(none)).count("ssl_cert") == 1
    assert undone(filters(_doveconf.parse(TEXT + OVERRIDES)), wanted, OLD) == []


def test_the_certificate_of_a_name_in_the_syntax_of_2_4() -> None:
    text = "local_name mail.example.net {\n  ssl_server {\n    cert_file = /n.pem\n  }\n}\n"
    conf = _doveconf.parse(text)
    wanted = Wanted(LISTENERS, certificate="/c.pem", key="/k.pem", host="mail.example.net")
    assert (
        "local_name mail.example.net {\n  ssl_server_cert_file = /c.pem\n"
        "  ssl_server_key_file = /k.pem\n}\n"
    ) in render(conf, wanted, NEW, filters(conf))


def test_in_the_syntax_of_2_4() -> None:
    text = "protocol !imap {\n  auth_allow_cleartext = yes\n}\n"
    conf = _doveconf.parse(text)
    assert text.replace("yes", "no") in render(conf, Wanted(LISTENERS), NEW, filters(conf))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssl_cert = </c.pem\n", True),
        ("ssl_server {\n  cert_file = /c.pem\n}\n", True),
        ("ssl_server_cert_file = /c.pem\n", True),
        ("ssl_server {\n  prefer_ciphers = server\n}\nssl_client_ca_dir = /etc/ssl\n", False),
        ("local_name a.example {\n  ssl_cert = </c.pem\n}\n", False),
    ],
)
def test_whether_there_is_a_certificate(text: str, expected: bool) -> None:
    assert has_certificate(_doveconf.parse(text)) is expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [("127.0.0.1", True), ("[::1]", True), ("127.0.0.0/8", True), ("::/0", False), ("x", False)],
)
def test_is_loopback(place: str, expected: bool) -> None:
    assert is_loopback(place) is expected


@pytest.mark.parametrize(
    ("path", "serves", "at"),
    [
        ((("local_name", "*.example.net"),), True, False),
        ((("local_name", "other.example"),), False, False),
        ((("local", "198.51.100.1"),), True, True),
        ((("local", "198.51.100.0/24"),), True, True),
        ((("local", "198.51.100.9"),), False, False),
        ((("local", "2001:db8::1"),), False, False),
        ((("local", "198.51.100.1"), ("local_name", "other.example")), False, True),
        ((("local", "198.51.100.1"), ("local_name", "mail.example.net")), True, True),
        ((("remote", "10.0.0.0/8"),), False, False),
        # A name in place of an address may be the host's.
        ((("local", "mail.example.net"),), True, True),
    ],
)
def test_whom_a_block_is_about(path: tuple[tuple[str, str], ...], serves: bool, at: bool) -> None:
    block = Filter(path, {})
    assert block.serves("mail.example.net", ("198.51.100.1",)) is serves
    assert block.at("198.51.100.1") is at


def test_the_certificate_of_an_address() -> None:
    """The host's own address gets the certificate, another one keeps what it has."""
    text = "local 198.51.100.1 {{\n  ssl_cert = </a.pem\n}}\nlocal 198.51.100.9 {{\n  ssl_cert = </b.pem\n}}\n"
    conf = _doveconf.parse(text.format())
    wanted = Wanted(
        LISTENERS,
        certificate="/c.pem",
        key="/k.pem",
        host="mail.example.net",
        host_addresses=("198.51.100.1",),
    )
    blocks = filters(conf)
    text = render(conf, wanted, OLD, blocks)
    assert "local 198.51.100.1 {\n  ssl_cert = </c.pem\n" in text
    assert "198.51.100.9" not in text
    assert [keeps_its_certificate(block, wanted) for block in blocks] == [False, True]
