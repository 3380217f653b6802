# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test each kind of answer against a real server on loopback, by UDP and TCP."""

from __future__ import annotations

import sys
from typing import Any

import dns.edns
import dns.flags
import dns.rcode
import dns.rdatatype
import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import question as q
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import resolve

from tests.support.name_server import name_server, reply

SOA = "example.net. 60 IN SOA ns.example.net. h.example.net. 1 1 1 1 60"


def asked(answer: Any, name: str = "example.net", kind: str = "MX", **settings: Any) -> q.Answer:
    """Return what the resolver makes of a server's answer."""
    with name_server(answer) as (port, _seen):
        chosen = {"timeout": 5.0, **settings}
        return resolve.Resolver(resolve.Settings(servers=("127.0.0.1",), port=port, **chosen))(
            q.Question(name, kind)
        )


RECORDS = [
    ("A", "192.0.2.1", "192.0.2.1"),
    ("AAAA", "2001:db8:0::1", "2001:db8::1"),
    ("MX", "10 Mail.example.net.", (10, "Mail.example.net")),
    ("MX", "0 .", (0, ".")),
    ("TXT", '"v=spf1 " "-all"', (b"v=spf1 ", b"-all")),
    ("TXT", '"\\255"', (b"\xff",)),
    ("PTR", "mail.example.net.", "mail.example.net"),
    ("SRV", "0 1 993 mail.example.net.", (0, 1, 993, "mail.example.net")),
    ("TLSA", "3 1 1 " + "0f" * 32, (3, 1, 1, b"\x0f" * 32)),
    ("CAA", '0 issue "ca.example.org"', (0, "issue", b"ca.example.org")),
    ("SOA", "ns.example.net. h.example.net. 1 1 1 1 1", "ns.example.net"),
]


@pytest.mark.parametrize(("kind", "text", "value"), RECORDS)
def test_a_record_becomes_a_plain_value(kind: str, text: str, value: Any) -> None:
    answer = asked(lambda query, _tcp: reply(query, f"example.net. 77 IN {kind} {text}"), kind=kind)
    assert (answer.kind, answer.records, answer.ttl) == (q.RECORDS, (value,), 77)
    assert answer.known


@pytest.mark.parametrize(
    ("rcode", "kind"),
    [
        (dns.rcode.NOERROR, q.NODATA),
        (dns.rcode.NXDOMAIN, q.NXDOMAIN),
        (dns.rcode.SERVFAIL, q.SERVFAIL),
        (dns.rcode.REFUSED, q.REFUSED),
        (dns.rcode.NOTIMP, q.GARBLED),
    ],
)
def test_each_code_is_a_kind_of_its_own(rcode: int, kind: str) -> None:
    answer = asked(lambda query, _tcp: reply(query, rcode=rcode, authority=SOA))
    assert (answer.kind, answer.known, answer.absent) == (kind, kind in q.ABSENT, kind in q.ABSENT)


def test_silence_is_a_timeout_and_is_tried_again() -> None:
    with name_server(lambda _query, _tcp: None) as (port, seen):
        settings = resolve.Settings(servers=("127.0.0.1",), port=port, timeout=0.2)
        assert resolve.Resolver(settings)(q.Question("example.net", "A")).kind == q.TIMEOUT
        assert len(seen) == resolve.TRIES


def test_a_failure_is_not_asked_for_twice() -> None:
    with name_server(lambda query, _tcp: reply(query, rcode=dns.rcode.REFUSED)) as (port, seen):
        resolve.Resolver(resolve.Settings(servers=("127.0.0.1",), port=port))(
            q.Question("example.net", "A")
        )
        assert len(seen) == 1


def test_the_next_server_is_asked_where_one_is_silent() -> None:
    # 127.0.0.2 has nobody at that port.
    with name_server(lambda query, _tcp: reply(query, "example.net. 1 IN A 192.0.2.1")) as (
        port,
        _seen,
    ):
        settings = resolve.Settings(servers=("127.0.0.2", "127.0.0.1"), port=port, timeout=0.3)
        assert resolve.Resolver(settings)(q.Question("example.net", "A")).records == ("192.0.2.1",)


def test_bytes_that_are_no_answer_are_garbled() -> None:
    answer = asked(lambda query, _tcp: query.to_wire()[:2] + b"\x84\x00rubbish")
    assert answer.kind == q.GARBLED


def test_a_referral_without_recursion_is_lame() -> None:
    def refer(query: Any, _tcp: bool) -> Any:
        response = reply(query, authority="example.net. 60 IN NS ns.example.org.")
        response.flags &= ~dns.flags.RA
        return response

    assert asked(refer).kind == q.LAME


def test_a_cut_answer_is_asked_for_by_tcp() -> None:
    def cut(query: Any, by_tcp: bool) -> Any:
        if by_tcp:
            return reply(query, "example.net. 1 IN A 192.0.2.1")
        return reply(query, flags=dns.flags.TC)

    answer = asked(cut, kind="A")
    assert (answer.records, answer.tcp) == (("192.0.2.1",), True)


