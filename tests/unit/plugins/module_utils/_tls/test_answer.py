# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the reader of a server's first answer: every kind of it, cut everywhere, and any bytes."""

from __future__ import annotations

import tracemalloc
from dataclasses import asdict
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._tls import answer
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.answer import (
    TOTAL_LIMIT,
    Reader,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._tls.flights import (
    alert,
    certificate,
    hello_13,
    message,
    record,
    server_hello,
    vector,
)

KEY_EXCHANGE = message(12, b"\3\0\x17" + vector(1, bytes(65)) + bytes(70))
DHE = message(12, vector(2, b"\x80" + bytes(127)) + vector(2, b"\2") + vector(2, b"\5"))
REQUEST = message(13, vector(1, b"\1") + vector(2, b"\4\1") + vector(2, b""))
DONE = message(14)
CHAIN = (b"leaf", b"intermediate" * 50)
FLIGHT = server_hello() + certificate(*CHAIN) + KEY_EXCHANGE
REFUSED = {"kind": "alert", "detail": "fatal alert protocol_version (70)"}

# name: bytes, whether the whole flight is wanted, and what must come of it (the rest is None).
Row = tuple[bytes, bool, dict[str, Any]]
TABLE: dict[str, Row] = {
    "hello": (
        record(server_hello()),
        False,
        {"kind": "hello", "detail": "TLSv1.2", "hello": (0x0303, 0xC02F)},
    ),
    "hello_without_extensions": (
        record(server_hello(0x0300, 5), version=0x0300),
        False,
        {"kind": "hello", "detail": "SSLv3", "hello": (0x0300, 5)},
    ),
    "hello_over_several_records": (
        b"".join(record(bytes([byte])) for byte in server_hello(0x0302, 0x2F, session=bytes(32))),
        False,
        {"kind": "hello", "detail": "TLSv1.1", "hello": (0x0302, 0x2F)},
    ),
    "hello_of_13": (
        record(hello_13()) + record(b"\1", 20) + record(bytes(99), 23),
        True,
        {"kind": "hello", "detail": "TLSv1.3", "hello": (0x0304, 0x1301), "group": 29},
    ),
    "retry": (
        record(hello_13(4588, retry=True)),
        False,
        {
            "kind": "hello",
            "detail": "TLSv1.3",
            "hello": (0x0304, 0x1301),
            "group": 4588,
            "retry": True,
        },
    ),
    "a_version_without_a_name": (
        record(server_hello(0x0303, 0x1301, (43, b"\x7f\x1c"))),
        False,
        {"kind": "hello", "detail": "0x7f1c", "hello": (0x7F1C, 0x1301)},
    ),
    "fatal_alert": (alert(70), False, REFUSED),
    "alert_over_two_records": (record(b"\2", 21) + record(b"\x46", 21), False, REFUSED),
    "alert_without_a_name": (
        alert(99),
        False,
        {"kind": "alert", "detail": "fatal alert alert 99 (99)"},
    ),
    "close_notify": (
        alert(0, 1),
        False,
        {"kind": "alert", "detail": "warning alert close_notify (0)"},
    ),
    "warning_before_hello": (
        alert(112, 1) + record(server_hello()),
        False,
        {"kind": "hello", "detail": "TLSv1.2", "hello": (0x0303, 0xC02F)},
    ),
    "warning_and_no_more": (
        alert(40, 1),
        False,
        {"kind": "alert", "detail": "warning alert handshake_failure (40)"},
    ),
    "hello_request_before_hello": (
        record(message(0)) + record(server_hello()),
        False,
        {"kind": "hello", "detail": "TLSv1.2", "hello": (0x0303, 0xC02F)},
    ),
    "whole_flight": (
        record(FLIGHT + message(22, b"ocsp") + DONE),
        True,
        {
            "kind": "hello",
            "detail": "TLSv1.2",
            "hello": (0x0303, 0xC02F),
            "group": 23,
            "certificates": CHAIN,
            "wants_certificate": False,
        },
    ),
    "whole_flight_in_many_records": (
        b"".join(map(record, (server_hello(), certificate(*CHAIN), KEY_EXCHANGE, REQUEST, DONE))),
        True,
        {
            "kind": "hello",
            "detail": "TLSv1.2",
            "hello": (0x0303, 0xC02F),
            "group": 23,
            "certificates": CHAIN,
            "wants_certificate": True,
        },
    ),
    "a_group_of_its_own": (
        record(server_hello(0x0301, 0x33) + certificate() + DHE + DONE),
        True,
        {
            "kind": "hello",
            "detail": "TLSv1",
            "hello": (0x0301, 0x33),
            "dh_bits": 1024,
            "certificates": (),
            "wants_certificate": False,
        },
    ),
    "key_exchange_without_a_message": (
        record(server_hello(0x0303, 0x2F) + certificate(b"x") + DONE),
        True,
        {
            "kind": "hello",
            "detail": "TLSv1.2",
            "hello": (0x0303, 0x2F),
            "certificates": (b"x",),
            "wants_certificate": False,
        },
    ),
    "an_alert_after_the_certificate": (
        record(FLIGHT) + alert(40),
        True,
        {
            "kind": "hello",
            "detail": "alert: fatal alert handshake_failure (40)",
            "hello": (0x0303, 0xC02F),
            "group": 23,
            "certificates": CHAIN,
        },
    ),
    "the_end_after_a_request": (
        record(FLIGHT + REQUEST),
        True,
        {
            "kind": "hello",
            "detail": "closed: the end",
            "hello": (0x0303, 0xC02F),
            "group": 23,
            "certificates": CHAIN,
            "wants_certificate": True,
        },
    ),
    "nothing": (b"", False, {"kind": "closed", "detail": "the end"}),
    "part_of_a_hello": (
        record(server_hello())[:-1],
        False,
        {"kind": "closed", "detail": "the end after 46 bytes of an answer"},
    ),
    "broken_length": (
        record(message(2, bytes(10))),
        False,
        {"kind": "broken", "detail": "ServerHello: ends too early"},
    ),
    "too_many_bytes": (
        record(message(2, server_hello()[4:] + b"\0\0\0")),
        False,
        {"kind": "broken", "detail": "ServerHello: 1 bytes too many"},
    ),
    "long_session": (
        record(server_hello(session=bytes(33))),
        False,
        {"kind": "broken", "detail": "ServerHello: a session of more than 32 bytes"},
    ),
    "extension_twice": (
        record(server_hello(0x0303, 1, (23, b""), (23, b""))),
        False,
        {
            "kind": "broken",
            "detail": "ServerHello's extensions: extended_master_secret stands twice",
        },
    ),
    "versions_that_are_none": (
        record(server_hello(0x0303, 1, (43, b"\3"))),
        False,
        {"kind": "broken", "detail": "ServerHello: supported_versions names not one version"},
    ),
    "another_message_first": (
        record(certificate(b"x")),
        False,
        {"kind": "broken", "detail": "a handshake message of type 11 out of turn"},
    ),
    "a_hello_twice": (
        record(server_hello() * 2),
        True,
        {
            "kind": "hello",
            "detail": "a handshake message of type 2 out of turn",
            "hello": (0x0303, 0xC02F),
        },
    ),
    "application_data_first": (
        record(b"x", 23),
        False,
        {"kind": "broken", "detail": "a record of type 23 where the handshake stands"},
    ),
    "a_record_too_long": (
        b"\x16\3\3\xff\xff",
        False,
        {"kind": "broken", "detail": "a record of 65535 bytes"},
    ),
    "a_message_too_long": (
        record(b"\2\xff\xff\xff"),
        False,
        {"kind": "broken", "detail": "a handshake message of 16777215 bytes"},
    ),
    "certificates_without_number": (
        record(server_hello() + certificate(*[b"x"] * 65)),
        True,
        {
            "kind": "hello",
            "detail": "Certificate: more than 64 certificates",
            "hello": (0x0303, 0xC02F),
        },
    ),
}


def heard(data: bytes, whole: bool, cuts: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return what is heard of bytes cut at these places, but for what is None."""
    reader = Reader(whole)
    edges = [0, *cuts, len(data)]
    for first, last in zip(edges, edges[1:]):
        reader.receive(data[first:last])
    reader.ended("closed", "the end")
    assert reader.done
    found = asdict(reader.heard)
    hello = reader.heard.hello
    found["hello"] = (hello.version, hello.suite) if hello else None
    found["retry"] = True if hello and hello.retry else None
    found["alert"] = None
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("name", TABLE)
def test_every_kind_of_answer_cut_at_every_place(name: str) -> None:
    """One cut at each offset, and every byte alone, change nothing."""
    data, whole, wanted = TABLE[name]
    assert heard(data, whole) == wanted
    for cut in range(len(data)):
        assert heard(data, whole, (cut,)) == wanted, cut
    assert heard(data, whole, tuple(range(1, len(data)))) == wanted


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"220 mail.example.net ESMTP\r\n", "not TLS: 220 mail.example.net ESMTP\\x0d\\x0a"),
        (b"\x1b[2J<b>\0", "not TLS: \\x1b[2J<b>\\x00"),
        (b"\x16\x02\x00", "not TLS: \\x16\\x02\\x00"),
        (b"\x80\x03\x00\x00\x01", "not TLS: \\x80\\x03\\x00\\x00\\x01"),
        (b"A" * 100000, "not TLS: " + "A" * 120),
    ],
)
def test_what_is_not_tls_is_shown_safely(data: bytes, shown: str) -> None:
    """As far as it goes on a line."""
    assert heard(data, False) == {"kind": "not_tls", "detail": shown}


def test_an_alert_keeps_its_level_and_code() -> None:
    """A warning that was overtaken by a ServerHello is no alert."""
    reader = Reader()
    reader.receive(alert(112, 1))
    assert not reader.done
    assert reader.heard.alert == answer.Alert(1, 112)
    reader.receive(record(server_hello()))
    assert reader.heard.alert is None


@pytest.mark.parametrize("kind", ["reset", "timeout", "deadline", "unasked"])
def test_the_driver_says_how_it_ended(kind: str) -> None:
    """Its words are kept; afterwards nothing is taken any more."""
    reader = Reader()
    reader.ended(kind, "421 busy")
    reader.ended("closed", "later")
    reader.receive(record(server_hello()))
    assert (reader.heard.kind, reader.heard.detail, reader.heard.hello) == (kind, "421 busy", None)


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([row[0] for row in TABLE.values()]),
    st.builds(record, st.binary(max_size=40), st.integers(18, 26)),
    st.builds(
        lambda kind, body: record(message(kind, body)), st.integers(0, 25), st.binary(max_size=60)
    ),
    st.builds(
        lambda code, data: record(server_hello(0x0303, 0xC02F, (code, data))),
        st.integers(0, 60),
        st.binary(max_size=9),
    ),
)


@given(st.lists(PIECES, max_size=6), st.booleans())
def test_any_bytes_give_an_answer(pieces: list[bytes], whole: bool) -> None:
    """Nothing is raised, and byte by byte the kind is the same."""
    data = b"".join(pieces)
    one = heard(data, whole)
    slow = heard(data, whole, tuple(range(1, len(data))))
    assert one["kind"] in ("hello", "alert", "not_tls", "broken", "closed")
    assert one["detail"].isprintable()
    # What is not TLS is shown as far as it had come.
    one["detail"], slow["detail"] = one["detail"][:8], slow["detail"][:8]
    assert one == slow


@pytest.mark.parametrize(
    "endless",
    [
        record(b""),
        alert(112, 1),
        record(message(0)),
        record(server_hello()[:4]) + record(b"x" * 16384) * 20,
        record(b"\2\3\xff\xff" + bytes(16380)),
    ],
    ids=["empty", "warnings", "requests", "fragments", "hello"],
)
def test_what_has_no_end_is_cut_off(endless: bytes) -> None:
    """Within bounds of bytes and memory."""
    reader = Reader()
    taken = 0
    tracemalloc.start()
    while not reader.done:
        reader.receive(endless)
        taken += len(endless)
        assert taken <= TOTAL_LIMIT + len(endless)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reader.heard.kind in ("broken", "hello")
    assert peak < 8 * TOTAL_LIMIT
