# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that our own autoconfig is read back whole, and that each way to break one is told."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client import autoconfig
from ansible_collections.postmaster.mailports.plugins.module_utils._client.announced import (
    NO_LOGIN,
    OAUTH2,
    PASSWORD,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clients import intent, settings

GOOD = autoconfig.write(settings()).decode()
SERVER = GOOD[GOOD.index("    <incomingServer") : GOOD.index("    <outgoingServer")]


def read(text: str) -> autoconfig.Document:
    return autoconfig.read(text.encode())


@pytest.mark.parametrize("version", autoconfig.VERSIONS)
def test_what_we_write_is_read_back(version: str) -> None:
    made = settings(intent("imaps", "imap", "pop3s", "submissions", "submission"))
    found = autoconfig.read(autoconfig.write(made, version))
    assert found.problems == ()
    assert found.domains == ("example.net",)
    assert [(one.protocol, one.host, one.port, one.tls) for one in found.servers] == [
        (one.protocol, one.host, one.port, one.tls) for one in made.servers
    ]
    assert {one.username for one in found.servers} == {"%EMAILADDRESS%"}
    assert {one.logins for one in found.servers} == {(PASSWORD,)}


def test_the_same_settings_give_the_same_bytes() -> None:
    assert autoconfig.write(settings()) == autoconfig.write(settings())


def test_a_name_with_marks_of_xml_is_a_name() -> None:
    made = settings(name='Smith & "Sons" <mail>')
    assert autoconfig.read(autoconfig.write(made)).problems == ()


def test_the_local_part_has_its_own_placeholder() -> None:
    made = settings(username="local-part")
    found = autoconfig.read(autoconfig.write(made))
    assert {one.username for one in found.servers} == {"%EMAILLOCALPART%"}


BROKEN = {
    "another root": (GOOD.replace("clientConfig", "config"), "its root element is 'config'"),
    "no version": (GOOD.replace(' version="1.1"', ""), "version of clientConfig is none"),
    "a version of later": (GOOD.replace('"1.1"', '"9"'), "version of clientConfig is 9"),
    "no provider": (GOOD.replace("emailProvider", "provider"), "0 emailProvider elements"),
    "no domain": (GOOD.replace("<domain>example.net</domain>", ""), "names no domain"),
    "no way out": (GOOD.replace("outgoingServer", "other"), "it has no outgoingServer"),
    "no way in": (GOOD.replace(SERVER, ""), "it has no incomingServer"),
    "port 0": (GOOD.replace(">993<", ">0<"), "port '0' is not a number from 1 to 65535"),
    "port 99999": (GOOD.replace(">993<", ">99999<"), "port '99999'"),
    "port in words": (GOOD.replace(">993<", ">imaps<"), "port 'imaps'"),
    "port in other digits": (GOOD.replace(">993<", ">٩٩٣<"), "is not a number from 1 to 65535"),
    "no port": (GOOD.replace("<port>993</port>", ""), "0 port elements"),
    "two ports": (GOOD.replace("<port>993", "<port>1</port><port>993"), "2 port elements"),
    "TLS": (GOOD.replace(">SSL<", ">TLS<", 1), "socketType 'TLS' is not SSL, STARTTLS, plain"),
    "small letters": (GOOD.replace(">STARTTLS<", ">starttls<"), "socketType 'starttls'"),
    "type imaps": (GOOD.replace('"imap"', '"imaps"'), "type 'imaps' of incomingServer"),
    "smtp comes in": (GOOD.replace('"imap"', '"smtp"'), "type 'smtp' of incomingServer"),
    "no name": (GOOD.replace("<hostname>mail.example.net</hostname>", "", 1), "0 hostname"),
    "a URL": (GOOD.replace(">mail.example.net<", ">https://mail<", 1), "is not a host name"),
    "no user": (GOOD.replace("<username>%EMAILADDRESS%</username>", "", 1), "0 username"),
    "no login": (
        GOOD.replace("<authentication>password-cleartext</authentication>", "", 1),
        "no authentication that programs know (none)",
    ),
    "a login of nobody": (GOOD.replace("password-cleartext", "password", 1), "('password')"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_way_to_break_it_is_told(name: str) -> None:
    text, words = BROKEN[name]
    assert text != GOOD
    assert words in "\n".join(read(text).problems)


def test_a_server_that_cannot_be_read_is_passed_over_and_the_others_are_not() -> None:
    found = read(GOOD.replace(">993<", ">0<"))
    assert [one.port for one in found.servers] == [995, 465, 587]
    assert found.problems[0].startswith("line 7: ")


def test_logins_of_all_kinds_are_kept_in_order() -> None:
    text = GOOD.replace(
        "<authentication>password-cleartext</authentication>",
        "<authentication>OAuth2</authentication>"
        '<authentication system="sasl">SCRAM-SHA-256-PLUS</authentication>'
        "<authentication>password-cleartext</authentication>",
        1,
    )
    assert read(text).servers[0].logins == (OAUTH2, PASSWORD)
    assert read(GOOD.replace("password-cleartext", "none", 1)).servers[0].logins == (NO_LOGIN,)


def test_servers_of_other_kinds_are_none_of_ours() -> None:
    exchange = '<incomingServer type="exchange"><hostname>x</hostname></incomingServer>'
    text = GOOD.replace("<outgoingServer", f"{exchange}<outgoingServer", 1)
    assert read(text) == read(GOOD)


def test_what_programs_ignore_is_ignored() -> None:
    extra = "<webMail><loginPage url='https://x'/></webMail><documentation url='https://y'/>"
    assert read(GOOD.replace("</emailProvider>", f"{extra}</emailProvider>")) == read(GOOD)


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    assert autoconfig.read(data).problems


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3))
def test_no_changed_bytes_raise(at: int, new: bytes) -> None:
    data = GOOD.encode()
    autoconfig.read(data[:at] + new + data[at + len(new) :])
