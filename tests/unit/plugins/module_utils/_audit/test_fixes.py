# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that every finding of an audit has a fix that really exists in this collection."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.fixes import fix
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import FIXED, RULES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES

ROOT = Path(__file__).resolve().parents[5]
ROLES = {path.name for path in (ROOT / "roles").iterdir()}
DOCUMENTED = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
INTENT_KEYS = {"host", "policy", "addresses", "services"}
MODULES = {"ansible.builtin.import_role", "ansible.builtin.package"}


def options(role: str) -> set[str]:
    """Return the variables of a role."""
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    specs = yaml.safe_load(path.read_text(encoding="utf-8"))
    return set(specs["argument_specs"]["main"]["options"])


def check_task(task: dict[str, Any]) -> None:
    """Check that a task names a module, a role and variables that exist."""
    (module,) = set(task) - {"name", "vars", "become"}
    assert task["become"] is True
    assert module in MODULES
    if module.endswith("import_role"):
        role = task[module]["name"].removeprefix("postmaster.mailports.")
        assert role in ROLES
        assert set(task.get("vars", {})) <= options(role)


@pytest.mark.parametrize("service", [*SERVICES, "own", ""])
@pytest.mark.parametrize("rule", RULES)
def test_a_fix_is_yaml_with_names_that_exist(rule: str, service: str) -> None:
    port = SERVICES[service].port if service in SERVICES else 0
    text = fix({"rule": rule, "service": service, "port": port, "policy": "rfc8314"})
    assert text.endswith("\n")
    head, *_rest = text.splitlines()
    if head.startswith("# mailports_intent"):
        own, _dash, tasks = text.partition("\n- ")
        assert set(yaml.safe_load(own)) <= INTENT_KEYS
        text = f"- {tasks}" if tasks else ""
    elif head.startswith("#"):
        for name in yaml.safe_load(text):
            assert f"`{name}`" in DOCUMENTED
        return
    for task in yaml.safe_load(text) or ():
        check_task(task)


@pytest.mark.parametrize("rule", RULES)
def test_no_fix_changes_what_no_policy_may_change(rule: str) -> None:
    text = fix({"rule": rule, "service": "imaps", "port": 993, "policy": "rfc8314"})
    found = yaml.safe_load(text.partition("\n- ")[0]) if "policy:" in text else {}
    severities = found.get("policy", {}).get("severities", {})
    assert set(severities) <= set(RULES) - set(FIXED)
    assert set(severities.values()) <= {"off", "info", "warning", "error"}


def test_the_fix_goes_to_the_server_behind_the_port() -> None:
    for service, row in SERVICES.items():
        text = fix({"rule": "tls-version", "service": service, "port": row.port, "policy": ""})
        role = "postfix" if row.protocol == "smtp" else "dovecot"
        assert f"mailports_{role}_min_tls: TLSv1.2" in text
        assert re.findall(r"postmaster\.mailports\.(\w+)", text) == [role]


def test_the_task_of_a_role_shows_the_intent_of_the_host() -> None:
    services = {"smtp": {}, "imaps": {"port": 10993}, "imap": {"state": "closed"}}
    intended = expand({"host": "h", "services": services}).to_dict()
    finding = {"rule": "port-closed", "service": "imaps", "port": 10993, "policy": ""}
    (task,) = yaml.safe_load(fix(finding, intended))
    intent = task["vars"]["mailports_intent"]
    assert intent["host"] == "{{ inventory_hostname }}"
    assert intent["services"] == {"smtp": {}, "imaps": {"port": 10993}}


@pytest.mark.parametrize(("speaks", "ours"), [("smtp", True), ("", True), ("ssh", False)])
def test_no_role_is_offered_for_a_program_that_is_no_mail_server(speaks: str, ours: bool) -> None:
    finding = {"rule": "port-open", "service": "submission_alt", "port": 2525, "policy": ""}
    text = fix(finding, speaks=speaks)
    assert ("postmaster.mailports.postfix" in text) is ours
    assert ("port 2525" in text) is not ours
