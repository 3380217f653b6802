# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the schema of an audit is sound and says what the tables and the audits say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    FORMAT_VERSION,
    document,
    to_json,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.drift import (
    KINDS,
    with_drift,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.merge import (
    merge,
    with_expected,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.waivers import (
    Waiver,
    with_waivers,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.layer import LAYERS
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import (
    FAIL_ON,
    Finding,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import REACHES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import (
    CAUSES,
    SEVERITIES,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import (
    LOGINS,
    MAX_PORT,
    PROTOCOLS,
    STATES,
    TLS_MODES,
)
from jsonschema.validators import Draft202012Validator

from tests.report import audits

FILE = Path(__file__).resolve().parents[2] / "schemas" / "findings.schema.json"
SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))
DEFS = SCHEMA["$defs"]
VALIDATOR: Any = Draft202012Validator(SCHEMA)


def full() -> dict[str, Any]:
    """Return an audit with drift, changes and a waiver."""
    waiver = Waiver("port-open", "why", "who", "2027-01-31")
    before = document([audits.result("bad.example.net")], audits.EARLIER)
    return with_waivers(with_drift(before, audits.small()), [waiver])


AUDITS = {
    "full": full(),
    "none": document([], audits.NOW),
    "merged": merge([audits.small(), document([audits.result("x.example.net")], audits.NOW)]),
    "missing": merge([with_expected(audits.small(), [("absent", "monitor")])]),
    "hostile": audits.hostile(),
}


def properties(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property that the schema defines, with its path."""
    if isinstance(node, dict):
        for name, one in node.get("properties", {}).items():
            yield f"{path}.{name}", one
        for key, value in node.items():
            yield from properties(value, f"{path}.{key}")


def test_is_a_valid_schema_of_its_draft() -> None:
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(SCHEMA)


def test_every_property_is_described() -> None:
    for path, node in properties(SCHEMA):
        assert len(node["description"]) > 5, path


@pytest.mark.parametrize("name", AUDITS)
def test_audits_keep_to_it(name: str) -> None:
    data = json.loads(to_json(AUDITS[name]))
    assert [error.message[:200] for error in VALIDATOR.iter_errors(data)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 2),
        (("compliant",), "yes"),
        (("hosts", 0, "findings", 0, "severity"), "bad"),
        (("hosts", 0, "observations", 0, "reach"), "maybe"),
        (("hosts", 0, "observations", 0, "port"), 0),
        (("changes", 0, "kind"), "other"),
    ],
)
def test_something_else_is_refused(path: tuple[Any, ...], value: Any) -> None:
    data = json.loads(to_json(AUDITS["full"]))
    *way, last = path
    inner = data
    for step in way:
        inner = inner[step]
    assert last in inner
    inner[last] = value
    assert not VALIDATOR.is_valid(data)


def test_the_words_are_those_of_the_tables() -> None:
    finding, seen = DEFS["finding"]["properties"], DEFS["observation"]["properties"]
    listener = DEFS["listener"]["properties"]
    assert DEFS["severity"]["enum"] == list(SEVERITIES)
    assert SCHEMA["properties"]["format"]["const"] == FORMAT_VERSION
    assert SCHEMA["properties"]["fail_on"]["enum"] == list(FAIL_ON)
    assert finding["cause"]["enum"] == list(CAUSES)
    assert finding["layer"]["enum"] == ["", *LAYERS]
    assert set(finding) == {field.name for field in fields(Finding)} | {"waived"}
    assert seen["reach"]["enum"] == list(REACHES)
    assert seen["tls_mode"]["enum"] == ["", *TLS_MODES]
    assert listener["protocol"]["enum"] == list(PROTOCOLS)
    assert listener["login"]["enum"] == list(LOGINS)
    assert listener["state"]["enum"] == list(STATES)
    assert DEFS["port"]["maximum"] == MAX_PORT
    assert DEFS["change"]["properties"]["kind"]["enum"] == list(KINDS)
