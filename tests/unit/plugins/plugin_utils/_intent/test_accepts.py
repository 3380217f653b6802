# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the short way to a valid intent: it says yes only where jsonschema would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.accepts import accepts
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import (
    SCHEMA_FILE,
)

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "intent",
    [
        {"host": "mail.example.net"},
        {"host": "mail.example.net", "services": {"imaps": {}, "imap": {"state": "closed"}}},
        {"host": "mail.example.net", "addresses": ["ipv4"], "policy": "rfc8314"},
    ],
)
def test_valid_intents_are_accepted(intent: Any) -> None:
    assert accepts(SCHEMA, intent)


@pytest.mark.parametrize(
    "intent",
    [
        [],
        {},
        {"host": 3},
        {"host": "mail.example.net", "services": {"imaps": {"port": 993.0}}},
        {"host": "mail.example.net", "services": {"imaps": {"port": 0}}},
        {"host": "mail.example.net", "more": 1},
        {"host": "mail.example.net", "addresses": ["ipv4", "ipv4"]},
    ],
)
def test_anything_else_is_left_to_jsonschema(intent: Any) -> None:
    assert not accepts(SCHEMA, intent)


def test_a_keyword_that_is_not_known_is_never_a_yes() -> None:
    assert not accepts({"type": "object", "minProperties": 0}, {})
    assert accepts({"type": "object"}, {})
