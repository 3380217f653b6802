# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the arguments of modules that open, use, probe or configure mail ports."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.ansible.modules import (
    READ_MODULES,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import (
    Text,
    lint_text,
)


@pytest.mark.parametrize(
    ("task", "found"),
    [
        (
            "ufw: {rule: allow, to_port: '110,143', proto: tcp}",
            ["deprecated-port 110", "deprecated-port 143"],
        ),
        ("ufw: {rule: allow, name: Dovecot POP3}", ["deprecated-port 110"]),
        ("ufw: {rule: allow, port: 110, direction: out}", []),
        ("ufw: {rule: allow, port: 110, delete: true}", []),
        ("ufw: {rule: deny, port: 110}", []),
        ("firewalld: {port: 110/tcp, state: enabled}", ["deprecated-port 110"]),
        ("firewalld: {port: 110/udp, state: enabled}", []),
        ("firewalld: {service: pop3, state: disabled}", []),
        ("firewalld: {service: pop3, state: enabled}", ["deprecated-port 110"]),
        (
            "firewalld: {rich_rule: 'rule service name=\"pop3\" accept', state: enabled}",
            ["deprecated-port 110"],
        ),
        ("firewalld: {rich_rule: 'rule service name=\"pop3\" drop', state: enabled}", []),
        (
            "iptables: {chain: INPUT, protocol: tcp, destination_port: 110, jump: ACCEPT}",
            ["deprecated-port 110"],
        ),
        ("iptables: {chain: OUTPUT, protocol: tcp, destination_port: 110, jump: ACCEPT}", []),
        (
            "iptables: {chain: INPUT, protocol: tcp, destination_ports: [110, 143], jump: ACCEPT}",
            ["deprecated-port 110", "deprecated-port 143"],
        ),
        ("wait_for: {port: 110}", ["deprecated-port 110"]),
        ("wait_for: {port: 110, state: stopped}", []),
        ("wait_for: {port: 110, host: 127.0.0.1}", []),
        ("mail: {host: h.example.com, username: u, to: a}", ["relay-port-for-submission 25"]),
        (
            "mail: {host: h.example.com, port: 587, username: u, secure: never}",
            ["cleartext-port 587"],
        ),
        (
            "mail: {host: h.example.com, port: 587, username: u, secure: try}",
            ["starttls-not-required 587"],
        ),
        ("mail: {to: a}", []),
        (
            "copy: {dest: /etc/postfix/main.cf, content: 'smtpd_tls_security_level = none'}",
            ["cleartext-port 0"],
        ),
        ("lineinfile: {path: /etc/dovecot/dovecot.conf, line: 'ssl = no'}", ["cleartext-port 0"]),
        ("lineinfile: {path: /etc/dovecot/dovecot.conf, line: 'ssl = no', state: absent}", []),
        ("ini_file: {path: /etc/a, section: smtp, option: port, value: 25}", []),
        (
            "ini_file: {path: /etc/a, section: imap, option: port, value: 143}",
            ["deprecated-port 143"],
        ),
        ("command: ufw allow 110/tcp", ["deprecated-port 110"]),
        ("command: {argv: [ufw, allow, 110/tcp]}", ["deprecated-port 110"]),
        (
            "docker_container: {name: a, image: b, published_ports: ['110:110']}",
            ["deprecated-port 110"],
        ),
        ("docker_container: {name: a, image: b, published_ports: ['110:110'], state: absent}", []),
        ("postmaster.mailports.port_check: {verify: false}", ["verification-off 0"]),
        ("postmaster.mailports.port_info: {port: 143, host: h}", []),
        (
            "postmaster.mailports.postfix_parameter: {parameters: {smtpd_tls_security_level: none}}",
            ["cleartext-port 0"],
        ),
        (
            "postmaster.mailports.postfix_service: {service: submission, options: {smtpd_tls_security_level: may}}",
            ["starttls-not-required 587"],
        ),
        ("service: {name: imap, port: 110, state: started}", []),
    ],
)
def test_a_task_says_this(task: str, found: list[str]) -> None:
    findings = lint_text(Text("tasks/main.yml", f"- {task}\n"), POLICIES["rfc8314"])
    assert [f"{one.rule} {one.port}" for one in findings] == found


def test_our_own_modules_are_read() -> None:
    assert {"port_check", "port_info", "postfix_service", "postfix_parameter"} <= READ_MODULES
