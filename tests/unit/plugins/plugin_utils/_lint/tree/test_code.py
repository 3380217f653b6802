# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what five languages set: one table of texts and the settings that they make."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.code import read_code
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    UNKNOWN,
    Items,
    Node,
    Scalar,
    Table,
    TreeError,
    target,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.tokens import (
    NIX,
    PHP,
    PUPPET,
    RUBY,
    TERRAFORM,
)
from hypothesis import given
from hypothesis import strategies as st


def plain(node: Node) -> Any:
    """Return a tree as plain data."""
    found = target(node)
    if isinstance(found, Table):
        return {key.text: plain(value) for key, value in found.items}
    if isinstance(found, Items):
        return [plain(one) for one in found.nodes]
    return found.text if isinstance(found, Scalar) else None


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        (
            TERRAFORM,
            'a "b" "c" {\n  d = 25\n  e = [1, "x"]\n}\n',
            {"a": {"b": {"c": {"d": "25", "e": ["1", "x"]}}}},
        ),
        (TERRAFORM, "a = toset([25, 110])\n", {"a": ["25", "110"]}),
        (TERRAFORM, "a = { b = 1 }\n", {"a": {"b": "1"}}),
        (NIX, "{ a.b = [ 25 110 ]; c = true; }", {"a": {"b": ["25", "110"]}, "c": "true"}),
        (NIX, "{ config, ... }: { a = lib.mkForce [ 1 ] ++ [ 2 ]; }", {"a": ["1", "2"]}),
        (NIX, "{ a = [ { b = 1; } { b = 2; } ]; }", {"a": [{"b": "1"}, {"b": "2"}]}),
        (PUPPET, "a { 'b': c => 25, d => [1, 2] }", {"a": {"b": {"c": "25", "d": ["1", "2"]}}}),
        (PUPPET, "a { 'b': c => $d }", {"a": {"b": {"c": UNKNOWN}}}),
        (RUBY, "default['a']['b'] = 'c'\n", {"default": {"a": {"b": "c"}}}),
        (RUBY, "a.b = { c: 25, :d => :none }\n", {"a": {"b": {"c": "25", "d": ":none"}}}),
        (RUBY, "a 'b' do\n  port 110\nend\n", {"a": {"b": {"port": "110"}}}),
        (
            RUBY,
            "def f\n  if x\n    a = 1\n  end\nend\nb = ENV.fetch('B', 2)\n",
            {"a": "1", "b": "2"},
        ),
        (PHP, "<?php return ['a' => ['b' => env('B', 25)]];", {"a": {"b": "25"}}),
        (
            PHP,
            "define('A', 25); $b['c'] = array('d' => null);",
            {"A": "25", "b": {"c": {"d": "null"}}},
        ),
        (PHP, "$a = $b ?: 25; $c = ($d === 'x');", {"a": "25", "c": UNKNOWN}),
    ],
)
def test_a_text_makes_settings(language: str, text: str, found: Any) -> None:
    assert plain(read_code(text, language)) == found


def test_what_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(TreeError, match="nested more than 100 deep"):
        read_code("a = " + "{" * 200, TERRAFORM)


@pytest.mark.parametrize("language", [TERRAFORM, NIX, PUPPET, RUBY, PHP])
@given(text=st.text("ab25'\"{}[]()=>:;,#\n $.", max_size=60))
def test_no_text_makes_it_fail(language: str, text: str) -> None:
    read_code(text, language)
