# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test JSON as people write it, and that mail settings in broken JSON are not passed over."""

from __future__ import annotations

import json

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.json import read_json
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Items,
    Node,
    Scalar,
    Table,
    TreeError,
    target,
)
from hypothesis import given
from hypothesis import strategies as st


def plain(node: Node) -> object:
    """Return a tree as plain data of mappings, lists and texts."""
    found = target(node)
    if isinstance(found, Table):
        return {key.text: plain(value) for key, value in found.items}
    if isinstance(found, Items):
        return [plain(one) for one in found.nodes]
    return found.text if isinstance(found, Scalar) else None


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ('{"a": "b"}', [{"a": "b"}]),
        ('{\n\t"a": "b", // c\n\t"d": [1, 2,], /* e\n */ }', [{"a": "b", "d": ["1", "2"]}]),
        ('{"url": "http://a//b"}', [{"url": "http://a//b"}]),
        ('{"url": "http:\\/\\/a"}', [{"url": "http://a"}]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": "1"}, {"a": "2"}]),
        ('{"web": ', []),
    ],
)
def test_json_as_people_write_it(text: str, documents: list[object]) -> None:
    assert [plain(one) for one in read_json(text)] == documents


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"smtp": {"port": 25', "not JSON"),
        ('{"a": 1}\n{"smtp": ', "not JSON"),
        ("[" * 5000 + '"smtp"' + "]" * 5000, "depth|deep"),
        ("[" * 150 + '"smtp"' + "]" * 150, "nested more than 100 deep"),
    ],
)
def test_mail_settings_in_broken_json_are_told(text: str, words: str) -> None:
    with pytest.raises(TreeError, match=words):
        read_json(text)


@given(
    st.recursive(
        st.text(st.characters(max_codepoint=0xD7FF), max_size=5),
        lambda inner: st.dictionaries(st.text("ab", min_size=1), inner),
        max_leaves=8,
    )
)
def test_what_json_writes_is_read(data: object) -> None:
    (node,) = read_json(json.dumps(data, indent="\t"))
    assert plain(node) == data
