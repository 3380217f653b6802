# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hellos against an independent reader, and their shape against what servers stumble over."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._tls import (
    extensions,
    groups,
    suites,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.hello import client_hello
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.question import (
    Question,
    about_key,
    about_versions,
    unsigned,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.versions import VERSIONS
from hypothesis import given
from hypothesis import strategies as st
from tlslite.messages import ClientHello
from tlslite.utils.codec import Parser

RANDOM = bytes(range(32))
NAMES = list(VERSIONS)


def handshake(data: bytes) -> bytes:
    """Return the handshake message in the records."""
    message = b""
    while data:
        assert data[0] == 22
        length = int.from_bytes(data[3:5], "big")
        assert 0 < length <= 1 << 14
        message += data[5 : 5 + length]
        data = data[5 + length :]
    assert message[0] == 1
    assert len(message) == 4 + int.from_bytes(message[1:4], "big")
    return message


def parsed(question: Question) -> Any:
    """Return the hello as tlslite-ng reads it."""
    return ClientHello().parse(Parser(bytearray(handshake(client_hello(question, RANDOM))[1:])))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Return any question."""
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(NAMES) - 1)] * 2)))
    name = draw(st.from_regex(r"\A([a-z0-9]{1,9}\.){0,20}[a-z]{2,9}\Z") | st.just(""))
    pick = [
        draw(st.lists(st.sampled_from(table), unique=True))
        for table in (
            sorted(suites.SUITES),
            sorted(groups.GROUPS.values()),
            sorted(extensions.USUAL),
        )
    ]
    return Question(
        NAMES[first], NAMES[last], tuple(pick[0]) or (0x002F,), tuple(pick[1]), tuple(pick[2]), name
    )


@given(questions())
def test_a_hello_says_what_is_asked(question: Question) -> None:
    """All of it, as an independent reader sees it, and nothing that was not asked."""
    hello = parsed(question)
    highest = VERSIONS[question.highest]
    assert hello.client_version == (3, min(highest, 0x0303) & 0xFF)
    assert hello.random == RANDOM
    assert tuple(hello.cipher_suites) == (*question.suites, suites.RENEGOTIATION_SCSV)
    assert hello.compression_methods == [0]
    found = {one.extType: one for one in hello.extensions or ()}
    if highest == VERSIONS["SSLv3"]:
        assert not found
        return
    name = found.get(extensions.SERVER_NAME)
    assert (
        [bytes(one) for one in name.hostNames] == [question.server_name.encode()]
        if name
        else not question.server_name
    )
    listed = found.get(extensions.SUPPORTED_GROUPS)
    assert tuple(listed.groups if listed else ()) == question.groups
    schemes = found.get(extensions.SIGNATURE_ALGORITHMS)
    wanted = question.schemes if highest >= VERSIONS["TLSv1.2"] else ()
    assert tuple(a << 8 | b for a, b in (schemes.sigalgs if schemes else ())) == wanted
    if highest == VERSIONS["TLSv1.3"]:
        told = found[extensions.SUPPORTED_VERSIONS].versions
        assert told == [
            (3, c & 0xFF)
            for c in sorted(VERSIONS.values(), reverse=True)
            if c >= VERSIONS[question.lowest]
        ]
        shares = [one.group for one in found[extensions.KEY_SHARE].client_shares]
        assert shares == [one for one in question.groups if one in groups.KEY_SHARES]
    else:
        assert not {extensions.SUPPORTED_VERSIONS, extensions.KEY_SHARE} & set(found)


@given(questions())
def test_no_hello_has_a_length_that_some_servers_hang_on(question: Question) -> None:
    """But one of SSLv3, which has no extension to lengthen it with."""
    length = len(handshake(client_hello(question, RANDOM)))
    assert question.highest == "SSLv3" or not 256 <= length < 512


@pytest.mark.parametrize("highest", NAMES)
@pytest.mark.parametrize("name", ["", "mail.example.net", "a." * 120 + "example"])
def test_the_usual_questions_have_no_such_length(highest: str, name: str) -> None:
    """SSLv3's too."""
    for question in (
        about_versions(highest, highest, name),
        unsigned(about_versions(highest, highest, name)),
    ):
        assert len(handshake(client_hello(question, RANDOM))) not in range(256, 512)


def test_the_same_random_gives_the_same_bytes() -> None:
    """And another one others."""
    question = about_versions("SSLv3", "TLSv1.3", "mail.example.net")
    assert client_hello(question, RANDOM) == client_hello(question, RANDOM)
    assert client_hello(question, RANDOM) != client_hello(question, bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        client_hello(question, b"short")


@pytest.mark.parametrize(
    ("highest", "record"),
    [("SSLv3", 0x0300), ("TLSv1", 0x0301), ("TLSv1.2", 0x0301), ("TLSv1.3", 0x0301)],
)
def test_the_record_has_a_version_that_old_servers_take(highest: str, record: int) -> None:
    """TLS 1.0 for all but SSLv3."""
    assert client_hello(about_versions(highest, highest), RANDOM)[1:3] == record.to_bytes(2, "big")


def test_a_long_hello_takes_several_records() -> None:
    """No suite is left out."""
    question = Question("TLSv1", "TLSv1.2", tuple(range(1, 20000)))
    assert len(parsed(question).cipher_suites) == 20000


def test_a_question_for_a_key_offers_only_that_key() -> None:
    """Suites and signatures, below TLS 1.3."""
    for kind, other in (("RSA", "ecdsa"), ("ECDSA", "rsa")):
        question = about_key(kind)
        assert {suites.authentication(code) for code in question.suites} == {kind}
        assert not [
            one for one in question.schemes if extensions.scheme_name(one).startswith(other)
        ]
        assert question.highest == "TLSv1.2"


def test_unsigned_suites() -> None:
    """Those in which the server's first flight bears no signature."""
    kept = unsigned(about_versions("TLSv1", "TLSv1.1")).suites
    assert {suites.key_exchange(code) for code in kept} == {"RSA", "DH_anon", "ECDH_anon"}


@pytest.mark.parametrize(
    ("lowest", "highest", "codes", "words"),
    [("TLSv1.2", "TLSv1", (1,), "above"), ("TLSv1", "TLSv1.2", (), "at least one suite")],
)
def test_what_no_hello_can_say_is_refused(
    lowest: str, highest: str, codes: tuple[int, ...], words: str
) -> None:
    """With a message that tells it."""
    with pytest.raises(ValueError, match=words):
        Question(lowest, highest, codes)
