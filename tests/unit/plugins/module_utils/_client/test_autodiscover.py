# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that our own Autodiscover is read back, and that programs' different readings are told."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client import autodiscover
from ansible_collections.postmaster.mailports.plugins.module_utils._client.announced import (
    NO_LOGIN,
    PASSWORD,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clients import intent, settings

GOOD = autodiscover.write(settings()).decode()


def read(text: str) -> autodiscover.Document:
    return autodiscover.read(text.encode())


def test_what_we_write_is_read_back_by_all_alike() -> None:
    found = read(GOOD)
    assert found.problems == ()
    assert [(one.protocol, one.port, one.tls, one.doubt) for one in found.servers] == [
        ("imap", 993, "implicit", ""),
        ("pop3", 995, "implicit", ""),
        ("smtp", 465, "implicit", ""),
    ]


def test_starttls_is_written_where_nothing_else_is_open() -> None:
    made = settings(intent("imap", "submission"))
    found = autodiscover.read(autodiscover.write(made))
    assert [(one.protocol, one.port, one.tls, one.doubt) for one in found.servers] == [
        ("imap", 143, "starttls", ""),
        ("smtp", 587, "starttls", ""),
    ]


def test_settings_that_a_file_for_everybody_cannot_hold_are_refused() -> None:
    assert autodiscover.can_say(settings()) == ""
    assert "without @" in autodiscover.can_say(settings(username="local-part"))
    alone = settings(intent("imaps", "submission_alt"))
    assert "in different ways" in autodiscover.can_say(alone)


BROKEN = {
    "another root": (GOOD.replace("Autodiscover", "Auto"), "root element is not Autodiscover"),
    "another schema": (GOOD.replace("responseschema/2006a", "x"), "it holds no account"),
    "an error": (
        GOOD[: GOOD.index("    <User>")]
        + "<Error><ErrorCode>600</ErrorCode><Message>Invalid Request</Message></Error>"
        + "</Response></Autodiscover>",
        "it holds error 600: Invalid Request",
    ),
    "a redirect": (GOOD.replace(">settings<", ">redirectAddr<"), "its action is 'redirectAddr'"),
    "an action of its own": (GOOD.replace(">settings<", ">use<"), "its action is 'use'"),
    "no host": (GOOD.replace(">mail.example.net<", "><", 1), "no server with a host name"),
    "no port": (GOOD.replace(">993<", "><"), "IMAP has no port"),
    "port 70000": (GOOD.replace(">993<", ">70000<"), "IMAP has no port from 1 to 65535"),
    "a word": (GOOD.replace(">SSL</Enc", ">STARTTLS</Enc", 1), "encryption 'STARTTLS'"),
    "yes": (GOOD.replace(">on</SSL>", ">yes</SSL>", 1), "SSL is 'yes', not on or off"),
    "no way out": (GOOD.replace(">SMTP<", ">WEB<"), "it has no SMTP server"),
    "no way in": (
        GOOD.replace(">IMAP<", ">WEB<").replace(">POP3<", ">WEB<"),
        "it has no IMAP or POP3 server",
    ),
    "another account": (GOOD.replace(">email<", ">web<"), "account type is 'web'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_way_to_break_it_is_told(name: str) -> None:
    text, words = BROKEN[name]
    assert text != GOOD
    assert words in "\n".join(read(text).problems)


@pytest.mark.parametrize(
    ("port", "fields", "tls", "doubt"),
    [
        (993, "<SSL>on</SSL>", "implicit", False),
        (993, "", "implicit", False),
        (993, "<SSL>off</SSL>", "cleartext", False),
        (993, "<Encryption>None</Encryption>", "cleartext", False),
        (993, "<SSL>off</SSL><Encryption>SSL</Encryption>", "implicit", False),
        (993, "<Encryption>TLS</Encryption>", "starttls", True),
        (143, "<SSL>on</SSL>", "starttls", False),
        (143, "<Encryption>TLS</Encryption>", "starttls", False),
        (143, "<Encryption>SSL</Encryption>", "implicit", True),
        (143, "<Encryption>Auto</Encryption>", "starttls", False),
        (2525, "<Encryption>TLS</Encryption>", "starttls", True),
    ],
)
def test_the_mode_as_outlook_and_thunderbird_read_it(
    port: int, fields: str, tls: str, doubt: bool
) -> None:
    start, end = GOOD.index("        <SSL>"), GOOD.index("        <AuthRequired>")
    text = (GOOD[:start] + fields + GOOD[end:]).replace(">993<", f">{port}<", 1)
    server = read(text).servers[0]
    assert (server.tls, bool(server.doubt)) == (tls, doubt)


def test_only_for_sending_a_login_may_be_left_out() -> None:
    found = read(GOOD.replace(">on</AuthRequired>", ">off</AuthRequired>"))
    assert [(one.protocol, one.logins) for one in found.servers] == [
        ("imap", (PASSWORD,)),
        ("pop3", (PASSWORD,)),
        ("smtp", (NO_LOGIN,)),
    ]


def test_a_server_on_an_unusual_port_is_passed_over_for_one_that_all_read_alike() -> None:
    odd = {"protocol": "imap", "port": 143, "tls": "implicit"}
    made = settings(intent(services={"odd": odd, "imaps": {}, "submissions": {}}))
    assert [one.port for one in made.incoming] == [993, 143]
    alone = settings(intent(services={"odd": odd, "submissions": {}}))
    assert "port of imap in different ways" in autodiscover.can_say(alone)


def test_an_exchange_server_beside_is_none_of_ours() -> None:
    exchange = "<Protocol><Type>EXCH</Type><Server>x y</Server></Protocol>"
    assert read(GOOD.replace("</Account>", f"{exchange}</Account>")) == read(GOOD)


def test_the_question_holds_the_address() -> None:
    text = autodiscover.request("a&b@example.net").decode()
    assert "<EMailAddress>a&amp;b@example.net</EMailAddress>" in text


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    assert autodiscover.read(data).problems


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3))
def test_no_changed_bytes_raise(at: int, new: bytes) -> None:
    data = GOOD.encode()
    autodiscover.read(data[:at] + new + data[at + len(new) :])
