# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the gate: which audits let a pipeline go on, and what it says about the others."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.gate import (
    GateError,
    gate,
)

from tests.report import audits

GOOD = audits.result("good.example.net")
BAD = audits.result("bad.example.net", {"imap": audits.OPENED})


@pytest.mark.parametrize(
    ("results", "fail_on", "limits", "passed", "message"),
    [
        ([GOOD], "error", {}, True, "0 findings count (0 allowed)"),
        ([GOOD, BAD], "error", {}, False, "1 finding counts (0 allowed)"),
        ([GOOD, BAD], "error", {"most": 1}, True, "1 finding counts (1 allowed)"),
        ([GOOD, BAD], "never", {}, True, "1 finding counts (0 allowed)"),
        ([], "error", {}, False, "no host was audited"),
        (
            [GOOD, audits.GONE],
            "error",
            {},
            False,
            "0 findings count (0 allowed), 1 of 2 hosts not audited: gone.example.net",
        ),
        (
            [GOOD, audits.GONE],
            "error",
            {"unreachable": "warn"},
            True,
            "0 findings count (0 allowed), 1 of 2 hosts not audited: gone.example.net",
        ),
        (
            [audits.GONE, {**GOOD, "observations": [], "vantage": "configuration"}],
            "error",
            {"unreachable": "warn"},
            False,
            "0 findings count (0 allowed), 1 of 2 hosts not audited: gone.example.net",
        ),
        (
            [{**GOOD, "observations": []}],
            "error",
            {},
            False,
            "0 findings count (0 allowed), no port was probed",
        ),
        (
            [audits.GONE],
            "error",
            {"unreachable": "warn"},
            False,
            "0 findings count (0 allowed), 1 of 1 hosts not audited: gone.example.net",
        ),
    ],
)
def test_the_verdict_and_its_reasons(
    results: list[dict[str, Any]], fail_on: str, limits: Any, passed: bool, message: str
) -> None:
    made = gate(document(results, audits.NOW, fail_on), **limits)
    assert (made.passed, made.message) == (passed, message)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"most": -1}, "max_findings: -1 is below 0"),
        ({"unreachable": "maybe"}, "unreachable: 'maybe' is not one of fail, warn"),
    ],
)
def test_bad_limits_are_refused(limits: Any, words: str) -> None:
    with pytest.raises(GateError, match=words):
        gate(document([GOOD], audits.NOW), **limits)
