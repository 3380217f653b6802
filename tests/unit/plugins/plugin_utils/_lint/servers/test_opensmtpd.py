# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test OpenSMTPD's configuration: one table of lines and facts."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.opensmtpd import (
    opensmtpd_facts,
)

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("listen on all\n", ["1 listener 25 -"]),
        ("listen on lo0 port 587\n", []),
        ("listen on all port 465 tls\n", ["1 wrong-tls-mode"]),
        ("listen on all smtps\n", ["1 listener 465 -"]),
        ("listen on all port 25 smtps\n", ["1 wrong-tls-mode"]),
        ("listen on all port 587 tls-require auth\n", ["1 listener 587 -"]),
        ("listen on all port 587 tls auth\n", ["1 listener 587 -", "1 starttls-not-required"]),
        ("listen on all \\\n  port 587 tls-require auth\n", ["1 listener 587 -"]),
        ("# listen on all port 465 tls\n", []),
        ('action "r" relay host smtp+tls://a@h:587 auth <s>\n', ["1 client 587 starttls login"]),
        ('action "r" relay host smtp+notls://a@h auth <s>\n', ["1 client 25 cleartext login"]),
        ('action "r" relay host smtp://h\n', ["1 client 25 -"]),
        ("accept for any relay via tls+auth://a@h:587\n", ["1 client 587 starttls login"]),
    ],
)
def test_a_line(text: str, facts: list[str]) -> None:
    assert sorted(short(opensmtpd_facts(text))) == facts
