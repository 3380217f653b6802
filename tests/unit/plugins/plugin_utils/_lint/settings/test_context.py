# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what the keys above a value decide."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.context import (
    Context,
    place_of,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import Scalar


@pytest.mark.parametrize(
    ("keys", "name", "value"),
    [
        ("mail smtp", "speaks", {"smtp"}),
        ("smtp database", "speaks", frozenset()),
        ("smtp options", "speaks", {"smtp"}),
        ("smtp options", "path", "smtp.options"),
        ("firewall rules", "firewall", True),
        ("security_group", "firewall", True),
        ("open_ports", "ports", True),
        ("ports web", "ports", False),
        ("ports smtp", "ports", True),
        ("services", "names", True),
        ("targets", "endpoints", True),
        ("icinga hosts", "probe", True),
        ("listeners a", "listeners", True),
        ("ssl_ports", "tls", "ssl"),
        ("ports", "tls", ""),
    ],
)
def test_the_keys_above_decide(keys: str, name: str, value: Any) -> None:
    context = Context(tasks=True)
    for key in keys.split():
        context = context.below(key)
    assert getattr(context, name) == value
    assert not context.tasks


def test_a_place_has_line_column_and_path() -> None:
    place = place_of(Scalar("25", 3, 4), "a.b")
    assert (place.line, place.column, place.path) == (3, 4, "a.b")
