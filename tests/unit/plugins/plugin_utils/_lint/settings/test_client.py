# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what is wrong beside a client's port: verification and TLS versions."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.around import (
    pairs,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.client import (
    client_flaws,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Table,
    tree_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short

SMTP = frozenset(("smtp",))
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("speaks", "data", "found"),
    [
        (SMTP, {"insecure_skip_verify": True}, ["0 verification-off"]),
        (SMTP, {"insecure_skip_verify": False}, []),
        (SMTP, {"tls_verify": False}, ["0 verification-off"]),
        (SMTP, {"tls_verify": True}, []),
        (SMTP, {"openssl_verify_mode": "none"}, ["0 verification-off"]),
        (SMTP, {"openssl_verify_mode": "peer"}, []),
        (SMTP, {"verify_email": False}, []),
        (SMTP, {"ssl_allow_self_signed": True}, ["0 verification-off"]),
        (SMTP, {"reject_unauthorized": False}, ["0 verification-off"]),
        (SMTP, {"tls_min_version": "TLSv1.1"}, ["0 TLSv1.1"]),
        (SMTP, {"min_version": "TLSv1.1"}, []),
        (NONE, {"smtp_tls_verify": False}, ["0 verification-off"]),
        (NONE, {"tls_verify": False}, []),
        (NONE, {"host": "smtp.example.com", "tls_verify": False}, ["0 verification-off"]),
        (NONE, {"host": "www.example.com", "tls_verify": False}, []),
        (NONE, {"smtp_host": "localhost", "smtp_tls_verify": False}, []),
        (NONE, {"ldap_tls_verify": False, "smtp_host": "h.example.com"}, []),
    ],
)
def test_settings_of_a_client(
    speaks: frozenset[str], data: dict[str, Any], found: list[str]
) -> None:
    node = tree_from(data)
    assert isinstance(node, Table)
    assert short(client_flaws(pairs(node), speaks, Scope(), "")) == found
