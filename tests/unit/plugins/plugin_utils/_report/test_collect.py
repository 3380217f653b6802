# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that results, audits and broken data become one document or one clear error."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.collect import (
    audit_from,
    damaged_data_as_value_error,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.renderers import (
    RENDERERS,
)

from tests.report import audits

GOOD = audits.result("good.example.net")


def test_results_bear_the_given_names_where_they_have_none() -> None:
    made = audit_from([{"msg": "gone"}, GOOD], ["first", "second"], ["here", "there"])
    found = [(host["host"], host["vantage"]) for host in made["hosts"]]
    assert found == [("first", "here"), ("good.example.net", "monitor")]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["generated"])


def test_one_audit_stays_and_several_are_merged() -> None:
    one, two = document([GOOD], audits.NOW), document([audits.GONE], audits.NOW)
    assert audit_from([one]) == one
    assert audit_from([one, two]) == document([GOOD, audits.GONE], audits.NOW)


def test_names_and_results_are_as_many() -> None:
    with pytest.raises(ValueError, match="2 vantages for 1 results"):
        audit_from([GOOD], vantages=["a", "b"])


@pytest.mark.parametrize(
    "damaged", [{"compliant": True, "intent": 3}, {"compliant": True, "findings": [{}]}]
)
def test_damaged_data_is_one_line(damaged: dict[str, Any]) -> None:
    with (
        pytest.raises(ValueError, match=r"that was given is damaged \((AttributeError|KeyError): "),
        damaged_data_as_value_error(),
    ):
        RENDERERS["text"](audit_from([damaged]))
