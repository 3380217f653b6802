# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a misspelt setting of the audit is named, with what is allowed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.filter.audit_problems import audit_problems

GOOD: dict[str, Any] = {
    "slice": "",
    "vantages": ["controller", "monitor1"],
    "fail_on": "error",
    "unreachable": "fail",
    "max_findings": 0,
    "waivers": [],
}


@pytest.mark.parametrize("text", ["", "1/1", "1/4", "4/4", None])
def test_good_settings_have_no_problem(text: Any) -> None:
    assert audit_problems({**GOOD, "slice": text, "max_findings": "3"}, ["monitor1"]) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        *(
            ({"slice": text}, f"mailports_audit_slice: {text!r} is not a slice; 1/4 is the first")
            for text in ("3/2", "0/2", "1/0", "2", "1/2/3", "a/b", "-1/2")
        ),
        ({"vantages": ["monitr1"]}, "'monitr1' is neither controller nor a host of the inventory"),
        ({"vantages": []}, "mailports_audit_vantages: there is none"),
        (
            {"fail_on": "errr"},
            "mailports_fail_on: 'errr' is not one of info, warning, error, never",
        ),
        ({"unreachable": "no"}, "mailports_unreachable: 'no' is not one of fail, warn"),
        ({"max_findings": "-1"}, "mailports_max_findings: '-1' is not a number from 0"),
        ({"waivers": [{"rule": "x"}]}, "mailports_waivers: waivers.0: there is no rule 'x'"),
    ],
)
def test_each_problem_is_one_line(changes: dict[str, Any], words: str) -> None:
    (problem,) = audit_problems({**GOOD, **changes}, ["monitor1"])
    assert words in problem
