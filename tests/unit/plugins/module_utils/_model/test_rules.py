# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that every row of the rules is whole, and that findings are plain data."""

from __future__ import annotations

import json
import re
import string

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import (
    Finding,
    from_dict,
    reaches,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import (
    CAUSES,
    RULES,
    SEVERITIES,
)


@pytest.mark.parametrize("name", RULES)
def test_every_row_is_whole(name: str) -> None:
    """An id fit for a file name, a message, a cause, a remedy of whole sentences, a clause."""
    rule = RULES[name]
    assert rule.id == name
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)
    assert rule.severity in SEVERITIES
    assert rule.cause in CAUSES
    assert rule.message[0].islower() or rule.message.startswith("TLS ")
    assert not rule.message.endswith(".")
    assert rule.remedy[0].isupper()
    assert rule.remedy.endswith(".")
    assert re.search(r"RFC \d|the intent|the policy|the files of the server", rule.clause)


@pytest.mark.parametrize("name", RULES)
def test_the_places_of_a_message_are_named(name: str) -> None:
    """By keyword, so that no finding can mix them up."""
    for _text, field, _spec, _conversion in string.Formatter().parse(RULES[name].message):
        assert field is None or field.isidentifier()


def test_nothing_unseen_is_less_than_an_error() -> None:
    """What was not probed is never compliant."""
    for name, rule in RULES.items():
        if rule.cause == "not_probed":
            assert rule.severity == "error", name


def _finding(severity: str) -> Finding:
    return Finding("x", severity, "m", "c", "r", "q", "p", "h")


@pytest.mark.parametrize(
    ("severities", "fail_on", "expected"),
    [
        ([], "info", False),
        (["info"], "info", True),
        (["info"], "warning", False),
        (["warning"], "warning", True),
        (["info", "warning"], "error", False),
        (["info", "error"], "error", True),
        (["error"], "never", True),
        (["warning"], "never", False),
    ],
)
def test_reaches(severities: list[str], fail_on: str, expected: bool) -> None:
    """As severe or more; never is about the task and not about what is compliant."""
    assert reaches([_finding(one) for one in severities], fail_on) is expected


def test_a_finding_there_and_back() -> None:
    """Through JSON."""
    finding = Finding("a", "error", "m", "c", "r", "q", "p", "h", "imaps", 1, "::1", "seen", "RFC")
    assert from_dict(json.loads(json.dumps(finding.to_dict()))) == finding
