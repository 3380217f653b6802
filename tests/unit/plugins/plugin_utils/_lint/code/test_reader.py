# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that each language is read, and that a text without mail is not."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.code.reader import (
    code_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.read import read_text
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.structures import (
    StructureReader,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.tokens import (
    NIX,
    PHP,
    PUPPET,
    RUBY,
    TERRAFORM,
)

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("language", "text", "facts"),
    [
        (
            TERRAFORM,
            'resource "hcloud_firewall" "a" {\n rule {\n  port = 110\n }\n}',
            ["3 firewall 110 -"],
        ),
        (NIX, "{ networking.firewall.allowedTCPPorts = [ 110 ]; }", ["1 firewall 110 -"]),
        (PUPPET, "firewall { 'a': dport => 110, proto => tcp }", ["1 firewall 110 -"]),
        (RUBY, "a.smtp_settings = { port: 25, user_name: 'u' }\n", ["1 client 25 - login"]),
        (PHP, "<?php imap_open('{h:143/notls}', $u, $p);", ["1 client 143 cleartext login"]),
        (
            PHP,
            "<?php $a = '{h:993/imap/ssl/novalidate-cert}';",
            ["1 verification-off", "1 client 993 implicit login"],
        ),
        (NIX, "{ a = 1; }", []),
    ],
)
def test_a_text_says_this(language: str, text: str, facts: list[str]) -> None:
    walker = StructureReader(Scope(), "a", read_text)
    assert sorted(set(short(code_facts(text, language, walker, lambda _name: None)))) == sorted(
        facts
    )
