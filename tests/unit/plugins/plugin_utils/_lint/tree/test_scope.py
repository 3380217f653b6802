# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which variables a file knows, and what they stand for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    UNKNOWN,
    Node,
    Scalar,
    Table,
    target,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import (
    Scope,
    variable_files,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.yaml import read_yaml

PLAY = """
- hosts: all
  vars: {port: 143, mail: {host: h, ports: [25, 110]}, users: {a: 1}}
  tasks:
    - ansible.builtin.set_fact: {mode: ssl}
"""


def scope() -> Scope:
    """Return what the play above defines."""
    found = Scope()
    found.learn(read_yaml(PLAY), variables=True)
    return found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("port", ["143"]),
        ("mail.host", ["h"]),
        ("mode", ["ssl"]),
        ("mail.nothing", []),
        ("hosts", None),
    ],
)
def test_a_name_stands_for_what_defines_it(name: str, found: Any) -> None:
    known = scope().scalars(name)
    assert (None if known is None else [one.text for one in known]) == found


def test_an_inner_name_hides_an_outer_one() -> None:
    inner = scope().bind("port", Scalar("995"))
    assert inner.text(Scalar("{{ port }}")) == "995"
    assert inner.text(Scalar("{{ mail.host }}")) == "h"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${PORT:-25}", "25"),
        ("${PORT-25}", "25"),
        ("${PORT}", UNKNOWN),
        ("a${HOST:-b}c", "abc"),
    ],
)
def test_a_default_of_the_shell_is_a_value(text: str, value: str) -> None:
    assert Scope().text(Scalar(text)) == value


def test_several_values_are_not_one_text() -> None:
    found = Scope()
    found.add(Table(((Scalar("p"), Scalar("25")), (Scalar("p"), Scalar("587")))))
    assert found.text(Scalar("{{ p }}")) == UNKNOWN
    assert [one.text for one in found.values(Scalar("{{ p }}"))] == ["25", "587"]


@pytest.mark.parametrize(
    ("data", "items"),
    [
        ("{{ mail.ports }}", ["25", "110"]),
        ("alone", ["alone"]),
        ("{{ nothing }}", None),
        (["a", "b"], ["a", "b"]),
        ("", None),
    ],
)
def test_a_loop_has_items(data: Any, items: Any) -> None:
    found = scope().items(tree_from(data))
    assert (None if found is None else [_text(one) for one in found]) == items


def test_a_loop_over_a_mapping_has_keys_and_values() -> None:
    (found,) = scope().items(Scalar("{{ users | dict2items }}")) or ()
    table = target(found)
    assert isinstance(table, Table)
    assert (table.text("key"), table.text("value")) == ("a", "1")


def _text(node: Node) -> str:
    found = target(node)
    return found.text if isinstance(found, Scalar) else ""


def test_files_of_variables_are_those_with_plain_names() -> None:
    text = "- hosts: all\n  vars_files: [a.yml, '{{ b }}.yml']\n  tasks:\n  - include_vars: {file: c.yml}\n"
    (node,) = read_yaml(text)
    assert list(variable_files(node)) == ["a.yml", "c.yml"]
