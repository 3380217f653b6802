# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what stands in front of mail servers: HAProxy, nginx, zones of DNS and firewalld."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.fronts import (
    front_facts,
    zone_facts,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("frontend imap\n  bind :143\n", ["2 listener 143 -"]),
        ("frontend imaps\n  bind :993 ssl crt /a\n", ["2 listener 993 implicit"]),
        ("frontend web\n  bind :143\n", []),
        ("listen web\n  bind :143\n  mode tcp\n", ["2 listener 143 -"]),
        ("backend imap\n  bind :143\n", []),
        (
            "listen imap\n  bind 127.0.0.1:143,192.0.2.1:143\n",
            ["2 listener 143 - local", "2 listener 143 -"],
        ),
        (
            "mail {\n  server {\n    listen 143;\n    protocol imap;\n  }\n}\n",
            ["3 listener 143 cleartext"],
        ),
        (
            "mail {\n  starttls only;\n  server {\n    listen 143;\n    protocol imap;\n  }\n}\n",
            ["4 listener 143 starttls"],
        ),
        (
            "mail {\n  server {\n    listen 993 ssl;\n    protocol imap;\n  }\n}\n",
            ["3 listener 993 implicit"],
        ),
        ("http {\n  server {\n    listen 143;\n  }\n}\n", []),
        ("_imap._tcp IN SRV 0 1 143 h.example.com.\n", ["1 listener 143 -"]),
        ("_imap._tcp IN SRV 0 0 143 .\n", []),
        ("; _imap._tcp IN SRV 0 1 143 h.example.com.\n", []),
        ("_sip._tcp IN SRV 0 1 143 h.example.com.\n", []),
    ],
)
def test_a_front(text: str, facts: list[str]) -> None:
    assert short(front_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('<zone>\n<service name="imap"/>\n</zone>', ["2 firewall 143 -"]),
        ('<zone>\n<port protocol="tcp" port="110"/>\n</zone>', ["2 firewall 110 -"]),
        ('<zone>\n<port protocol="udp" port="110"/>\n</zone>', []),
        ('<zone>\n<!-- <service name="imap"/> -->\n</zone>', []),
        ('<zone><rule>\n<service name="imap"/><drop/></rule></zone>', []),
        ('<zone><rule>\n<service name="imap"/><accept/></rule></zone>', ["2 firewall 143 -"]),
    ],
)
def test_a_zone_of_firewalld(text: str, facts: list[str]) -> None:
    assert short(zone_facts(text)) == facts


@given(
    st.lists(
        st.sampled_from(["mail {", "server {", "}", "listen 143;", " bind :25", "listen a"]),
        max_size=20,
    )
)
def test_no_text_makes_it_fail(lines: list[str]) -> None:
    assert all(0 < one.place.line <= len(lines) for one in front_facts("\n".join(lines)))
