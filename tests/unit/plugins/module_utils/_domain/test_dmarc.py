# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test DMARC by the rules and examples of RFC 9989: records, tree walk, alignment, reports."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import dmarc, tags
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    TIMEOUT,
    Answer,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.names import answered


def found(domain: str, **records: str) -> dmarc.Found:
    """Return what a tree walk finds; records by name, dots written as underscores."""
    rows = {f"_dmarc.{name.replace('_', '.')} TXT": [text] for name, text in records.items()}
    return answered(dmarc.discover(domain), rows)[0]


def test_the_tree_walk_of_section_4_10_asks_eight_names() -> None:
    assert dmarc.walk("a.b.c.d.e.f.g.h.i.j.mail.example.com") == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    ]
    assert dmarc.walk("example.com") == ["example.com", "com"]
    eight = "a.b.c.d.e.f.example.com"
    assert len(dmarc.walk(eight)) == 8
    assert dmarc.walk("x." + eight)[1] == "b.c.d.e.f.example.com"


def test_the_simple_example_of_appendix_b_4() -> None:
    records = {"example_com": "v=DMARC1; p=none", "signing_example_com": "v=DMARC1; p=none"}
    author, signer = found("example.com", **records), found("signing.example.com", **records)
    assert author.organizational == signer.organizational == "example.com"
    assert (author.source, signer.source) == ("example.com", "signing.example.com")
    assert dmarc.aligned(author, signer, strict=False)
    assert not dmarc.aligned(author, signer, strict=True)


def test_the_deep_example_of_appendix_b_4() -> None:
    name = "a.b.c.d.e.f.g.h.i.j.k.example.com"
    one = found(name, example_com="v=DMARC1; p=reject; sp=quarantine")
    assert (one.organizational, one.source) == ("example.com", "example.com")


def test_the_example_with_a_public_suffix_of_appendix_b_4() -> None:
    records = {
        "bank_example": "v=DMARC1; p=reject; psd=y",
        "giant_bank_example": "v=DMARC1; p=reject",
    }
    author = found("giant.bank.example", **records)
    sender = found("mail.giant.bank.example", **records)
    signer = found("mail.mega.bank.example", **records)
    assert author.organizational == sender.organizational == "giant.bank.example"
    assert signer.organizational == "mega.bank.example"
    assert author.source == "giant.bank.example"
    # Nothing nearer exists: the record of the public suffix applies (section 4.10.1).
    assert signer.source == "bank.example"
    assert dmarc.aligned(author, sender, strict=False)
    assert not dmarc.aligned(author, signer, strict=False)


def test_psd_n_ends_the_walk_at_the_organization() -> None:
    one = found(
        "a.b.example.com",
        b_example_com="v=DMARC1; p=reject; psd=n",
        example_com="v=DMARC1; p=none",
    )
    assert (one.organizational, one.source) == ("b.example.com", "b.example.com")


@pytest.mark.parametrize(
    ("text", "own", "existing", "absent"),
    [
        ("v=DMARC1; p=reject", "reject", "reject", "reject"),
        ("v=DMARC1; p=reject; sp=none", "reject", "none", "none"),
        ("v=DMARC1; p=reject; sp=none; np=quarantine", "reject", "none", "quarantine"),
        ("v=DMARC1; p=none; np=reject", "none", "none", "reject"),
        ("v=DMARC1; P=reject", "", "", ""),
        # Section 4.10.1: without a usable p= reports decide.
        ("v=DMARC1; rua=mailto:a@example.net", "none", "none", "none"),
        ("v=DMARC1; p=rejct; rua=mailto:a@example.net", "none", "none", "none"),
        ("v=DMARC1; p=reject; sp=nothing; rua=mailto:a@example.net", "none", "reject", "reject"),
        ("v=DMARC1; p=reject; sp=nothing", "", "", ""),
        ("v=DMARC1", "", "", ""),
    ],
)
def test_the_policy_that_applies(text: str, own: str, existing: str, absent: str) -> None:
    record = dmarc.parse(text)
    assert record.applied == own
    assert record.for_subdomain(exists=True) == existing
    assert record.for_subdomain(exists=False) == absent


