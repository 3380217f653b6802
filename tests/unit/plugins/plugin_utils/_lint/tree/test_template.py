# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a template keeps its lines when its expressions and statements are replaced."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import UNKNOWN
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.template import (
    enclosed,
    replaced,
    without_templating,
    without_unknown_lines,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("port = 25", "port = 25"),
        ("port = {{ p | default(25) }}", "port = 25"),
        ("port = {{ p }}", f"port = {UNKNOWN}"),
        ("{# {{ a }} #}port = 25", "port = 25"),
        ("{% if a %}\nx\n{% endif %}\n", "\nx\n\n"),
        ("ssl = <%= @ssl %>", f"ssl = {UNKNOWN}"),
        ("<% if a %>x<% end %>", "x"),
        ("{{ a\n| b }}c", f"{UNKNOWN}\nc"),
    ],
)
def test_a_template_becomes_plain_text(text: str, plain: str) -> None:
    assert without_templating(text, lambda _name: None) == plain


def test_parts_are_found_one_behind_the_other() -> None:
    assert list(enclosed("<a><a>x", "<", ">")) == [(0, 3), (3, 6)]
    assert replaced("a<b\nc>d", "<", ">", lambda inner: "-") == "a-\nd"


def test_lines_of_nothing_but_unknown_text_are_emptied() -> None:
    assert without_unknown_lines(f"a\n  {UNKNOWN} {UNKNOWN}\nb {UNKNOWN}") == f"a\n\nb {UNKNOWN}"


@given(st.text("{}%#<>= \nif else endif", max_size=80))
def test_a_template_keeps_its_lines(text: str) -> None:
    assert without_templating(text, lambda _name: None).count("\n") == text.count("\n")
