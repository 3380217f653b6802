# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the fixes that change no behaviour."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_text,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.fixes import fixed


@pytest.mark.parametrize(
    ("name", "text", "after"),
    [
        (
            "main.cf",
            "smtpd_use_tls = yes\nsmtpd_tls_security_level = may\n",
            "smtpd_tls_security_level = may\n",
        ),
        ("main.cf", "smtpd_use_tls = yes\n", "smtpd_use_tls = yes\n"),
        ("a.yml", "smtpd_use_tls: yes\n", "smtpd_use_tls: yes\n"),
    ],
)
def test_only_what_postfix_ignores_is_deleted(name: str, text: str, after: str) -> None:
    findings = lint_text(Text(name, text), POLICIES["rfc8314"])
    assert fixed(text, name, findings) == after
