# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the reader of YAML: lines, tags, aliases, merge keys, and what is no YAML."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree import yaml
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Again,
    Items,
    Scalar,
    Table,
    TreeError,
    scalars,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.yaml import (
    read_yaml,
    variables_in,
)
from hypothesis import given
from hypothesis import strategies as st


def table(text: str) -> Table:
    """Return the only document of a text, a mapping."""
    (node,) = read_yaml(text)
    assert isinstance(node, Table)
    return node


def test_lines_and_columns_count_from_one() -> None:
    node = table("# comment\na:\n  b: 25\n")
    inner = node.get("a")
    assert isinstance(inner, Table)
    (value,) = scalars(inner.get("b"))
    assert (value.line, value.column, value.plain) == (3, 6, True)


@pytest.mark.parametrize(
    ("text", "offset"),
    [("a: b", 0), ("a: |\n  b\n  c\n", 1), ("a: >\n  b\n  c\n", -1), ('a: "b\n  c"\n', -1)],
)
def test_only_a_literal_block_keeps_lines_of_its_own(text: str, offset: int) -> None:
    (value,) = scalars(table(text).get("a"))
    assert value.offset == offset


def test_a_secret_has_no_text_and_any_other_tag_is_left_out() -> None:
    node = table("a: !vault |\n  $ANSIBLE_VAULT\nb: !Ref c\n")
    assert (node.text("a"), node.text("b")) == ("", "c")


def test_an_alias_is_a_node_that_stands_elsewhere() -> None:
    node = table("a: &x {port: 25}\nb: *x\n")
    second = node.items[1][1]
    assert isinstance(second, Again)
    assert second.node is node.items[0][1]


def test_what_a_merge_key_brings_in_is_judged_where_it_is_written() -> None:
    node = table("base: &b {port: 110, tls: no}\nmail: {<<: *b, host: h}\n")
    mail = node.get("mail")
    assert isinstance(mail, Table)
    assert mail.keys == ("port", "tls", "host")
    assert [isinstance(value, Again) for _key, value in mail.items] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [\n", 3, "expected.* node content"),
        ("a: 1\n b: 2\n", 2, "mapping values are not allowed"),
        ("[" * 101, 1, "nested more than 100 deep"),
        ("a: \x01", 0, "special characters are not allowed|control characters"),
    ],
)
def test_what_is_no_yaml_says_where(text: str, line: int, words: str) -> None:
    with pytest.raises(TreeError, match=words) as caught:
        read_yaml(text)
    assert caught.value.line == line


def test_variables_of_another_file_are_mappings_without_lines() -> None:
    (found,) = variables_in("---\nport: 25\n---\n- a\n")
    assert found.text("port") == "25"
    assert [one.line for one in scalars(found.get("port"))] == [0]


@pytest.mark.parametrize("text", ["", "$ANSIBLE_VAULT;1.1;AES256\n61", "a: [", "- a"])
def test_another_file_without_variables_has_none(text: str) -> None:
    assert variables_in(text) == ()


@given(st.recursive(st.text("ab:-# \n", max_size=4), lambda inner: st.lists(inner, max_size=3)))
def test_a_document_has_as_many_items_as_were_written(data: object) -> None:
    def flow(one: object) -> str:
        if isinstance(one, list):
            return "[" + ", ".join(map(flow, one)) + "]"
        return "'" + str(one).replace("'", "''").replace("\n", " ") + "'"

    def count(one: object) -> int:
        return sum(map(count, one)) if isinstance(one, list) else 1

    def leaves(node: object) -> int:
        return (
            sum(map(leaves, node.nodes))
            if isinstance(node, Items)
            else int(isinstance(node, Scalar))
        )

    (node,) = read_yaml(flow(data))
    assert leaves(node) == count(data)


def test_a_key_of_its_own_wins_over_a_merged_one_wherever_it_stands() -> None:
    node = table("base: &b {port: 110, tls: no}\nmail: {<<: *b, port: 995}\n")
    mail = node.get("mail")
    assert isinstance(mail, Table)
    assert (mail.text("port"), mail.text("tls")) == ("995", "no")


@pytest.mark.parametrize(
    "text",
    [
        "a0: &a0 {x: 1}\n"
        + "".join(f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 8)}]}}\n" for i in range(1, 20)),
        "a0: &a0 [1]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]\n" for i in range(1, 20)),
    ],
    ids=["merged", "aliases"],
)
def test_aliases_of_aliases_take_no_more_than_they_are_written(text: str) -> None:
    """Each would have 8 to the power of 19 values if it were written out."""
    assert len(table(text).items) == 20


def test_merging_counts_as_if_it_were_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "MAX_NODES", 100)
    text = "a: &a {b: 1, c: 2}\n" + "".join(f"d{i}: {{<<: *a}}\n" for i in range(20))
    with pytest.raises(TreeError, match="more than 100 values"):
        read_yaml(text)
