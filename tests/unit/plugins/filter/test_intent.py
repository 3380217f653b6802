# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the filter intent: a valid intent expanded, anything else refused."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.filter.intent import intent
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import (
    IntentError,
)


def test_services_become_listeners() -> None:
    made = intent({"host": "mail.example.net", "services": {"imaps": {}}})
    assert [one["port"] for one in made["listeners"] if one["state"] == "open"] == [993]


def test_a_wrong_intent_is_refused() -> None:
    with pytest.raises(IntentError, match="host is missing"):
        intent({})
