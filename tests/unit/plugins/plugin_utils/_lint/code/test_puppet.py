# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test resources of Puppet as settings."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.code.puppet import (
    puppet_settings,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.code import read_code
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.tokens import PUPPET

from tests.unit.plugins.plugin_utils._lint.tree.test_code import plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a::b { 'c': value => 'd' }", {"a::b": {"c": "d"}}),
        ("a::b { 'c': value => 1 }\na::b { 'd': value => 2 }", {"a::b": {"c": "1", "d": "2"}}),
        ("a::b { 'c': ensure => absent, value => 'd' }", {"a::b": {}}),
        ("file { '/x': content => 'y' }", {"/x": "y\n"}),
        ("firewall { 'x': dport => 110 }", {"firewall": {"x": {"dport": "110"}}}),
    ],
)
def test_resources_are_settings(text: str, found: object) -> None:
    assert plain(puppet_settings(read_code(text, PUPPET))) == found


def test_changes_of_augeas_are_entries() -> None:
    text = "augeas { 'x': changes => ['set msa/type inet', 'set msa/command \"smtpd -o a=b\"'] }"
    found = plain(puppet_settings(read_code(text, PUPPET)))
    assert found["augeas"]["master.cf"] == "msa inet n - n - - smtpd -o a=b\n"
