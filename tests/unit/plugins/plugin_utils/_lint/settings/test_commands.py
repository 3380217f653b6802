# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test command lines that open ports, set parameters of Postfix or check a service."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import Place
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.commands import (
    command_facts,
    line_facts,
    postconf_settings,
    text_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    UNKNOWN,
    Scalar,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("ufw allow 143/tcp", ["firewall 143 -"]),
        ("ufw allow in on eth0 to any port 143 proto tcp", ["firewall 143 -"]),
        ("ufw allow out 143/tcp", []),
        ("ufw deny 143/tcp", []),
        ("iptables -A INPUT -p tcp --dport 110 -j ACCEPT", ["firewall 110 -"]),
        (
            "iptables -A INPUT -p tcp -m multiport --dports 110,143 -j ACCEPT",
            ["firewall 110 -", "firewall 143 -"],
        ),
        ("-A INPUT -p tcp --dport 110 -j ACCEPT", ["firewall 110 -"]),
        ("iptables -A INPUT -p tcp --dport 110 -j DROP", []),
        ("iptables -A OUTPUT -p tcp --dport 110 -j ACCEPT", []),
        ("iptables -D INPUT -p tcp --dport 110 -j ACCEPT", []),
        (
            "firewall-cmd --permanent --add-port=110/tcp --add-service imap",
            ["firewall 110 -", "firewall 143 -"],
        ),
        ("tcp dport { 110, 143 } accept", ["firewall 110 -", "firewall 143 -"]),
        ("tcp dport 110 drop", []),
        ("proto tcp dport (110 143) ACCEPT;", ["firewall 110 -", "firewall 143 -"]),
        ("pass in on egress proto tcp to port 110", ["firewall 110 -"]),
        ("if failed host 192.0.2.1 port 143 then alert", ["probe 143 -"]),
        ("if failed host 127.0.0.1 port 143 then alert", ["probe 143 - local"]),
        ("check_imap -H mail.example.com -p 143", ["probe 143 -"]),
        ("nc -z mail.example.com 143", ["probe 143 -"]),
        ("postconf -e smtpd_tls_security_level=none", ["cleartext-port"]),
        ("postconf -P 'submission/inet/smtpd_tls_security_level=may'", ["starttls-not-required"]),
        ("echo 143", []),
    ],
)
def test_a_command_line(line: str, found: list[str]) -> None:
    assert [one.partition(" ")[2] for one in short(line_facts(line, Place(3)))] == found


def test_what_a_command_computes_is_not_known() -> None:
    found = postconf_settings(
        "postconf -e 'relayhost=[h]:25' smtp_tls_security_level=$(cat f | tail)", Place(1)
    )
    assert {name: one.value for name, one in found.items()} == {
        "relayhost": "[h]:25",
        "smtp_tls_security_level": UNKNOWN,
    }


def test_commands_of_a_block_have_their_own_lines() -> None:
    block = Scalar("true\n# ufw allow 143\nufw allow 110\n", 4, offset=1)
    assert short(command_facts(block, Scope(), "")) == ["7 firewall 110 -"]


def test_rules_in_a_file_have_their_own_lines() -> None:
    assert short(text_facts("a\n-A INPUT -p tcp --dport 110 -j ACCEPT\n")) == ["2 firewall 110 -"]


@given(st.text("ufw alowiptbles-A dport110{}(),=\n", max_size=80))
def test_no_line_makes_it_fail(line: str) -> None:
    list(text_facts("ufw " + line))
