# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test configuration profiles of Apple's systems."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.clients.profiles import (
    profile_facts,
)

from tests.unit.plugins.plugin_utils._lint.short import short


def profile(**fields: str) -> str:
    """Return a profile with these elements, one a line."""
    lines = (f"<key>{key}</key>{value}" for key, value in fields.items())
    return "<dict>\n" + "\n".join(lines) + "\n</dict>"


HOST, PORT = "<string>h.example.org</string>", "<integer>143</integer>"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            profile(IncomingMailServerHostName=HOST, IncomingMailServerPortNumber=PORT),
            ["3 client 143 cleartext login"],
        ),
        (
            profile(IncomingMailServerPortNumber=PORT, IncomingMailServerUseSSL="<true/>"),
            ["2 client 143 some login"],
        ),
        (
            profile(IncomingMailServerHostName=HOST, IncomingMailServerUseSSL="<true/>"),
            ["3 client 993 some login"],
        ),
        (
            profile(IncomingMailServerHostName="<string>localhost</string>"),
            ["2 client 143 cleartext login local"],
        ),
        ("<dict><key>Other</key><integer>143</integer></dict>", []),
    ],
)
def test_a_profile(text: str, facts: list[str]) -> None:
    assert short(profile_facts(text)) == facts
