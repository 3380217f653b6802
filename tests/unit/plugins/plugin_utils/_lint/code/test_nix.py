# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test options of NixOS that stand for settings of mail servers."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.code.nix import (
    nix_facts,
    without_options,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.read import read_text
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.structures import (
    StructureReader,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.code import read_code
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import Table
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.tokens import NIX

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("{ services.dovecot2.enablePop3 = true; }", ["1 listener 110 -"]),
        ("{ services.dovecot2.enablePop3 = false; }", []),
        ("{ other.enablePop3 = true; }", []),
        (
            "{ services.postfix.extraConfig = ''\n smtpd_tls_security_level = none\n''; }",
            ["2 cleartext-port"],
        ),
        (
            '{ services.postfix.submissionOptions = {\n smtpd_tls_security_level = "may";\n}; }',
            ["1 listener 587 -", "2 starttls-not-required"],
        ),
    ],
)
def test_options_say_this(text: str, facts: list[str]) -> None:
    walker = StructureReader(Scope(), "a.nix", read_text)
    assert short(nix_facts(read_code(text, NIX), walker)) == facts


def test_options_of_an_entry_are_no_settings_of_all() -> None:
    found = without_options(read_code("{ a = { submissionOptions = { b = 1; }; c = 2; }; }", NIX))
    inner = found.get("a")
    assert isinstance(inner, Table)
    assert inner.keys == ("c",)
