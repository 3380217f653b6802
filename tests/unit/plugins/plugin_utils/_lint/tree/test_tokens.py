# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the tokens of five languages."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import UNKNOWN
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.tokens import (
    NIX,
    PHP,
    PUPPET,
    RUBY,
    TERRAFORM,
    tokens_of,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        (TERRAFORM, "a = 25 # b", ["a", "=", "25"]),
        (TERRAFORM, 'a = "${var.b}"', ["a", "=", "var.b"]),
        (TERRAFORM, 'a = "x${var.b}"', ["a", "=", f"x{UNKNOWN}"]),
        (TERRAFORM, "a = <<-EOT\n  b\n  EOT\n", ["a", "=", "b\n", "\n"]),
        (NIX, "a // b", ["a", "//", "b"]),
        (NIX, "a = ''\n  b\n'';", ["a", "=", "\nb\n", ";"]),
        (PUPPET, "$a => 'b'", ["$a", "=>", "b"]),
        (RUBY, "a: :none", ["a", ":", "none"]),
        (RUBY, "%w[25 110]", ["25 110"]),
        (RUBY, '"#{x}"', [UNKNOWN]),
        (PHP, "$a->Port = 25;", ["$a->Port", "=", "25", ";"]),
        (PHP, "/* x */ 'a\\'b'", ["a'b"]),
    ],
)
def test_a_text_has_tokens(language: str, text: str, found: list[str]) -> None:
    assert [one.text for one in tokens_of(text, language)] == found


@pytest.mark.parametrize("language", [TERRAFORM, NIX, PUPPET, RUBY, PHP])
@given(text=st.text("ab25'\"{}[]()=>:;,#/*<\\\n $.-", max_size=60))
def test_lines_are_those_of_the_text(language: str, text: str) -> None:
    assert all(1 <= one.line <= text.count("\n") + 1 for one in tokens_of(text, language))
