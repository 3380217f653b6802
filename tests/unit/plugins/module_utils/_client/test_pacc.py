# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the PACC draft's file and the record with its hash."""

from __future__ import annotations

import json

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client import pacc
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clients import intent, settings

GOOD = pacc.write(settings())


def test_what_we_write_is_read_back() -> None:
    found = pacc.read(GOOD)
    assert found.problems == ()
    assert [(one.protocol, one.port, one.tls) for one in found.servers] == [
        ("imap", 993, "implicit"),
        ("pop3", 995, "implicit"),
        ("smtp", 465, "implicit"),
    ]


def test_it_can_say_implicit_tls_on_the_usual_ports_only() -> None:
    assert pacc.can_say(settings()) == ""
    assert "993 or 995" in pacc.can_say(settings(intent("imaps", "submission")))
    assert "993 or 995" in pacc.can_say(settings(intent("imap", "submissions")))
    assert "without @" in pacc.can_say(settings(username="local-part"))


def test_the_record_holds_the_hash_of_the_file() -> None:
    text = pacc.record(GOOD)
    assert pacc.matches(GOOD, [text]) is True
    assert pacc.matches(GOOD, ["v=spf1 -all", text]) is True
    assert pacc.matches(GOOD, [pacc.record(GOOD + b" "), text]) is True
    assert pacc.matches(GOOD, [pacc.record(GOOD + b" ")]) is False
    assert pacc.matches(GOOD, [text.replace("sha256", "sha1")]) is False
    assert pacc.matches(GOOD, ["v=UAAC1; a=sha256; d=!!"]) is False
    assert pacc.matches(GOOD, ["v=spf1 -all", "v=UAAC1; a=1; a=2"]) is None
    assert pacc.matches(GOOD, []) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"{", "it is not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"\xff", "it is not JSON"),
        (b"[" * 100000, "it is"),
        (json.dumps({"protocols": {"imap": {"host": "a b"}}}).encode(), "not a host name"),
        (json.dumps({"protocols": {"imap": "x"}}).encode(), "protocols.imap.host is None"),
        (json.dumps({"protocols": []}).encode(), "names no mail server"),
        (GOOD.replace(b'"example.net"', b'""'), "info.provider.name is missing"),
    ],
)
def test_each_way_to_break_it_is_told(text: bytes, words: str) -> None:
    assert words in "\n".join(pacc.read(text).problems)


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    assert pacc.read(data).problems
