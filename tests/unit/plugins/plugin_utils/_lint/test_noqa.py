# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the names in a noqa; tests/lint/test_ansible_lint_noqa.py has its places."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_text,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.noqa import rule_id


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.yml", "imap_port: 143  # noqa: mail-port-deprecated\n", []),
        ("a.yml", "imap_port: 143  # noqa: mail-port-cleartext\n", [1]),
        ("a.env", "# noqa: mail-port-deprecated\nIMAP_PORT=143\n", []),
        ("t.yml", "- wait_for: {port: 143}  # noqa: mail-port-deprecated\n", []),
        ("a.yml", "a: [  # noqa: mail-port-not-read smtp\n", [2]),
    ],
)
def test_a_noqa_means_the_same_without_ansible_lint(name: str, text: str, lines: list[int]) -> None:
    assert [one.line for one in lint_text(Text(name, text), POLICIES["rfc8314"])] == lines


def test_a_rule_has_one_name_in_ansible_lint() -> None:
    assert rule_id("cleartext-port") == "mail-port-cleartext"
