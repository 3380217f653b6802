# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the grammar of SPF records, with what public zones hold (labelled by RFC 7208's clause)."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import spf_record
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("v=spf1", True),
        ("v=spf1 -all", True),
        ("V=SPF1 -ALL", True),
        ("v=spf10 -all", False),
        ("v=spf1-all", False),
        (" v=spf1 -all", False),
        ('"v=spf1 -all"', False),
        ("spf2.0/pra -all", False),
    ],
)
def test_a_record_is_told_from_other_text(text: str, is_one: bool) -> None:
    assert spf_record.is_spf(text) is is_one


GOOD = [
    ("v=spf1 -all", "fail"),
    ("v=spf1 +all", "pass"),
    ("v=spf1 ~ALL", "softfail"),
    ("v=spf1  mx   ?all ", "neutral"),
    ("v=spf1 mx", "neutral"),
    ("v=spf1 redirect=_spf.example.com", ""),
    ("v=spf1 ip4:192.0.2.1/24 ip6:2001:db8::/32 -all", "fail"),
    ("v=spf1 ip4:192.0.2.1 a:a.example.com/24//64 mx//64 ptr:example.com -all", "fail"),
    ("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all", "fail"),
    ("v=spf1 include:%{d}.example.com exp=explain._spf.%{d} -all", "fail"),
    ("v=spf1 moo.cow-far_out=man:dog/cat ip4:1.2.3.4 -all", "fail"),
]


@pytest.mark.parametrize(("text", "default"), GOOD)
def test_what_the_grammar_allows_is_read(text: str, default: str) -> None:
    assert spf_record.parse(text).default == default


WRONG = [
    # 12: an unknown mechanism is an error, an unknown modifier is not.
    ("v=spf1 ipv4:192.0.2.1 -all", "there is no mechanism 'ipv4'"),
    ("v=spf1 -all.", "neither|nothing may follow"),
    ("v=spf1 all:example.com", "nothing may follow all"),
    # 5.6: an address without its mechanism, and one with a port.
    ("v=spf1 192.0.2.1 -all", "neither a mechanism nor a modifier"),
    ("v=spf1 ip4:192.0.2 -all", "is no ip4 address"),
    ("v=spf1 ip4:192.0.2.256 -all", "is no ip4 network"),
    ("v=spf1 ip4:192.0.2.1/33 -all", "is no ip4 network"),
    ("v=spf1 ip4:192.0.2.1/024 -all", "is not a prefix length"),
    ("v=spf1 ip4 -all", "needs an address"),
    ("v=spf1 ip4:2001:db8::1 -all", "is no ip4 address"),
    ("v=spf1 ip6:192.0.2.1 -all", "is no ip6 network"),
    ("v=spf1 ip6:fe80::1%eth0 -all", "is no ip6 address"),
    ("v=spf1 include -all", "include needs a domain"),
    ("v=spf1 include: -all", "a domain is missing"),
    ("v=spf1 include:localhost -all", "is not a full domain name"),
    ("v=spf1 a:example.com/33 -all", "at most 32 bits"),
    ("v=spf1 a:example.com//129 -all", "at most 32 bits"),
    ("v=spf1 mx:example.123 -all", "is not a full domain name"),
    ("v=spf1 redirect=a.example redirect=b.example", "redirect= is given twice"),
    ("v=spf1 exp=a.example exp=b.example", "exp= is given twice"),
    # 7.1: macros.
    ("v=spf1 exists:%{x}.example.com -all", "there is no such macro"),
    ("v=spf1 exists:%{d0}.example.com -all", "must not be 0"),
    ("v=spf1 exists:%(d).example.com -all", "wrong macro"),
    ("v=spf1 exists:%{c}.example.com -all", "there is no such macro here"),
    # Copied out of a web page.
    ("v=spf1 include:_spf.example.com\u00a0-all", "wrong macro or a character"),
    ("v=spf1 include:_spf.example.com, -all", "is not a full domain name"),
    ("v=spf1 ip4:192.0.2.1; -all", "is no ip4"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_a_permanent_error_says_where(text: str, words: str) -> None:
    with pytest.raises(spf_record.SpfError, match=words):
        spf_record.parse(text)


def test_the_strings_of_a_record_are_put_together_without_blanks() -> None:
    # Section 3.3: the blank must be inside one of the strings.
    assert spf_record.joined([b"v=spf1 ip4:192.0.2.1", b" -all"]) == "v=spf1 ip4:192.0.2.1 -all"
    text = spf_record.joined([b"v=spf1 ip4:192.0.2.1", b"-all"])
    with pytest.raises(spf_record.SpfError):
        spf_record.parse(text)


def test_unknown_modifiers_are_named() -> None:
    assert spf_record.parse("v=spf1 foo=bar Expl=x -all").unknown == ("foo", "expl")


@given(st.text() | st.text("v=spf1 amxip4:6/0123+-~?%{}dr.", max_size=60).map("v=spf1 ".__add__))
def test_any_text_is_a_record_or_an_error(text: str) -> None:
    try:
        record = spf_record.parse(text)
    except spf_record.SpfError as error:
        problem = str(error)
    else:
        problem = ""
        assert record.default in ("", "pass", "fail", "softfail", "neutral")
    assert "\n" not in problem
