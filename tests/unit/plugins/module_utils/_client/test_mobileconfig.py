# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test profiles for Apple's systems: our own, broken ones, and bytes that are none."""

from __future__ import annotations

import plistlib
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client import mobileconfig
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clients import intent, settings

GOOD = mobileconfig.write(settings())


def changed(**account: Any) -> bytes:
    """Return the profile with other keys in its account; None takes one away."""
    profile = plistlib.loads(GOOD)
    for key, value in account.items():
        if value is None:
            del profile["PayloadContent"][0][key]
        else:
            profile["PayloadContent"][0][key] = value
    return plistlib.dumps(profile)


def test_what_we_write_is_read_back() -> None:
    found = mobileconfig.read(GOOD)
    assert found.problems == ()
    assert [(one.protocol, one.host, one.port, one.tls) for one in found.servers] == [
        ("imap", "mail.example.net", 993, "implicit"),
        ("smtp", "mail.example.net", 465, "implicit"),
    ]


def test_pop3_and_starttls_are_written_where_nothing_else_is_open() -> None:
    found = mobileconfig.read(mobileconfig.write(settings(intent("pop3", "submission"))))
    assert [(one.protocol, one.port, one.tls) for one in found.servers] == [
        ("pop3", 110, "starttls"),
        ("smtp", 587, "starttls"),
    ]


def test_the_same_settings_give_the_same_bytes_and_no_secret() -> None:
    assert mobileconfig.write(settings()) == GOOD
    account = plistlib.loads(GOOD)["PayloadContent"][0]
    assert not any("Password" in key and key != SAME for key in account)


SAME = "OutgoingPasswordSameAsIncomingPassword"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"EmailAccountType": "IMAP"}, "EmailAccountType is 'IMAP'"),
        ({"IncomingMailServerHostName": None}, "IncomingMailServerHostName is None"),
        ({"IncomingMailServerHostName": "a b"}, "IncomingMailServerHostName is 'a b'"),
        ({"IncomingMailServerPortNumber": "993"}, "IncomingMailServerPortNumber is '993'"),
        ({"IncomingMailServerPortNumber": 0}, "IncomingMailServerPortNumber is 0"),
        ({"OutgoingMailServerPortNumber": 70000}, "OutgoingMailServerPortNumber is 70000"),
        ({"OutgoingMailServerAuthentication": "plain"}, "Authentication is 'plain'"),
        ({"OutgoingMailServerUseSSL": "yes"}, "OutgoingMailServerUseSSL is neither"),
        ({"PayloadType": "com.apple.mail"}, "no payload of type com.apple.mail.managed"),
    ],
)
def test_each_way_to_break_it_is_told(changes: dict[str, Any], words: str) -> None:
    assert words in "\n".join(mobileconfig.read(changed(**changes)).problems)


def test_without_the_switch_for_tls_it_is_cleartext() -> None:
    found = mobileconfig.read(changed(IncomingMailServerUseSSL=None)).servers[0]
    assert found.tls == "cleartext"


def test_a_missing_port_is_the_usual_one() -> None:
    found = mobileconfig.read(
        changed(IncomingMailServerPortNumber=None, OutgoingMailServerPortNumber=None)
    )
    assert [(one.port, one.tls) for one in found.servers] == [(993, "implicit"), (587, "starttls")]


def test_a_key_that_stands_twice_is_told() -> None:
    key = b"<key>EmailAccountType</key>\n\t\t\t<string>EmailTypeIMAP</string>"
    assert key in GOOD
    twice = GOOD.replace(key, key + b"<key>EmailAccountType</key><string>EmailTypePOP</string>")
    assert "EmailAccountType stands twice" in mobileconfig.read(twice).problems[0]


def test_entities_are_refused() -> None:
    bomb = GOOD.replace(b"<plist", b'<!DOCTYPE plist [<!ENTITY a "aaaa">]><plist')
    bomb = bomb[: bomb.index(b"<!DOCTYPE plist PUBLIC")] + bomb[bomb.index(b"<!DOCTYPE plist [") :]
    assert "entities" in mobileconfig.read(bomb).problems[0]


def test_a_binary_profile_is_read_as_well() -> None:
    data = plistlib.dumps(plistlib.loads(GOOD), fmt=plistlib.FMT_BINARY)
    assert mobileconfig.read(data) == mobileconfig.read(GOOD)


def test_a_signed_one_is_read_by_its_inside() -> None:
    assert mobileconfig.read(b"\x30\x82\x01\x02" + GOOD + b"\x00\x01") == mobileconfig.read(GOOD)


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    assert mobileconfig.read(data).problems


@given(st.binary(max_size=100))
def test_no_binary_profile_raises(data: bytes) -> None:
    assert mobileconfig.read(b"bplist00" + data).problems


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3))
def test_no_changed_bytes_raise(at: int, new: bytes) -> None:
    mobileconfig.read(GOOD[:at] + new + GOOD[at + len(new) :])
