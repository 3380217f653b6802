# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test every format with readers that nobody here wrote, and that hostile text is inert in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    findings_of,
    to_json,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.drift import with_drift
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.waivers import (
    Waiver,
    with_waivers,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.renderers import (
    RENDERERS,
)
from jsonschema.validators import Draft7Validator
from junitparser import JUnitXml
from lxml import etree
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from tests.report import audits, packages

needs_npm = pytest.mark.skipif(
    packages.obstacle() is not None, reason=packages.obstacle() or "never"
)
# Everything that steers a terminal, reorders a line or breaks it, but the line feed.
UNSAFE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
WAIVER = Waiver("port-open", "until January", "ops", "2027-01-31")


def full() -> dict[str, Any]:
    """Return an audit with everything in it: faults, drift, waivers, a host that was not seen."""
    audit = with_waivers(audits.small(), [WAIVER])
    before = {**audits.small(), "generated": audits.EARLIER}
    before["hosts"] = [audits.document([audits.result("bad.example.net")], "")["hosts"][0]]
    return with_waivers(with_drift(before, audit), [WAIVER])


AUDITS: dict[str, Callable[[], dict[str, Any]]] = {
    "full": full,
    "none": lambda: audits.document([], audits.NOW),
    "good": lambda: audits.document([audits.result("good.example.net")], audits.NOW),
    "hostile": audits.hostile,
}


@pytest.fixture(params=AUDITS)
def audit(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return one audit after the other."""
    return AUDITS[request.param]()


@pytest.mark.parametrize("name", RENDERERS)
def test_hostile_text_is_inert(name: str) -> None:
    text = RENDERERS[name](audits.hostile())
    found = UNSAFE.search(text)
    assert found is None, ascii(text[max(0, found.start() - 80) : found.end() + 20])
    text.encode("utf-8")


# What CI services obey: at the start of a line, or anywhere in it.
COMMAND = re.compile(r"^[^\S\n]*::|##\w*\[", re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in RENDERERS if name != "html"])
def test_no_text_becomes_a_command_of_a_pipeline(name: str) -> None:
    text = RENDERERS[name](audits.hostile())
    if name == "github":
        # Its own commands, one a finding, are all that begin a line.
        text = re.sub(r"^::(notice|warning|error) ", "", text, flags=re.MULTILINE)
    found = COMMAND.search(text)
    assert found is None, text[max(0, found.start() - 80) : found.end() + 40]
    assert "stop-commands" in text


def test_json_and_xml_without_commands_say_the_same() -> None:
    audit = audits.hostile()
    assert json.loads(RENDERERS["json"](audit)) == json.loads(to_json(audit))
    suites = JUnitXml.fromstring(RENDERERS["junit"](audit).encode())
    names = [case.name for suite in suites for case in suite]
    assert any(r"\x23#vso[task.setvariable" in name for name in names)


@pytest.mark.parametrize("name", [name for name in RENDERERS if name != "json"])
def test_a_megabyte_is_cut_short(name: str) -> None:
    assert len(RENDERERS[name](audits.hostile())) < 1_000_000


@pytest.mark.parametrize("name", RENDERERS)
def test_the_same_audit_gives_the_same_bytes(name: str) -> None:
    audit = full()
    assert RENDERERS[name](audit) == RENDERERS[name](json.loads(to_json(audit)))


@needs_npm
def test_sarif_keeps_to_its_schema(audit: dict[str, Any]) -> None:
    schema = json.loads(packages.fetched(packages.SARIF_SCHEMA).read_text(encoding="utf-8"))
    log = json.loads(RENDERERS["sarif"](audit))
    errors = [error.message for error in Draft7Validator(schema).iter_errors(log)]
    assert errors == []


def test_sarif_is_read_by_another_hand() -> None:
    log = Sarif.model_validate_json(RENDERERS["sarif"](full()))
    results = log.runs[0].results
    assert len(results) == len(list(findings_of(full())))
    waived = [one for one in results if one.suppressions]
    assert [one.ruleId for one in waived] == ["port-open"]
    assert waived[0].suppressions[0].justification == "until January (ops, until 2027-01-31)"


@needs_npm
def test_junit_keeps_to_the_schema_of_jenkins(audit: dict[str, Any]) -> None:
    schema = etree.XMLSchema(etree.parse(packages.fetched(packages.JUNIT_SCHEMA)))
    tree = etree.fromstring(RENDERERS["junit"](audit).encode())
    schema.assertValid(tree)


def test_junit_is_read_by_another_hand() -> None:
    suites = JUnitXml.fromstring(RENDERERS["junit"](full()).encode())
    cases = [case for suite in suites for case in suite]
    assert suites.tests == len(cases)
    failed = [case for case in cases if case.is_failure]
    skipped = [case for case in cases if case.is_skipped]
    counted = [one for one in findings_of(full()) if one["severity"] == "error"]
    assert len(skipped) == 1
    assert len(failed) == len([one for one in counted if not one["waived"]])
    assert any(case.is_passed and "imaps (993)" in case.name for case in cases)
    assert len({(case.classname, case.name) for case in cases}) == len(cases)


def test_prometheus_reads_the_metrics(audit: dict[str, Any]) -> None:
    families = {
        one.name: one for one in text_string_to_metric_families(RENDERERS["prometheus"](audit))
    }
    stamp = families["mailports_audit_timestamp_seconds"].samples[0]
    assert stamp.value == 1795572000
    assert all(family.documentation and family.type == "gauge" for family in families.values())
    for family in families.values():
        keys = [tuple(sorted(sample.labels.items())) for sample in family.samples]
        assert len(set(keys)) == len(keys), family.name
    if audit["hosts"]:
        seen = families["mailports_compliant"].samples
        assert len(seen) == len({(host["host"], host["vantage"]) for host in audit["hosts"]})


def test_the_values_of_the_metrics() -> None:
    values: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families(RENDERERS["prometheus"](full())):
        for sample in family.samples:
            names = ("host", "service", "severity", "reach", "version")
            labels = [sample.labels[name] for name in names if name in sample.labels]
            values[(sample.name.removeprefix("mailports_"), *labels)] = sample.value
    good, bad, gone = (f"{name}.example.net" for name in ("good", "bad", "gone"))
    assert values["audited", gone] == values["compliant", gone] == values["compliant", bad] == 0
    assert values["compliant", good] == values["endpoint_compliant", good, "imaps"] == 1
    assert values["endpoint_compliant", bad, "imaps"] == 0
    assert values["endpoint_compliant", bad, "imap"] == 1, "it is waived"
    assert values["findings_waived", bad] == 1
    assert values["reach", good, "pop3", "refused"] == 1
    assert values["certificate_days_left", good, "imaps"] == 90
    assert values["tls_version", good, "imaps", "TLSv1.3"] == 1
    assert values["tls_version_accepted", bad, "imaps", "TLSv1"] == 1
    assert values["tls_version_accepted", good, "imaps", "TLSv1"] == 0


def test_markdown_has_no_markup_of_a_stranger(audit: dict[str, Any]) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(RENDERERS["markdown"](audit))
    flat = [child for token in tokens for child in (token, *(token.children or ()))]
    kinds = {token.type for token in flat}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "em_open"}
    headings = [token for token in tokens if token.type == "heading_open"]
    assert len(headings) <= 4
    strangers = [token.content for token in flat if token.type == "text"]
    assert not any("evil" in text or "@" in text for text in strangers)


def test_markdown_tells_what_changed_and_what_to_do() -> None:
    text = RENDERERS["markdown"](full())
    assert text.startswith("## Mail ports: NOT as intended\n")
    assert "1 of 3 hosts are as intended, 1 could not be audited." in text
    assert "- **drift** `drift-login-in-clear` on `bad.example.net`: `submission (587) " in text
    assert "`gone.example.net`" in text
