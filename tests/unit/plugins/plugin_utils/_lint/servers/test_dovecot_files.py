# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test Dovecot's files as texts: lines, blocks, templates, and what is no syntax."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.dovecot_files import (
    dovecot_file_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    UNKNOWN,
    TreeError,
)

from tests.unit.plugins.plugin_utils._lint.short import short

LISTENER = "service imap-login {\n  inet_listener imap {\n    port = 143\n"


@pytest.mark.parametrize(
    ("text", "template", "facts"),
    [
        ("# a\nssl = no\n", False, ["2 cleartext-port"]),
        (LISTENER + "  }\n}\n", False, ["3 listener 143 starttls"]),
        (
            "passdb {\n driver = a\n}\npassdb {\n args = scheme=PLAIN\n}\n",
            False,
            ["5 weak-password-scheme"],
        ),
        (f"{UNKNOWN}\nssl = no\n", True, ["2 cleartext-port"]),
        (LISTENER, True, ["3 listener 143 starttls"]),
    ],
)
def test_a_file_keeps_its_lines(text: str, template: bool, facts: list[str]) -> None:
    assert short(dovecot_file_facts(text, False, template)) == facts


def test_a_block_that_is_not_closed_is_reported() -> None:
    assert [one.partition(" ")[2] for one in short(dovecot_file_facts(LISTENER, False, False))] == [
        "not-read"
    ]


def test_blocks_can_be_too_deep() -> None:
    with pytest.raises(TreeError, match="nested more than 30 deep"):
        list(dovecot_file_facts("a {\n" * 31, False, False))
