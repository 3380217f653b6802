# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the schema is sound and says the same as the tables of the engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import (
    DEFAULT_POLICY,
    OFF,
    POLICIES,
    STANDINGS,
    TLS_VERSIONS,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import (
    FIXED,
    RULES,
    SEVERITIES,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import (
    LOGINS,
    MAX_PORT,
    PROTOCOLS,
    SERVICES,
    STATES,
    TLS_MODES,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import (
    SCHEMA_FILE,
)
from jsonschema.validators import Draft202012Validator

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
DEFS = SCHEMA["$defs"]
POLICY = DEFS["policy"]["properties"]
SERVICE_KINDS = [DEFS["service"]["properties"], DEFS["own_service"]["properties"]]


def properties(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property that the schema defines, with its path."""
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "properties":
            yield from ((f"{path}.{name}", one) for name, one in value.items())
        yield from properties(value, f"{path}.{key}")


PROPERTIES = list(properties(SCHEMA))


def test_is_a_valid_schema_of_its_draft() -> None:
    assert SCHEMA["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("path", "node"), PROPERTIES, ids=[path for path, _node in PROPERTIES])
def test_every_property_is_described(path: str, node: dict[str, Any]) -> None:
    assert len(node.get("description", "")) > 10, path


@pytest.mark.parametrize(
    "name", ["service", "own_service", "policy", "severity", "standing", "name"]
)
def test_every_definition_is_described_and_used(name: str) -> None:
    assert DEFS[name]["description"]
    assert f"#/$defs/{name}" in SCHEMA_FILE.read_text(encoding="utf-8")
    assert len(DEFS) == 6


def test_services_are_those_of_the_table() -> None:
    assert list(SCHEMA["properties"]["services"]["properties"]) == list(SERVICES)
    assert list(POLICY["services"]["properties"]) == list(SERVICES)
    for name, node in SCHEMA["properties"]["services"]["properties"].items():
        row = SERVICES[name]
        assert node["description"] == f"{row.purpose} ({row.tls}); {row.source}"


@pytest.mark.parametrize("keys", SERVICE_KINDS, ids=["service", "own_service"])
def test_words_of_a_service_are_those_of_the_table(keys: dict[str, Any]) -> None:
    assert keys["state"]["enum"] == list(STATES)
    assert keys["protocol"]["enum"] == list(PROTOCOLS)
    assert keys["tls"]["enum"] == list(TLS_MODES)
    assert keys["login"]["enum"] == list(LOGINS)
    assert (keys["port"]["minimum"], keys["port"]["maximum"]) == (1, MAX_PORT)


def test_policies_are_those_of_the_engine() -> None:
    assert SCHEMA["properties"]["policy"]["then"]["enum"] == list(POLICIES)
    assert POLICY["extends"]["enum"] == list(POLICIES)


def test_severities_name_every_rule_that_can_be_changed() -> None:
    assert list(POLICY["severities"]["properties"]) == [rule for rule in RULES if rule not in FIXED]
    assert DEFS["severity"]["enum"] == [*SEVERITIES, OFF]


def test_standings_and_tls_versions_are_those_of_the_engine() -> None:
    standing = DEFS["standing"]["properties"]
    assert standing["standing"]["enum"] == list(STANDINGS)
    assert standing["trust"]["enum"] == list(SEVERITIES)
    assert POLICY["tls_min"]["enum"] == list(TLS_VERSIONS[1:])


def test_defaults_are_those_that_the_engine_takes() -> None:
    assert SCHEMA["properties"]["policy"]["default"] == DEFAULT_POLICY
    assert POLICY["extends"]["default"] == DEFAULT_POLICY
    own = {"port": 1, "protocol": "smtp", "tls": "starttls"}
    listeners = expand({"host": "h", "services": {"imaps": {}, "own": own}}).listeners
    taken = {one.service: one for one in listeners}
    table, mine = SERVICE_KINDS
    assert taken["imaps"].state == table["state"]["default"]
    assert taken["own"].state == mine["state"]["default"]
    assert taken["own"].login == mine["login"]["default"]


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_named_policies_keep_to_the_bounds_for_own_ones(policy: Any) -> None:
    for key in ("rsa_bits", "ec_bits"):
        assert POLICY[key]["minimum"] <= getattr(policy, key) <= POLICY[key]["maximum"]
    assert policy.tls_min in POLICY["tls_min"]["enum"]