# What public zones hold, and what section 4.8 makes of it.
ODD = [
    ("v=DMARC1; p=REJECT", "reject", 0),
    ("v=DMARC1; p=reject;", "reject", 0),
    ("v=DMARC1;p=reject;;", "reject", 0),
    ("v=DMARC1; p=reject; pct=50; ri=3600; rf=afrf", "reject", 0),
    ("v=DMARC1; p=reject; adkim=relaxed", "reject", 1),
    ("v=DMARC1; p=reject; rua=a@example.net", "reject", 1),
    ("v=DMARC1; p=reject; rua=mailto:a@example.net!10m", "reject", 1),
    ("v=DMARC1; p=reject; rua=mailto:a@example.net, mailto:b@example.org", "reject", 0),
    ("v=DMARC1; p=reject; foo=bar", "reject", 0),
    ("v=DMARC1; p=reject; p=none", "reject", 1),
    ("v=DMARC1; p=reject rua=mailto:a@example.net", "", 1),
]


@pytest.mark.parametrize(("text", "policy", "problems"), ODD)
def test_odd_records_say_what_is_left_of_them(text: str, policy: str, problems: int) -> None:
    record = dmarc.parse(text)
    assert (record.policy, len(record.problems)) == (policy, problems)


def test_removed_and_unknown_tags_are_told_apart() -> None:
    record = dmarc.parse("v=DMARC1; p=none; pct=50; ri=1; rf=afrf; zz=1; fo=1; t=y; psd=n")
    assert record.removed == ("pct", "rf", "ri")
    assert record.unknown == ("zz",)
    assert (record.testing, record.psd) == (True, "n")


@pytest.mark.parametrize("text", ["v=DMARC2; p=none", "v=dmarc1; p=none", "p=none; v=DMARC1", ""])
def test_other_text_is_no_record(text: str) -> None:
    assert not dmarc.is_dmarc(text)
    with pytest.raises(tags.TagError):
        dmarc.parse(text)


def test_several_records_at_one_name_count_as_none() -> None:
    rows = {
        "_dmarc.example.net TXT": ["v=DMARC1; p=reject", "v=DMARC1; p=none"],
        "_dmarc.net TXT": ["v=DMARC1; p=none; psd=y"],
    }
    one = answered(dmarc.discover("example.net"), rows)[0]
    assert one.several == ("example.net",)
    assert one.source == "net"


def test_a_name_that_does_not_answer_is_named() -> None:
    one = answered(dmarc.discover("example.net"), {"_dmarc.net TXT": Answer(TIMEOUT)})[0]
    assert list(one.unclear) == ["net"]


@pytest.mark.parametrize(
    ("uri", "domain"),
    [
        ("mailto:a@example.org", "example.org"),
        ("mailto:a@Example.ORG?subject=x", "example.org"),
        ("https://reports.example.org:8443/x", "reports.example.org"),
        ("mailto:nobody", None),
        ("urn:x", None),
    ],
)
def test_the_domain_of_a_report_address(uri: str, domain: Any) -> None:
    assert dmarc.report_domain(uri) == domain


def test_the_permission_of_the_third_party_in_appendix_b_2_3() -> None:
    rows = {
        "_dmarc.example.com TXT": [
            "v=DMARC1; p=none; ruf=mailto:auth-reports@thirdparty.example.net"
        ],
        "example.com._report._dmarc.thirdparty.example.net TXT": ["v=DMARC1;"],
    }
    seen = answered(dmarc.gather("example.com"), rows)
    assert list(seen.permissions) == ["thirdparty.example.net"]
    assert all(dmarc.is_permitted(one) for one in seen.permissions.values())
    del rows["example.com._report._dmarc.thirdparty.example.net TXT"]
    seen = answered(dmarc.gather("example.com"), rows)
    assert not any(dmarc.is_permitted(one) for one in seen.permissions.values())


def test_reports_inside_the_organization_need_no_permission() -> None:
    rows = {
        "_dmarc.example.com TXT": ["v=DMARC1; p=none; rua=mailto:a@reports.example.com"],
        "_dmarc.a.example.com TXT": ["v=DMARC1; p=none; rua=mailto:a@example.com"],
    }
    assert not answered(dmarc.gather("example.com"), rows).permissions
    assert not answered(dmarc.gather("a.example.com"), rows).permissions


@given(st.text() | st.text("vp=DMARC1;ruasx mailto:@,!", max_size=50).map("v=DMARC1;".__add__))
def test_any_text_is_a_record_or_an_error(text: str) -> None:
    if dmarc.is_dmarc(text):
        record = dmarc.parse(text)
        assert record.applied in ("", *dmarc.POLICIES)
    else:
        with pytest.raises(tags.TagError):
            dmarc.parse(text)
