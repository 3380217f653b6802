# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that data is read by what it is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.read import read_text
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.structures import (
    structure_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import tree_from
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        ([{"wait_for": {"port": 143}}], ["probe 143 -"]),
        ([{"hosts": "a", "tasks": [{"wait_for": {"port": 143}}]}], ["probe 143 -"]),
        ([{"hosts": "a", "vars": {"imap_port": 143}, "tasks": []}], ["listener 143 -"]),
        ([{"hosts": "a", "tasks": [{"debug": {"msg": "x"}, "when": "imap_port == 143"}]}], []),
        ({"host": "h", "services": {"imap": {}}}, ["listener 143 starttls"]),
        ({"services": {"a": {"image": "b", "ports": ["143:143"]}}}, ["listener 143 -"]),
        (
            {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 143}]}},
            ["listener 143 -"],
        ),
        ({"tcp": {"143": "mail/dovecot:143"}}, ["listener 143 -"]),
        ({"openapi": "3.0", "imap_port": 143}, []),
        ({"imap": {"port": 143}}, ["listener 143 -"]),
        (
            {"entries": [{"service": "submission", "type": "inet", "command": "smtpd"}]},
            ["starttls-not-required", "listener 587 -"],
        ),
        ({"main.cf": "a = b\nsmtpd_tls_security_level = none\n"}, ["cleartext-port"]),
    ],
)
def test_a_document_is_read_by_what_it_is(data: Any, facts: list[str]) -> None:
    found = short(structure_facts(tree_from(data), "a.yml", Scope(), read_text))
    assert [one.partition(" ")[2] for one in found] == facts
