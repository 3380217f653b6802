# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test main.cf and master.cf as texts: lines, references, templates, and entries as data."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.postfix_files import (
    is_master_entry,
    main_cf_facts,
    main_parameters,
    master_cf_facts,
    service_module_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    UNKNOWN,
    Table,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short


def table(data: Any) -> Table:
    """Return a mapping as a node."""
    node = tree_from(data)
    assert isinstance(node, Table)
    return node


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("# a\nsmtpd_tls_security_level =\n  none\n", ["2 cleartext-port"]),
        ("level = none\nsmtpd_tls_security_level = $level\n", ["2 cleartext-port"]),
        ("smtpd_tls_security_level = ${other}\n", []),
        ("no equals sign\nsmtpd_tls_security_level = none\n", ["1 not-read", "2 cleartext-port"]),
    ],
)
def test_a_main_cf_keeps_its_lines(text: str, facts: list[str]) -> None:
    assert short(main_cf_facts(text, True, False)) == facts


def test_a_template_may_hold_what_is_no_syntax() -> None:
    text = f"{UNKNOWN}\nsmtpd_tls_security_level = none\n"
    assert short(main_cf_facts(text, True, True)) == ["2 cleartext-port"]


def test_the_parameters_of_a_file() -> None:
    found = main_parameters("relayhost = a\nmyhostname = b\n")
    assert {name: (one.value, one.place.line) for name, one in found.items()} == {
        "relayhost": ("a", 1),
        "myhostname": ("b", 2),
    }


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            "submission inet n - n - - smtpd\n  -o smtpd_tls_security_level=may\n",
            ["1 listener 587 -", "2 starttls-not-required"],
        ),
        ("smtp unix - - n - - smtp\n", []),
        ("too short\nsmtp inet n - n - - smtpd\n", ["1 not-read", "2 listener 25 -"]),
    ],
)
def test_a_master_cf_keeps_its_lines(text: str, facts: list[str]) -> None:
    assert short(master_cf_facts(text, {}, False)) == facts


def test_options_that_may_stand_in_an_unknown_word_are_not_missing() -> None:
    text = f"submission inet n - {UNKNOWN} - - smtpd {UNKNOWN}\n"
    assert short(master_cf_facts(text, {}, True)) == ["1 listener 587 -"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"smtpd_tls_security_level": "encrypt"}, ["0 listener 587 -"]),
        (["smtpd_tls_security_level=encrypt"], ["0 listener 587 -"]),
        (["-o smtpd_tls_security_level=encrypt"], ["0 listener 587 -"]),
        ([{"name": "smtpd_tls_security_level", "value": "encrypt"}], ["0 listener 587 -"]),
        ([{"smtpd_tls_security_level": "may"}], ["0 starttls-not-required", "0 listener 587 -"]),
        (["something else"], ["0 listener 587 -"]),
        (None, ["0 starttls-not-required", "0 listener 587 -"]),
    ],
)
def test_an_entry_as_data(options: Any, found: list[str]) -> None:
    data = {"service": "submission", "type": "inet", "command": "smtpd"}
    if options is not None:
        data["options"] = options
    assert is_master_entry(table(data))
    assert short(service_module_facts(table(data), Scope(), "")) == found


@pytest.mark.parametrize(
    "data", [{"service": "submission"}, {"name": "a", "type": "inet", "command": "pipe"}]
)
def test_other_data_is_no_entry(data: Any) -> None:
    assert not is_master_entry(table(data))
