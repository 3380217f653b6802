# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test CAA: the climb and the examples of RFC 8659, and values that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import caa
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    TIMEOUT,
    Answer,
)

from tests.support.names import answered


def records(*texts: str) -> list[Any]:
    """Return records from ``FLAGS TAG VALUE``."""
    made = []
    for text in texts:
        flags, tag, value = text.split(" ", 2)
        made.append((int(flags), tag, value.encode()))
    return made


@pytest.mark.parametrize(
    ("rows", "issuer", "single", "wildcard"),
    [
        # RFC 8659 section 4.2 and 4.3, its examples.
        (["0 issue ca1.example.net"], "ca1.example.net", True, True),
        (["0 issue ca1.example.net"], "ca2.example.org", False, False),
        (["0 issue ;"], "ca1.example.net", False, False),
        (["0 issue ca1.example.net; account=230123"], "ca1.example.net", True, True),
        (["0 issue ca1.example.net", "0 issue ca2.example.org"], "ca2.example.org", True, True),
        (
            ["0 issue ca1.example.net", "0 issuewild ca2.example.org"],
            "ca1.example.net",
            True,
            False,
        ),
        (
            ["0 issue ca1.example.net", "0 issuewild ca2.example.org"],
            "ca2.example.org",
            False,
            True,
        ),
        (["0 issuewild ca2.example.org"], "ca1.example.net", True, False),
        (["0 iodef mailto:security@example.com"], "ca1.example.net", True, True),
        # Section 4.5: a critical tag that is not known forbids all.
        (["128 tbs Unknown", "0 issue ca1.example.net"], "ca1.example.net", False, False),
        (["0 tbs Unknown", "0 issue ca1.example.net"], "ca1.example.net", True, True),
        # Section 4.2: what cannot be read allows nobody.
        (["0 issue %%%%%"], "ca1.example.net", False, False),
        (["0 ISSUE CA1.Example.NET"], "ca1.example.net", True, True),
        ([], "ca1.example.net", True, True),
    ],
)
def test_who_may_issue(rows: list[str], issuer: str, single: bool, wildcard: bool) -> None:
    assert caa.allowed(records(*rows), issuer) is single
    assert caa.allowed(records(*rows), issuer, wildcard=True) is wildcard


@pytest.mark.parametrize(
    ("value", "issuer", "parameters", "ok"),
    [
        (b"ca.example.net", "ca.example.net", (), True),
        (b" ca.example.net ; a=1 ; b= ", "ca.example.net", ("a=1", "b="), True),
        (b";", "", (), True),
        (b"", "", (), True),
        (b"ca.example.net; a", "", (), False),
        (b"-ca.example.net", "", (), False),
        (b"\xff", "", (), False),
    ],
)
def test_values_are_read(value: bytes, issuer: str, parameters: Any, ok: bool) -> None:
    issue = caa.parse_issue(value)
    assert (issue.issuer, issue.parameters, issue.problem == "") == (issuer, parameters, ok)


def test_the_climb_ends_at_the_first_records() -> None:
    rows = {
        "example.com CAA": records("0 issue a.example"),
        "com CAA": records("0 issue b.example"),
    }
    answers = answered(caa.gather(["x.y.example.com"]), rows)["x.y.example.com"]
    assert list(answers) == ["x.y.example.com", "y.example.com", "example.com", "com"]
    assert caa.relevant(answers).name == "example.com"


def test_a_name_on_the_way_that_does_not_answer_leaves_it_unknown() -> None:
    rows = {
        "y.example.com CAA": Answer(TIMEOUT),
        "example.com CAA": records("0 issue a.example"),
    }
    answers = answered(caa.gather(["x.y.example.com"]), rows)["x.y.example.com"]
    assert "y.example.com CAA" in caa.relevant(answers).unclear
