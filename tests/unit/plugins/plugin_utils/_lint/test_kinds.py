# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which reader a file gets: by its name first, then by its content."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.kinds import (
    KINDS,
    is_certain,
    kind_of,
)
from hypothesis import given
from hypothesis import strategies as st

DOVECOT = "service imap-login {\n}\n"
MASTER = "smtp inet n - n - - smtpd\n"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("site.yml", "", "yaml"),
        ("a/main.cf", "", "main.cf"),
        ("main.cf.j2", "", "main.cf"),
        ("templates/host-main.cf.example.j2", "", "main.cf"),
        ("master.cf.dist", "", "master.cf"),
        ("dovecot.conf", "ssl = no\n", "dovecot"),
        ("dovecot.conf", "[program]\ncommand=dovecot\n", ""),
        ("etc/dovecot/conf.d/10-ssl.conf", "ssl = no\n", "dovecot"),
        ("10-master.conf", DOVECOT, "dovecot"),
        ("logrotate-dovecot.conf", "/var/log/a {\n}\n", "settings"),
        ("config-v1.1.xml", "", "autoconfig"),
        ("x.xml", "<clientConfig>", "autoconfig"),
        ("x.xml", "<Autodiscover>", "autodiscover"),
        ("public.xml", "<zone>\n <short>a</short>", "firewalld"),
        (".msmtprc", "", "msmtp"),
        ("fetchmailrc", "", "fetchmail"),
        (".mbsyncrc", "", "mbsync"),
        (".config/getmail/work", "", "getmail"),
        ("neomuttrc", "", "mutt"),
        (".env", "", "settings"),
        ("app.properties", "", "settings"),
        ("wp-config.php", "", "php"),
        ("group_vars/all", "a: b\n", "yaml"),
        ("Dockerfile.mail", "", "dockerfile"),
        ("dockerfile-a.png", "", ""),
        ("run.sh", "", "shell"),
        ("run", "#!/bin/bash\n", "shell"),
        ("README.md", MASTER, ""),
        ("noname", MASTER, "master.cf"),
        ("noname", "hello\n", ""),
        ("-", "port: 25\n", "yaml"),
        ("-", "PORT=25\n", "settings"),
        ("-", "hello\n", ""),
        ("data", '{"a": 1}', "yaml"),
    ],
)
def test_a_file_has_a_kind(name: str, text: str, kind: str) -> None:
    assert kind_of(name, text) == kind


@pytest.mark.parametrize(
    ("name", "certain"),
    [("site.yml", True), ("main.cf", True), ("main.cf.j2", False), (".env", False), ("x", False)],
)
def test_only_a_name_that_leaves_no_doubt_makes_a_fault(name: str, certain: bool) -> None:
    assert is_certain(name) is certain


@given(st.text(max_size=30), st.text(max_size=60))
def test_a_kind_is_one_of_the_kinds(name: str, text: str) -> None:
    assert kind_of(name, text) in ("", *KINDS)
