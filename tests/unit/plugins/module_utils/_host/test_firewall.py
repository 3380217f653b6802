# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what the packet filter of a host is said to do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._host.firewall import (
    parse_ruleset,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    ReadError,
)


def ruleset(*rules: Any, hook: str = "input", policy: str = "accept", where: str = "in") -> str:
    base = {"family": "inet", "table": "t"}
    chains = [{"chain": {**base, "name": "in", "hook": hook, "policy": policy}}]
    chains += [{"chain": {**base, "name": "other"}}]
    made = [{"rule": {**base, "chain": where, "expr": list(rules)}}] if rules else []
    return json.dumps({"nftables": [{"metainfo": {"version": "1"}}, *chains, *made]})


MATCH = {"match": {"left": {"payload": {"field": "dport"}}, "right": 587}}


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ('{"nftables": [{"metainfo": {}}]}', False),
        (ruleset(), False),
        (ruleset(MATCH, {"accept": None}), False),
        (ruleset(MATCH, {"drop": None}), True),
        (ruleset(MATCH, {"drop": None}, where="other"), True),
        (ruleset(MATCH, {"reject": {"type": "tcp reset"}}), True),
        (ruleset({"vmap": {"data": {"set": [[587, {"drop": None}]]}}}), True),
        (ruleset(policy="drop"), True),
        (ruleset(policy="drop", hook="output"), False),
        (ruleset(MATCH, {"drop": None}, hook="output"), False),
    ],
)
def test_the_packet_filter(text: str, blocks: bool) -> None:
    found = parse_ruleset(text)
    assert found.blocks is blocks
    assert ("inet t" in found.detail) is blocks


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"nftables": 1}', '{"nftables": [{"rule": 1}]}', "[" * 9999]
)
def test_a_rule_set_of_another_shape(text: str) -> None:
    with pytest.raises(ReadError):
        parse_ruleset(text)
