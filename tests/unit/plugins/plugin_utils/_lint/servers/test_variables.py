# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which variables are settings of Postfix and Dovecot."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.variables import (
    server_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Table,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("data", "path", "facts"),
    [
        ({"smtpd_tls_security_level": "none"}, "", ["cleartext-port"]),
        ({"postfix_smtpd_tls_security_level": "none"}, "", ["cleartext-port"]),
        ({"my_smtpd_tls_security_level": "none"}, "", ["cleartext-port"]),
        ({"smtp_use_tls": "yes"}, "", []),
        ({"postfix_smtp_use_tls": "yes"}, "", ["obsolete-setting"]),
        ({"smtp_use_tls": "yes"}, "postfix", ["obsolete-setting"]),
        ({"smtpd_tls_security_level": None}, "", []),
        ({"ssl": "no"}, "dovecot", ["cleartext-port"]),
        ({"ssl": "no"}, "nginx", []),
        ({"dovecot_ssl": "no"}, "", ["cleartext-port"]),
        ({"dovecot_disable_plaintext_auth": "no"}, "", ["login-before-tls"]),
        ({"mail_default_pass_scheme": "PLAIN"}, "", ["weak-password-scheme"]),
        ({"app_pass_scheme": "PLAIN"}, "", []),
    ],
)
def test_variables_are_settings_of_servers(data: Any, path: str, facts: list[str]) -> None:
    node = tree_from(data)
    assert isinstance(node, Table)
    assert [one.partition(" ")[2] for one in short(server_facts(node, Scope(), path))] == facts


def test_parameters_of_one_prefix_belong_together() -> None:
    data = {
        "a_smtpd_sasl_auth_enable": "yes",
        "b_smtpd_tls_auth_only": "no",
        "a_smtpd_tls_auth_only": "yes",
    }
    node = tree_from(data)
    assert isinstance(node, Table)
    assert short(server_facts(node, Scope(), "")) == []
