# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the tree of nodes: what becomes of plain data, and the limits of depth and size."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree import nodes
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    UNKNOWN,
    Again,
    Items,
    Node,
    Scalar,
    Table,
    TreeError,
    elsewhere,
    scalars,
    target,
    tree_from,
)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (25, "25"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        (b"\xff25", "\N{REPLACEMENT CHARACTER}25"),
        (1.5, "1.5"),
        (1 << 70, "a number of more than 64 bits"),
    ],
)
def test_a_scalar_is_written_as_yaml_would(data: Any, text: str) -> None:
    node = tree_from(data)
    assert isinstance(node, Scalar)
    assert node.text == text


def test_a_mapping_keeps_its_order_and_knows_its_keys() -> None:
    node = tree_from({"b": [1, 2], 25: {"a": None}})
    assert isinstance(node, Table)
    assert node.keys == ("b", "25")
    assert [one.text for one in scalars(node.get("b"))] == ["1", "2"]
    assert node.text("b") == ""
    assert node.get("nothing") is None


def test_only_values_without_quotes_are_plain() -> None:
    node = tree_from({"a": "25", "b": 25})
    assert isinstance(node, Table)
    assert [one.plain for key in node.keys for one in scalars(node.get(key))] == [False, True]


def test_a_variable_that_fails_when_it_is_looked_at_is_unknown() -> None:
    class Fails(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            raise KeyError(key)

    node = tree_from(Fails(a=1))
    assert isinstance(node, Table)
    assert node.text("a") == UNKNOWN


def test_data_that_is_too_deep_or_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    deep: list[Any] = []
    for _level in range(nodes.MAX_DEPTH + 1):
        deep = [deep]
    with pytest.raises(TreeError, match="nested more than 100 deep"):
        tree_from(deep)
    monkeypatch.setattr(nodes, "MAX_NODES", 3)
    with pytest.raises(TreeError, match="more than 3 values"):
        tree_from([1, 2, 3])


def test_an_alias_stands_for_its_node() -> None:
    node = Scalar("25", 3)
    table = Table(((Scalar("port"), Again(node)),))
    assert target(Again(node)) is node
    assert table.text("port") == "25"
    assert list(scalars(Items((Again(node), Table(()))))) == [node]


@pytest.mark.parametrize(
    "node", [Scalar("a", 3, 4), Items((Scalar("a", 3, 4),)), Again(Scalar("a", 3))]
)
def test_a_mapping_of_another_file_has_no_lines(node: Node) -> None:
    moved = elsewhere(Table(((Scalar("key", 2, 1), node),), 2))
    assert [key.line for key, _value in moved.items] == [0]
    assert all(one.line == 0 for one in scalars(moved.get("key")))
