# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the settings files of programs: the right TLS for each mode, and no password."""

from __future__ import annotations

import configparser

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client import (
    frameworks,
    programs,
)

from tests.support.clients import intent, settings

IMPLICIT = settings(intent("imaps", "submissions"))
STARTTLS = settings(intent("imap", "submission"))
POP3 = settings(intent("pop3s", "submissions"))

# What stands in a file for implicit TLS, and in its place for STARTTLS.
MODES = {
    "msmtprc": ("tls_starttls off\n", "tls_starttls on\n"),
    "mbsyncrc": ("SSLType IMAPS\n", "SSLType STARTTLS\n"),
    "fetchmailrc": (' ssl sslproto "tls1.2+" sslcertck', ' sslproto "tls1.2+" sslcertck'),
    "neomuttrc": ('"imaps://mail.example.net:993/"', '"imap://mail.example.net:143/"'),
    "aerc-accounts.conf": ("source = imaps://", "source = imap://"),
    "himalaya.toml": ('encryption.type = "tls"', 'encryption.type = "start-tls"'),
    "thunderbird-user.js": ('server1.socketType", 3)', 'server1.socketType", 2)'),
    "swaks.conf": ("--tls-on-connect\n", "--tls\n"),
    "curl.conf": ("imaps://mail.example.net:993/", "imap://mail.example.net:143/"),
}


@pytest.mark.parametrize("name", MODES)
def test_each_file_says_the_mode_of_the_port(name: str) -> None:
    implicit, starttls = MODES[name]
    write = programs.PROGRAMS[name]
    first, second = write(IMPLICIT) or "", write(STARTTLS) or ""
    assert implicit in first
    assert starttls not in first.replace(implicit, "")
    assert starttls in second
    assert implicit not in second


@pytest.mark.parametrize("name", programs.PROGRAMS)
def test_pop3_has_a_file_where_the_program_can(name: str) -> None:
    text = programs.PROGRAMS[name](POP3)
    if name in ("mbsyncrc", "neomuttrc", "aerc-accounts.conf", "himalaya.toml"):
        assert text is None
    elif name not in ("msmtprc", "swaks.conf"):
        assert text is not None
        assert "995" in text


def test_getmail_has_a_file_for_implicit_tls_alone() -> None:
    """It knows no STARTTLS, and would send the password in clear."""
    assert set(programs.PROGRAMS) - set(MODES) == {"getmailrc"}
    assert programs.getmail(STARTTLS) is None
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(programs.getmail(IMPLICIT) or "")
    assert parser["retriever"]["type"] == "SimpleIMAPSSLRetriever"
    assert parser["retriever"]["password_command"] == (
        '("pass", "show", "mail/your.name@example.net",)'
    )


# Variable of each framework for the two modes.
VARIABLES = {
    "django": (("EMAIL_USE_SSL", "true", "false"), ("EMAIL_USE_TLS", "false", "true")),
    "rails": (("SMTP_TLS", "true", "false"), ("SMTP_ENABLE_STARTTLS", "false", "true")),
    "laravel": (("MAIL_SCHEME", "smtps", "smtp"), ("MAIL_ENCRYPTION", "ssl", "tls")),
    "spring": (
        ("SPRING_MAIL_PROPERTIES_MAIL_SMTP_SSL_ENABLE", "true", None),
        ("SPRING_MAIL_PROPERTIES_MAIL_SMTP_STARTTLS_REQUIRED", None, "true"),
    ),
    "nodemailer": (("SMTP_SECURE", "true", "false"), ("SMTP_REQUIRE_TLS", "false", "true")),
}


@pytest.mark.parametrize("name", frameworks.NAMES)
def test_variables_say_the_mode_of_the_port(name: str) -> None:
    implicit = frameworks.variables(IMPLICIT, name)
    starttls = frameworks.variables(STARTTLS, name)
    for variable, first, second in VARIABLES[name]:
        assert (implicit.get(variable), starttls.get(variable)) == (first, second)
    assert "465" in implicit.values()
    assert "587" in starttls.values()
    text = frameworks.env_file(IMPLICIT, name)
    assert text.startswith("# ")
    assert not any("PASS" in line for line in text.splitlines()[1:])
