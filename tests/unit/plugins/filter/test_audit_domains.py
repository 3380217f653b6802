# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which domains an audit checks, and what becomes of their results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mailports.plugins.filter.audit_domains import (
    audit_domains,
    domain_rows,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import demand, findings
from jsonschema.validators import Draft202012Validator

SEEN = {"port": 25}
DOMAIN = {"domain": "example.net", "mail_hosts": ["a.example.net", "b.example.net"]}


def known(name: str, **more: Any) -> dict[str, Any]:
    return {
        "mailports_intent": {"host": name},
        "mailports_audit_seen_from": {"controller": {"observations": [{**SEEN, "host": name}]}},
        **more,
    }


def test_a_domain_of_several_hosts_is_checked_once_against_all_ports() -> None:
    hostvars = {
        "a": known("a.example.net", mailports_domain=DOMAIN),
        "b": known("b.example.net", mailports_domain=[DOMAIN, {"domain": "Example.org."}]),
        "c": known("c.example.net"),
    }
    net, org = audit_domains(hostvars, ["a", "b", "c"])
    assert net["intent"] == DOMAIN
    assert net["ports"] == [{"host": "a.example.net"}, {"host": "b.example.net"}]
    assert org["ports"] == [{"host": "b.example.net"}]
    assert [one["host"] for one in net["endpoints"]] == [
        "a.example.net",
        "b.example.net",
        "c.example.net",
    ]


def test_without_domains_there_is_nothing_to_check() -> None:
    assert audit_domains({"a": known("a.example.net")}, ["a"]) == []
    assert audit_domains({"a": {"mailports_domain": DOMAIN}}, ["a"])[0]["endpoints"] == []


def test_results_become_rows_and_one_that_is_missing_stays_a_row() -> None:
    item = {"intent": {"domain": "example.net"}}
    good = {"item": item, "compliant": True, "findings": [], "changed": False, "seen": {}}
    bad = {"item": {"intent": {"domain": "example.org"}}, "msg": "not valid", "failed": True}
    rows = domain_rows([good, bad, {"skipped": True, "item": item}])
    first = {"compliant": True, "findings": []}
    assert [(one["host"], one["vantage"], one["result"]) for one in rows] == [
        ("example.net", "names", first),
        ("example.org", "names", {"msg": "not valid"}),
    ]
    assert not any(one["elsewhere"] for one in rows)


def test_ports_in_another_slice_are_not_asked_for() -> None:
    hostvars = {
        "a": known("a.example.net", mailports_domain=DOMAIN),
        "b": {
            "mailports_domain": DOMAIN,
            "mailports_audit_seen_from": {"elsewhere": ["controller"]},
        },
    }
    assert audit_domains(hostvars, ["a", "b"])[0]["endpoints"] is None
    assert audit_domains(hostvars, ["b"]) == []


def test_the_document_with_a_domain_keeps_to_the_schema_of_findings() -> None:
    row = demand.Outcome(
        "mx-missing", "example.net", "about", demand.BROKEN, "error", "m", "c", "r", "RFC 1"
    )
    one = {"item": {"intent": DOMAIN}, **findings.result("example.net", [row], "error")}
    (made,) = domain_rows([one])
    result = {**made["result"], "host": made["host"], "vantage": made["vantage"]}
    audit = json.loads(json.dumps(document([result], "2026-11-30T00:00:00Z")))
    schema = Path(__file__).parents[4] / "schemas" / "findings.schema.json"
    Draft202012Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(audit)
    assert [one["rule"] for one in audit["hosts"][0]["findings"]] == ["mx-missing"]
