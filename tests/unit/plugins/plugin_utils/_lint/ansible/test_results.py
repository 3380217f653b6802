# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test results of this collection's modules."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.ansible.results import (
    is_result,
    result_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Table,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short

ENDPOINT = {
    "service": "imap",
    "protocol": "imap",
    "port": 143,
    "reach": "open",
    "tls_mode": "starttls",
    "before_tls": {"login": False},
}
LISTENER = {
    "service": "imap",
    "protocol": "imap",
    "port": 143,
    "tls": "cleartext",
    "clear_login": True,
    "server": "dovecot",
}


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        (ENDPOINT, ["listener 143 starttls"]),
        ({**ENDPOINT, "reach": "refused"}, []),
        (
            {**ENDPOINT, "before_tls": {"login": True}},
            ["listener 143 starttls", "login-before-tls"],
        ),
        ({**ENDPOINT, "tls_mode": "none"}, ["listener 143 -"]),
        (LISTENER, ["listener 143 cleartext", "login-before-tls"]),
        ({"port": 143, "pid": 1, "program": "a", "unit": "b"}, []),
    ],
)
def test_a_row_of_a_result(data: dict[str, Any], facts: list[str]) -> None:
    node = tree_from(data)
    assert isinstance(node, Table)
    assert is_result(node)
    assert [one.partition(" ")[2] for one in short(result_facts(node, Scope(), ""))] == facts


def test_other_data_is_no_result() -> None:
    node = tree_from({"service": "imap", "port": 143})
    assert isinstance(node, Table)
    assert not is_result(node)
