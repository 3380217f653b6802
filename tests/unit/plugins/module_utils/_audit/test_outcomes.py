# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that demands are counted by outcome, in the document and in every format that shows sums."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    document,
    with_all_keys,
    with_findings,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.gate import gate
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.outcomes import (
    gaps,
    of_endpoint,
    total,
    words,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.audit_text import (
    audit_text,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.markdown import (
    to_markdown,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.of_findings import (
    Look,
    render,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.prometheus import (
    to_prometheus,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.demand import count

from tests.report import audits


def demand(outcome: str, port: int = 993, address: str = "198.51.100.1") -> dict[str, Any]:
    """Return one outcome about imaps."""
    return {
        "demand": "login-before-tls",
        "outcome": outcome,
        "subject": "endpoint",
        "service": "imaps",
        "port": port,
        "address": address,
        "item": "",
        "detail": "none offered",
    }


OUTCOMES = [demand("met"), demand("met", address=""), demand("not_asked"), demand("met", 995)]


def audit(*more: dict[str, Any]) -> dict[str, Any]:
    """Return the audit of a good host of which this was demanded."""
    result = {**audits.result("good.example.net"), "demands": [*OUTCOMES, *more]}
    return document([result], audits.NOW)


def test_outcomes_are_counted_for_the_audit_and_for_each_endpoint() -> None:
    (host,) = audit(demand("broken"))["hosts"]
    assert total([host]) == {"met": 3, "broken": 1, "not_known": 0, "not_asked": 1}
    seen = {"service": "imaps", "port": 993, "address": "198.51.100.1"}
    assert count(of_endpoint(host, seen)) == {"met": 2, "broken": 1, "not_known": 0, "not_asked": 1}
    assert words(total([host])) == "5 demands: 3 met, 1 broken, 0 not known, 1 not asked"
    assert words(count([demand("met")])).startswith("1 demand: ")


@pytest.mark.parametrize("most", [0, 1000])
def test_what_is_not_known_passes_no_gate_and_no_waiver(most: int) -> None:
    made = audit(demand("not_known"))
    assert gaps(made["hosts"][0]) == 1
    judged = gate(made, most)
    assert not judged.passed
    assert "1 not known, which is never allowed" in judged.message
    assert with_findings(made["hosts"][0], [], "error")["compliant"] is False
    assert gate(audit(), most).passed


def test_a_gap_of_an_old_document_without_demands_passes_no_gate_either() -> None:
    lost = {"reach": "not_probed", "reach_detail": "no time left"}
    result = audits.result("slow.example.net", {"imaps": lost})
    old = document([{**result, "demands": []}], audits.NOW)
    assert not gate(old, 1000).passed


def test_documents_of_old_versions_have_no_demands() -> None:
    made = audit()
    del made["hosts"][0]["demands"]
    assert with_all_keys(made)["hosts"][0]["demands"] == []
    assert "demand" not in audit_text(with_all_keys(made))


def test_every_format_with_sums_shows_them() -> None:
    made = audit(demand("broken"))
    text = audit_text(made)
    assert "\n  5 demands: 3 met, 1 broken, 0 not known, 1 not asked\n" in text
    assert text.endswith("as intended. 5 demands: 3 met, 1 broken, 0 not known, 1 not asked.\n")
    (row,) = [line for line in text.splitlines() if line.startswith("  993 ")]
    assert row.split()[-2] == "2/3"
    assert "| 3 | 1 | 0 | 1 |" in to_markdown(made)
    metrics = to_prometheus(made)
    place = 'host="good.example.net",vantage="monitor"'
    assert f'mailports_demands{{{place},outcome="met"}} 3\n' in metrics
    assert 'port="993",address="198.51.100.1",outcome="broken"} 1\n' in metrics
    look = Look(demands={"good.example.net": total(made["hosts"])})
    (run,) = json.loads(render("sarif", [], look))["runs"]
    assert run["properties"]["demands"]["met"] == 3
    assert "5 demands: 3 met" in render("github", [], look)
    passed = Look(passed=[("good.example.net", "imaps")], demands=look.demands)
    assert '<property name="demands.met" value="3"/>' in render("junit", [], passed)
