# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the intent of an inventory host without one: by the name that clients use."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.filter.host_intent import host_intent
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import validated


@pytest.mark.parametrize(
    ("name", "ansible_host", "expected"),
    [
        ("mail.example.net", "", {"host": "mail.example.net"}),
        ("mail.example.net", None, {"host": "mail.example.net"}),
        ("mail.example.net", "mail.example.net", {"host": "mail.example.net"}),
        (
            "mail.example.net",
            "192.0.2.5",
            {"host": "mail.example.net", "addresses": ["192.0.2.5"]},
        ),
        (
            "mail.example.net",
            "2001:db8::5",
            {"host": "mail.example.net", "addresses": ["2001:db8::5"]},
        ),
        (
            "mail.example.net",
            "mx1.internal.example",
            {"host": "mx1.internal.example", "server_name": "mail.example.net"},
        ),
        ("mx1", "mail.example.net", {"host": "mail.example.net"}),
        ("the mail host", "192.0.2.5", {"host": "192.0.2.5"}),
        ("192.0.2.9", "mail.example.net", {"host": "mail.example.net"}),
    ],
)
def test_certificates_bear_the_inventory_name(
    name: str, ansible_host: Any, expected: dict[str, Any]
) -> None:
    assert host_intent(name, ansible_host) == expected
    assert validated(expected) == expected
