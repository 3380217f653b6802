# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test records and policies of MTA-STS with those of RFC 8461, and with odd ones."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import mta_sts, tags
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import Fetched
from hypothesis import given
from hypothesis import strategies as st

# RFC 8461 section 3.2, Figure 3; and section 3.1.
POLICY = (
    "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\n"
    "mx: backupmx.example.com\r\nmax_age: 604800\r\n"
)


def test_the_policy_of_section_3_2() -> None:
    policy = mta_sts.parse_policy(POLICY.encode())
    assert (policy.mode, policy.max_age) == ("enforce", 604800)
    assert policy.mx == ("mail.example.com", "*.example.net", "backupmx.example.com")


def test_the_record_of_section_3_1() -> None:
    assert mta_sts.record_id("v=STSv1; id=20160831085700Z;") == "20160831085700Z"


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("mail.example.com", True),
        ("MAIL.example.com.", True),
        ("a.example.net", True),
        # Section 4.1: the asterisk is one whole label.
        ("example.net", False),
        ("a.b.example.net", False),
        ("xexample.net", False),
    ],
)
def test_patterns_cover_hosts(host: str, allowed: bool) -> None:
    assert mta_sts.parse_policy(POLICY.encode()).allows(host) is allowed


@pytest.mark.parametrize(
    "text",
    [
        POLICY.replace("\r\n", "\n"),
        POLICY.rstrip(),
        POLICY + "unknown: value\r\n",
        POLICY.replace("mode: enforce", "mode:enforce  "),
        # The first of a key given twice counts.
        POLICY + "mode: none\r\n",
    ],
)
def test_what_section_3_2_allows_is_read(text: str) -> None:
    policy = mta_sts.parse_policy(text.encode())
    assert (policy.mode, policy.max_age, len(policy.mx)) == ("enforce", 604800, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "version: is not STSv1"),
        (POLICY.replace("STSv1", "STSv2"), "version: is not STSv1"),
        (POLICY.replace("enforce", "Enforce"), "mode: 'Enforce' is not one of"),
        (POLICY.replace("604800", "31557601"), "max_age: '31557601' is not between"),
        (POLICY.replace("604800", "1 week"), "max_age: '1 week'"),
        (POLICY.replace("max_age: 604800\r\n", ""), "max_age: ''"),
        ("version: STSv1\nmode: enforce\nmax_age: 1\n", "no mx: is given"),
        (POLICY.replace("*.example.net", "*.*.net"), "mx: '*.*.net'"),
        (POLICY.replace("*.example.net", "mail*.example.net"), "mx: 'mail*.example.net'"),
        (POLICY.replace("mx: mail", "mx mail"), "is not of the form key: value"),
        ("<html>", "is not of the form"),
    ],
)
def test_what_is_no_policy_is_told(text: str, words: str) -> None:
    with pytest.raises(mta_sts.PolicyError) as error:
        mta_sts.parse_policy(text.encode())
    assert words in str(error.value)


def test_a_policy_that_is_not_utf_8_is_told() -> None:
    with pytest.raises(mta_sts.PolicyError, match="not UTF-8"):
        mta_sts.parse_policy(b"\xff")


def test_mode_none_needs_no_hosts() -> None:
    assert mta_sts.parse_policy(b"version: STSv1\nmode: none\nmax_age: 0\n").mx == ()


@pytest.mark.parametrize(
    "text",
    ["v=STSv1", "v=STSv1; id=", "v=STSv1; id=2016-08", "id=1; v=STSv1", "v=STSv1; id=" + "1" * 33],
)
def test_a_record_without_a_usable_id_is_told(text: str) -> None:
    with pytest.raises(tags.TagError):
        mta_sts.record_id(text)


@pytest.mark.parametrize(
    ("fetched", "problem"),
    [
        (Fetched(200, "text/plain"), ""),
        (Fetched(200, "Text/Plain; charset=utf-8"), ""),
        (Fetched(200, "text/html"), "content_type"),
        (Fetched(200, ""), "content_type"),
        (Fetched(301, "text/plain", location="https://x/"), "redirect"),
        (Fetched(404, "text/plain"), "status"),
        (Fetched(200, "text/plain", too_long=True), "size"),
        (Fetched(problem="certificate", detail="expired"), "certificate"),
    ],
)
def test_what_makes_a_document_unusable(fetched: Fetched, problem: str) -> None:
    assert mta_sts.fetch_problem(fetched)[0] == problem


@given(st.binary() | st.text("version: STSv1\nmx*._-", max_size=80).map(str.encode))
def test_any_document_is_a_policy_or_an_error(body: bytes) -> None:
    problem = ""
    try:
        mta_sts.parse_policy(body)
    except mta_sts.PolicyError as error:
        problem = str(error)
    assert "\n" not in problem
