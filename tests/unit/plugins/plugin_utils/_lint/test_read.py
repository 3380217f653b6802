# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that each kind of text reaches its reader."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.kinds import KINDS
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.read import read_text
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import TreeError
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short

TEXTS = {
    "yaml": ("imap_port: 143\n", "listener 143 -"),
    "main.cf": ("smtpd_tls_security_level = none\n", "cleartext-port"),
    "master.cf": ("smtp inet n - n - - smtpd\n", "listener 25 -"),
    "dovecot": ("ssl = no\n", "cleartext-port"),
    "autoconfig": ("<incomingServer><port>143</port></incomingServer>", "client 143 - login"),
    "autodiscover": (
        "<Protocol><Type>IMAP</Type><Port>143</Port></Protocol>",
        "client 143 some login",
    ),
    "firewalld": ('<zone><service name="imap"/></zone>', "firewall 143 -"),
    "msmtp": ("account a\nhost h\n", "client 25 -"),
    "fetchmail": ("poll h proto imap\n", "client 143 - login"),
    "mbsync": ("IMAPAccount a\nHost h\n", "client 143 starttls login"),
    "getmail": ("[retriever]\ntype = SimpleIMAPRetriever\n", "client 143 cleartext login"),
    "mutt": ('set folder = "imap://h/"\n', "client 143 -"),
    "settings": ("IMAP_PORT=143\n", "listener 143 -"),
    "shell": ("ufw allow 143\n", "firewall 143 -"),
    "dockerfile": ("EXPOSE 143\n", "listener 143 -"),
    "exim": ("daemon_smtp_ports = 25\n", "listener 25 -"),
    "opensmtpd": ("listen on all\n", "listener 25 -"),
    "mobileconfig": (
        "<key>IncomingMailServerPortNumber</key><integer>143</integer>",
        "client 143 cleartext login",
    ),
    "offlineimap": ("[Repository a]\ntype = IMAP\nremotehost = h\n", "client 993 implicit login"),
    "ssmtp": ("mailhub=h\n", "client 25 -"),
    "gitconfig": ("[sendemail]\nsmtpserver = h\n", "client 25 -"),
    "aerc": ("[a]\nsource = imap://u@h\n", "client 143 starttls login"),
    "curl": ("url = imap://h\nssl-reqd\n", "client 143 starttls login"),
    "emacs": ("(setq smtpmail-smtp-service 25)", "client 25 -"),
    "unit": ("ListenStream=143\n", "listener 143 -"),
    "terraform": ("firewall { port = 110 }\n", "firewall 110 -"),
    "nix": ("{ firewall.ports = [ 110 ]; }", "firewall 110 -"),
    "puppet": ("firewall { 'a': dport => 110 }", "firewall 110 -"),
    "ruby": ("a.firewall = { port: 110 }\n", "firewall 110 -"),
    "php": ("<?php $firewall = ['port' => 110];", "firewall 110 -"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_reader(kind: str) -> None:
    text, fact = TEXTS[kind]
    found = short(read_text(text, "x", kind, Scope()))
    assert [one.partition(" ")[2] for one in found] == [fact]


@pytest.mark.parametrize(
    ("name", "text", "facts"),
    [
        (
            "a.yml.j2",
            "{% if a %}\nimap_port: {{ p | default(143) }}\n{% endif %}\n",
            ["2 listener 143 -"],
        ),
        ("a.yml.j2", "{{ block }}\nimap_port: 143\n", ["2 listener 143 -"]),
        ("a.yml", "port: ${X:-1}\nimap_port: ${PORT:-143}\n", ["2 listener 143 -"]),
        (
            "a.conf",
            "{% for port in [25, 110] %}\nallow {{ port }}\n{% endfor %}\n",
            ["1 listener 25 -", "1 listener 110 -"],
        ),
        ("a.conf", "{% for port in [110] %}\ndeny {{ port }}\n{% endfor %}\n", []),
    ],
)
def test_a_template_is_read_as_far_as_it_goes(name: str, text: str, facts: list[str]) -> None:
    kind = "yaml" if ".yml" in name else "settings"
    assert short(read_text(text, name, kind, Scope())) == facts


def test_what_is_no_yaml_is_not_read() -> None:
    with pytest.raises(TreeError):
        list(read_text("smtp: [\n", "a.yml", "yaml", Scope()))


def test_a_fragment_says_nothing_about_what_is_missing() -> None:
    text = "smtpd_sasl_auth_enable = yes\n"
    assert short(read_text(text, "main.cf", "main.cf", Scope())) == ["1 login-before-tls"]
    assert short(read_text(text, "main.cf", "main.cf", Scope(), fragment=True)) == []
