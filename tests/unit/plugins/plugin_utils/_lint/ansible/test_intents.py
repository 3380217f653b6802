# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test intents as they are written."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.ansible.intents import (
    intent_facts,
    is_intent,
    row_for,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Table,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short


def table(data: Any) -> Table:
    """Return a mapping as a node."""
    node = tree_from(data)
    assert isinstance(node, Table)
    return node


@pytest.mark.parametrize(
    ("data", "path", "intent"),
    [
        ({"host": "h", "services": {"imaps": {}}}, "", True),
        ({"services": {"own": {"port": 1}}}, "vars.mailports_intent", True),
        ({"services": {"imaps": {}}}, "", False),
        ({"host": "h", "services": {"imap": {"image": "a"}}}, "", False),
        ({"host": "h", "services": ["imaps"]}, "", False),
    ],
)
def test_what_is_an_intent(data: Any, path: str, intent: bool) -> None:
    assert is_intent(table(data), path) is intent


@pytest.mark.parametrize(
    ("services", "facts"),
    [
        ({"imaps": {}}, ["listener 993 implicit"]),
        ({"imap": {"state": "closed"}}, []),
        ({"imap": {"tls": "cleartext"}}, ["listener 143 cleartext"]),
        ({"imap": {"tls": "none"}}, ["listener 143 cleartext"]),
        ({"imap": None}, ["listener 143 starttls"]),
        ({"imaps": {"port": 1993}}, ["listener 1993 implicit"]),
        (
            {"own": {"port": 2143, "protocol": "imap", "tls": "implicit"}},
            ["listener 2143 implicit"],
        ),
        ({"own": {"port": 2143}}, []),
    ],
)
def test_each_open_service_is_a_listener(services: Any, facts: list[str]) -> None:
    found = short(intent_facts(table({"services": services}), Scope(), ""))
    assert [one.partition(" ")[2] for one in found] == facts


def test_a_row_is_found_by_name_then_by_port_then_made() -> None:
    rows = [
        row_for("imap", 1, "", ""),
        row_for("a", 993, "", ""),
        row_for("a", 7, "smtp", "implicit"),
    ]
    assert [(row.name, row.tls) if row else None for row in rows] == [
        ("imap", "starttls"),
        ("imaps", "implicit"),
        ("a", "implicit"),
    ]
    assert row_for("a", 7, "http", "") is None
