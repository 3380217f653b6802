# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test settings in other shapes than a mapping of names and values."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Items,
    Table,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.shapes import (
    assignments,
    named_value,
)


def plain(table: Optional[Table]) -> Optional[dict[str, str]]:
    """Return a mapping of scalars as plain data."""
    return None if table is None else {key: table.text(key) for key in table.keys}


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"name": "relayhost", "value": "h"}, {"relayhost": "h"}),
        ({"parameter": "relayhost", "value": "h"}, {"relayhost": "h"}),
        ({"option": "port", "value": "25", "state": "present"}, {"port": "25"}),
        ({"name": "h", "value": "v", "port": "25"}, {"name": "h", "value": "v", "port": "25"}),
        ({"name": "h"}, {"name": "h"}),
    ],
)
def test_a_mapping_of_name_and_value_is_one_setting(data: Any, found: dict[str, str]) -> None:
    node = tree_from(data)
    assert isinstance(node, Table)
    assert plain(named_value(node)) == found


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (["A=1", "B='2'"], {"A": "1", "B": "2"}),
        ([{"name": "A", "value": "1"}, {"key": "B", "value": "2"}], {"A": "1", "B": "2"}),
        ([{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {}}], {"A": "1"}),
        (["A=1", "no assignment"], None),
        (["a b=1"], None),
        ([{"name": "A", "port": "1"}], None),
        ([], None),
    ],
)
def test_a_list_of_assignments_is_one_mapping(data: Any, found: Optional[dict[str, str]]) -> None:
    node = tree_from(data)
    assert isinstance(node, Items)
    assert plain(assignments(node)) == found