def test_aliases_are_followed_inside_an_answer_and_beyond() -> None:
    def alias(query: Any, _tcp: bool) -> Any:
        if query.question[0].name.to_text() == "c.example.net.":
            return reply(query, "c.example.net. 1 IN A 192.0.2.1", flags=dns.flags.AD)
        response = reply(
            query,
            "a.example.net. 1 IN CNAME b.example.net.",
            "b.example.net. 1 IN CNAME c.example.net.",
        )
        response.flags &= ~dns.flags.RA
        return response

    answer = asked(alias, name="a.example.net", kind="A", trusted=True)
    assert answer.records == ("192.0.2.1",)
    assert answer.chain == ("b.example.net", "c.example.net")
    # The first link was not secure.
    assert answer.secure is False


def test_an_alias_to_nothing_is_nothing() -> None:
    answer = asked(
        lambda query, _tcp: reply(
            query, "example.net. 1 IN CNAME nope.example.net.", rcode=3, authority=SOA
        )
    )
    assert (answer.kind, answer.chain) == (q.NXDOMAIN, ("nope.example.net",))


@pytest.mark.parametrize("whole", [True, False])
def test_a_circle_of_aliases_is_a_loop(whole: bool) -> None:
    def circle(query: Any, _tcp: bool) -> Any:
        names = ["a.example.net.", "b.example.net."]
        rows = [f"{one} 1 IN CNAME {two}" for one, two in (names, reversed(names))]
        if not whole:
            rows = [row for row in rows if row.startswith(query.question[0].name.to_text())]
        response = reply(query, *rows)
        response.flags &= ~dns.flags.RA
        return response

    assert asked(circle, name="a.example.net", kind="A").kind == q.LOOP


def test_the_ad_bit_counts_only_of_a_trusted_resolver() -> None:
    def secure(query: Any, _tcp: bool) -> Any:
        assert query.flags & dns.flags.AD
        return reply(query, "example.net. 1 IN A 192.0.2.1", flags=dns.flags.AD)

    def insecure(query: Any, _tcp: bool) -> Any:
        return reply(query, "example.net. 1 IN A 192.0.2.1")

    assert asked(secure, kind="A").secure is None
    assert asked(secure, kind="A", trusted=True).secure is True
    assert asked(insecure, kind="A", trusted=True).secure is False


def with_ede(query: Any, code: int) -> Any:
    response = reply(query, rcode=dns.rcode.SERVFAIL)
    response.use_edns(0, options=[dns.edns.EDEOption(code, "said so")])
    return response


def test_a_failed_proof_is_bogus_only_where_the_resolver_is_trusted() -> None:
    answer = asked(lambda query, _tcp: with_ede(query, 6), trusted=True)
    assert (answer.kind, answer.secure) == (q.BOGUS, False)
    assert "said so" in answer.detail
    assert asked(lambda query, _tcp: with_ede(query, 6)).kind == q.SERVFAIL
    assert asked(lambda query, _tcp: with_ede(query, 22)).kind == q.LAME


def test_a_resolver_without_extended_errors_shows_bogus_by_checking_disabled() -> None:
    def validating(query: Any, _tcp: bool) -> Any:
        if query.flags & dns.flags.CD:
            return reply(query, "example.net. 1 IN A 192.0.2.1")
        return reply(query, rcode=dns.rcode.SERVFAIL)

    assert asked(validating, kind="A", trusted=True).kind == q.BOGUS
    assert asked(validating, kind="A").kind == q.SERVFAIL
    always = asked(lambda query, _tcp: reply(query, rcode=2), kind="A", trusted=True)
    assert always.kind == q.SERVFAIL


@pytest.mark.parametrize(("labels", "wildcard"), [(2, True), (3, False)])
def test_a_signature_tells_that_a_wildcard_answered(labels: int, wildcard: bool) -> None:
    signature = f"x.example.net. 1 IN RRSIG A 13 {labels} 1 20300101000000 20200101000000 1 example.net. AAAA"
    answer = asked(
        lambda query, _tcp: reply(query, "x.example.net. 1 IN A 192.0.2.1", signature),
        name="x.example.net",
        kind="A",
    )
    assert answer.wildcard is wildcard


def test_case_that_a_server_mixes_changes_nothing() -> None:
    def mixed(query: Any, _tcp: bool) -> Any:
        return reply(query, "eXaMpLe.NeT. 1 IN A 192.0.2.1")

    assert asked(mixed, kind="A").records == ("192.0.2.1",)


@pytest.mark.parametrize("name", ["a..example.net", "x" * 64 + ".example.net", "a." * 140])
def test_a_name_that_cannot_be_is_not_asked_for(name: str) -> None:
    settings = resolve.Settings(servers=("127.0.0.1",), port=1, timeout=0.1)
    assert resolve.Resolver(settings)(q.Question(name, "A")).kind == q.INVALID


def test_a_missing_library_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns.resolver", None)
    with pytest.raises(resolve.ResolverError, match="needs the Python library dnspython") as error:
        resolve.Resolver(resolve.Settings())
    assert "\n" not in str(error.value)


def test_a_library_that_is_too_old_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.version

    monkeypatch.setattr(dns.version, "MAJOR", 2)
    monkeypatch.setattr(dns.version, "MINOR", 2)
    with pytest.raises(resolve.ResolverError, match="too old"):
        resolve.Resolver(resolve.Settings())
