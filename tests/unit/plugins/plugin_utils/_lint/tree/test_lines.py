# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the reader of lines: one table of the spellings of many programs."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.lines import (
    read_settings,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    UNKNOWN,
    Scalar,
    Table,
)
from hypothesis import given
from hypothesis import strategies as st


def flat(table: Table, path: str = "") -> dict[str, tuple[str, int]]:
    """Return the settings of a tree: path to value and line."""
    found: dict[str, tuple[str, int]] = {}
    for key, node in table.items:
        name = f"{path}.{key.text}" if path else key.text
        if isinstance(node, Table):
            found.update(flat(node, name))
        elif isinstance(node, Scalar):
            found[name] = (node.text, node.line)
    return found


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("SMTP_PORT=25", "SMTP_PORT", "25"),
        ("export SMTP_PORT='25'", "SMTP_PORT", "25"),
        ("set smtp_port = 25", "smtp_port", "25"),
        ("smtp.port: 25", "smtp.port", "25"),
        ("$config['smtp_port'] = 25;", "config['smtp_port']", "25"),
        ("define('SMTP_PORT', 25);", "SMTP_PORT", "25"),
        ("'port' => 25, // relay", "port", "25"),
        ("port = 25 # relay", "port", "25"),
        ("port := 25", "port", "25"),
        ('port = os.environ.get("PORT", 25)', "port", "25"),
        ('port = env("PORT")', "port", UNKNOWN),
        ('port = int(os.getenv("PORT", "587"))', "port", "587"),
    ],
)
def test_one_line_is_one_setting(text: str, name: str, value: str) -> None:
    assert flat(read_settings(text)) == {name: (value, 1)}


@pytest.mark.parametrize("comment", ["#", ";", "//", "--", "*", "<!--", "  #"])
def test_a_comment_is_no_setting(comment: str) -> None:
    assert flat(read_settings(f"{comment} port = 25")) == {}


def test_settings_stand_below_their_section() -> None:
    text = "port = 1\n[smtp]\nport = 25\n[[imap]]\nport = 143\n"
    assert flat(read_settings(text)) == {
        "port": ("1", 1),
        "smtp.port": ("25", 3),
        "imap.port": ("143", 5),
    }


def test_indentation_nests_where_colons_are_used() -> None:
    text = "smtp:\n  port: 25\n  tls:\n    on: no\nother: 1\n"
    assert flat(read_settings(text)) == {
        "smtp.port": ("25", 2),
        "smtp.tls.on": ("no", 4),
        "other": ("1", 5),
    }


def test_a_line_that_is_too_long_is_left_out() -> None:
    assert flat(read_settings("a = " + "x" * 3000 + "\nport = 25")) == {"port": ("25", 2)}


@given(st.text("ab=:[]-'\"#; \n\t", max_size=60))
def test_no_text_makes_it_fail_and_lines_are_those_of_the_text(text: str) -> None:
    for _value, line in flat(read_settings(text)).values():
        assert 1 <= line <= text.count("\n") + 1
