# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test macros with the examples of RFC 7208 section 7.4."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import spf_macro

SENDER = "strong-bad@email.example.com"
V4 = spf_macro.mail_of("192.0.2.3", SENDER, "mx.example.org")
V6 = spf_macro.mail_of("2001:db8::cb01", SENDER, "mx.example.org")

EXAMPLES = [
    ("%{s}", "strong-bad@email.example.com"),
    ("%{o}", "email.example.com"),
    ("%{d}", "email.example.com"),
    ("%{d4}", "email.example.com"),
    ("%{d3}", "email.example.com"),
    ("%{d2}", "example.com"),
    ("%{d1}", "com"),
    ("%{dr}", "com.example.email"),
    ("%{d2r}", "example.email"),
    ("%{l}", "strong-bad"),
    ("%{l-}", "strong.bad"),
    ("%{lr}", "strong-bad"),
    ("%{lr-}", "bad.strong"),
    ("%{l1r-}", "strong"),
    ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
    ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
    ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
    ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
    ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
    ("a%%b%_c%-d", "a%b c%20d"),
    ("%{S}", "strong-bad%40email.example.com"),
]


@pytest.mark.parametrize(("text", "expanded"), EXAMPLES)
def test_the_examples_of_section_7_4(text: str, expanded: str) -> None:
    assert spf_macro.expand(text, V4, "email.example.com") == expanded


def test_the_example_with_an_ipv6_address() -> None:
    nibbles = "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2"
    text = spf_macro.expand("%{ir}.%{v}._spf.%{d2}", V6, "email.example.com")
    assert text == f"{nibbles}.ip6._spf.example.com"


def test_an_empty_sender_is_postmaster_at_the_helo_name() -> None:
    mail = spf_macro.mail_of("::ffff:192.0.2.3", "", "mx.example.org")
    assert (mail.sender, mail.sender_domain) == ("postmaster@mx.example.org", "mx.example.org")
    assert str(mail.address) == "192.0.2.3"


def test_long_names_lose_labels_on_the_left() -> None:
    name = ".".join(["a" * 50] * 6)
    short = spf_macro.shortened(name)
    assert len(short) <= 253
    assert name.endswith("." + short)
