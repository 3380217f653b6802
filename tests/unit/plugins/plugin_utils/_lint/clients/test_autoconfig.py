# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test autoconfig and Autodiscover."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.clients.autoconfig import (
    autoconfig_facts,
    autodiscover_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import TreeError

from tests.unit.plugins.plugin_utils._lint.short import short


def server(port: str, mode: str, more: str = "") -> str:
    """Return an autoconfig file of one server."""
    fields = f"<port>{port}</port>\n<socketType>{mode}</socketType>\n{more}"
    return f"<clientConfig>\n<incomingServer>\n{fields}</incomingServer>\n</clientConfig>\n"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (server("143", "plain"), ["3 client 143 cleartext login"]),
        (server("993", "SSL"), ["3 client 993 implicit login"]),
        (
            server("143", "plain", "<hostname>localhost</hostname>"),
            ["3 client 143 cleartext login local"],
        ),
        (
            server("143", "plain", "<authentication>none</authentication>"),
            ["3 client 143 cleartext"],
        ),
        (server("8143", "plain"), []),
        (f"<!-- {server('143', 'plain')} -->", []),
    ],
)
def test_autoconfig(text: str, facts: list[str]) -> None:
    assert short(autoconfig_facts(text)) == facts


def test_a_file_that_is_cut_off_is_not_read() -> None:
    with pytest.raises(TreeError, match="ends before"):
        list(autoconfig_facts("<clientConfig><incomingServer>"))


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ("<Type>IMAP</Type>\n<Port>143</Port>\n<SSL>off</SSL>", ["2 client 143 cleartext login"]),
        ("<Type>IMAP</Type>\n<Port>993</Port>", ["2 client 993 implicit login"]),
        ("<Type>IMAP</Type>\n<Port>143</Port>", ["2 client 143 some login"]),
        (
            "<Type>IMAP</Type>\n<Port>143</Port><Encryption>TLS</Encryption>",
            ["2 client 143 starttls login"],
        ),
        ("<Type>POP3</Type>\n<Port>143</Port>", []),
    ],
)
def test_autodiscover(fields: str, facts: list[str]) -> None:
    assert short(autodiscover_facts(f"<Protocol>{fields}</Protocol>")) == facts
