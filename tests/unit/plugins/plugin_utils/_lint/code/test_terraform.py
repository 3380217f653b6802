# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test variables, locals and repeated blocks of Terraform."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.code.terraform import (
    resolved,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.code import read_code
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.tokens import (
    TERRAFORM,
)

from tests.unit.plugins.plugin_utils._lint.tree.test_code import plain

BESIDE = {"variables.tf": 'variable "far" { default = 110 }', "terraform.tfvars": "given = 143"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('variable "p" { default = 25 }\na { b = var.p }', {"a": {"b": "25"}}),
        ("locals { p = [25] }\na { b = local.p }", {"a": {"b": ["25"]}}),
        ("a { b = var.far }", {"a": {"b": "110"}}),
        ("a { b = var.given }", {"a": {"b": "143"}}),
        (
            'a { dynamic "c" {\n for_each = [1, 2]\n content { d = c.value }\n} }',
            {"a": {"c": {"d": "2"}}},
        ),
        ("a { for_each = [25]\n b = each.value\n}", {"a": [{"b": "25"}]}),
        (
            "locals { m = { x = { p = 25 } } }\na { for_each = local.m\n b = each.value.p\n}",
            {"a": [{"b": "25"}]},
        ),
    ],
)
def test_references_become_values(text: str, found: object) -> None:
    def sibling(name: str) -> Optional[str]:
        return BESIDE.get(name)

    assert plain(resolved(read_code(text, TERRAFORM), sibling)) == found


def test_what_nobody_defines_is_not_known() -> None:
    table = resolved(read_code("a { b = var.nowhere }", TERRAFORM), lambda _name: None)
    assert plain(table) == {"a": {"b": "\N{REPLACEMENT CHARACTER}"}}
