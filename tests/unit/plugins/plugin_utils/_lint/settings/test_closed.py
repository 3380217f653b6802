# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test whether a mapping describes something closed or absent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.closed import (
    is_jail,
    is_off,
    is_tcp,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Scalar,
    Table,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope


def table(data: dict[str, Any]) -> Table:
    """Return a mapping as a node."""
    node = tree_from(data)
    assert isinstance(node, Table)
    return node


@pytest.mark.parametrize(
    ("data", "off"),
    [
        ({"port": 110, "state": "absent"}, True),
        ({"port": 110, "action": "DENY"}, True),
        ({"port": 110, "direction": "egress"}, True),
        ({"port": 110, "enabled": False}, True),
        ({"port": 110, "enabled": ""}, False),
        ({"port": 110, "protocol": "udp"}, True),
        ({"protocol": "udp"}, False),
        ({"port": 110, "state": "present"}, False),
        ({"port": 110}, False),
    ],
)
def test_a_mapping_is_off(data: dict[str, Any], off: bool) -> None:
    assert is_off(table(data), Scope()) is off


def test_a_state_can_be_a_variable() -> None:
    scope = Scope().bind("gone", Scalar("absent"))
    assert is_off(table({"port": 110, "state": "{{ gone }}"}), scope)


@pytest.mark.parametrize(
    ("data", "tcp"),
    [
        ({"proto": "tcp"}, True),
        ({"IpProtocol": "udp"}, False),
        ({"protocol": "imap"}, True),
        ({}, True),
    ],
)
def test_a_protocol_can_be_tcp(data: dict[str, Any], tcp: bool) -> None:
    assert is_tcp(table(data), Scope()) is tcp


@pytest.mark.parametrize(
    ("data", "jail"),
    [({"port": "imap", "logpath": "/l"}, True), ({"port": 143}, False), ({"maxretry": 3}, False)],
)
def test_a_jail_closes_its_ports(data: dict[str, Any], jail: bool) -> None:
    assert is_jail(table(data)) is jail
