# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how settings of any shape are read: what makes a number a mail port, and in which role."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.context import (
    Context,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.reader import (
    SettingsReader,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import tree_from
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short


def found(data: Any, context: Context = Context()) -> list[str]:  # noqa: B008 (frozen)
    """Return the facts of data without their lines."""
    facts = SettingsReader(Scope()).facts(tree_from(data), context)
    return [one.partition(" ")[2] for one in short(facts)]


@pytest.mark.parametrize(
    ("data", "facts"),
    [
        ({"imap_port": 143}, ["listener 143 -"]),
        ({"timeout": 143}, []),
        ({"imap_timeout": 143}, []),
        ({"web": {"port": 143}}, []),
        ({"imap": {"port": 143}}, ["listener 143 -"]),
        ({"imap": {"port": 25}}, []),
        ({"imap": {"port": 143, "user": "u"}}, ["client 143 - login"]),
        ({"imap_port": 143, "imap_host": "h.example.com"}, ["client 143 -"]),
        ({"imap_port": 143, "imap_host": "localhost"}, ["client 143 - local"]),
        (
            {"imap_port": 143, "imaps_port": 993, "imap_host": "h"},
            ["listener 143 -", "client 993 -"],
        ),
        ({"host": "imap.example.com", "port": 143}, ["client 143 -"]),
        ({"firewall": {"tcp_ports": [110, 8080]}}, ["firewall 110 -"]),
        ({"firewall": {"denied": {"tcp_ports": [110]}}}, []),
        ({"firewall": {"services": ["imap", "https"]}}, ["firewall 143 -"]),
        ({"ingress": [{"from_port": 100, "to_port": 200}]}, ["firewall 110 -"]),
        ({"ingress": [{"port": 110, "protocol": "udp"}]}, []),
        ({"relayhost": "smtp.example.com:25"}, ["client 25 -"]),
        ({"smtp_listen": "0.0.0.0:25"}, ["listener 25 -"]),
        ({"smtp_addr": ":587"}, ["listener 587 -"]),
        ({"mailer_dsn": "smtp://u:p@h.example.com:25"}, ["client 25 - login"]),
        ({"url": "imap://h.example.com/?verify=0"}, ["verification-off", "client 143 -"]),
        ({"smtp": {"port": 587, "enabled": False}}, []),
        ({"smtp_port": "587", "smtp_enabled": "false"}, []),
        ({"listeners": [{"service": "imap", "port": 143, "ssl": False}]}, ["listener 143 -"]),
        ({"nagios": {"imap_port": 143}}, ["probe 143 -"]),
        ({"targets": ["imap.example.com:143"]}, ["listener 143 -"]),
        ([25, 143], ["listener 25 -", "listener 143 -"]),
        ([1, 143], []),
        (["SMTP_PORT=25", "SMTP_USER=u"], ["client 25 - login"]),
        ({"jail": {"port": "imap"}}, []),
        ({"name": "a", "port": "pop3", "logpath": "/l"}, []),
        ({"shell": "ufw allow 143/tcp"}, ["firewall 143 -"]),
        ({"smtp": {"port": 25, "username": "", "host": ""}}, ["client 25 -"]),
    ],
)
def test_data_says_this(data: Any, facts: list[str]) -> None:
    assert found(data) == facts


def test_the_context_speaks_for_a_bare_port() -> None:
    assert found({"port": 143}) == []
    assert found({"port": 143}, Context(speaks=frozenset(("imap",)))) == ["listener 143 -"]
    assert found({"port": 143}, Context(firewall=True)) == ["firewall 143 -"]


def test_neighbours_of_an_outer_mapping_count() -> None:
    data = {"smtp": {"user": "u", "server": {"port": 25}}}
    assert found(data) == ["client 25 - login"]
