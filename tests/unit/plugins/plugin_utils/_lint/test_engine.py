# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that all that can go wrong with a text or a value becomes a finding."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_data,
    lint_text,
    not_read,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import Table
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.yaml import read_yaml

POLICY = POLICIES["rfc8314"]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("imap_port: 143\n", "", [(1, "deprecated-port")]),
        ("imap_port: 143 # mailports: ignore deprecated-port phones\n", "", []),
        (
            "imap_port: 143 # mailports: ignore deprecated-port\n",
            "",
            [(1, "deprecated-port"), (1, "waiver-without-reason")],
        ),
        ("smtp: [\n", "", [(2, "not-read")]),
        ("[" * 200 + "smtp", "", [(1, "not-read")]),
        ("smtpd_tls_security_level = none\n", "main.cf", [(1, "cleartext-port")]),
    ],
)
def test_a_text(text: str, kind: str, found: list[tuple[int, str]]) -> None:
    findings = lint_text(Text("a.yml", text), POLICY, kind)
    assert [(one.line, one.rule) for one in findings] == found


def test_a_text_that_nobody_reads_has_no_findings() -> None:
    assert lint_text(Text("a.md", "imap_port: 143"), POLICY) == []


def test_variables_of_other_files_count() -> None:
    scope = Scope()
    (table,) = read_yaml("port: 143")
    assert isinstance(table, Table)
    scope.add(table)
    text = "- wait_for: {port: '{{ port }}'}\n"
    assert [one.port for one in lint_text(Text("t.yml", text), POLICY, "", scope)] == [143]


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        ({"imap_port": 143}, ["deprecated-port"]),
        ([], []),
        ("imap://h", ["cleartext-port"]),
        (None, []),
    ],
)
def test_a_value(data: Any, rules: list[str]) -> None:
    assert [one.rule for one in lint_data(data, POLICY)] == rules


def test_a_value_that_is_too_deep_is_not_read() -> None:
    deep: list[Any] = []
    for _level in range(200):
        deep = [deep]
    assert [one.rule for one in lint_data(deep, POLICY)] == ["not-read"]


def test_the_words_of_a_stranger_are_made_safe() -> None:
    assert "\x1b" not in not_read("bad \x1b[31m", 1).facts["seen"]
