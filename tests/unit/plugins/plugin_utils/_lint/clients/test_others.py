# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test offlineimap, ssmtp, git's sendemail, aerc, curl and Emacs."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.clients.others import (
    aerc_facts,
    curl_facts,
    emacs_facts,
    offlineimap_facts,
    sendemail_facts,
    ssmtp_facts,
)

from tests.unit.plugins.plugin_utils._lint.short import short

REPOSITORY = "[Repository a]\ntype = IMAP\nremotehost = h\n"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (REPOSITORY, ["3 client 993 implicit login"]),
        (REPOSITORY + "ssl = no\n", ["4 client 143 cleartext login"]),
        (REPOSITORY + "ssl = no\nstarttls = yes\n", ["4 client 143 starttls login"]),
        (REPOSITORY + "remoteport = 143\n", ["4 client 143 implicit login"]),
        (REPOSITORY + "ssl_version = tls1\n", ["3 client 993 implicit login", "4 TLSv1"]),
        ("[Repository a]\ntype = Maildir\n", []),
    ],
)
def test_offlineimap(text: str, facts: list[str]) -> None:
    assert short(offlineimap_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("mailhub=h:587\nAuthUser=u\nUseSTARTTLS=YES\n", ["1 client 587 starttls login"]),
        ("mailhub=h:465\nAuthUser=u\nUseTLS=YES\n", ["1 client 465 implicit login"]),
        ("mailhub=h\nAuthUser=u\n", ["1 client 25 cleartext login"]),
        ("mailhub=h\n", ["1 client 25 -"]),
        ("root=a\n", []),
    ],
)
def test_ssmtp(text: str, facts: list[str]) -> None:
    assert short(ssmtp_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("[sendemail]\nsmtpserver = h\nsmtpuser = u\n", ["2 client 25 cleartext login"]),
        ("[sendemail]\nsmtpserver = h\nsmtpencryption = ssl\n", ["2 client 465 implicit"]),
        ("[sendemail]\nsmtpserver = /usr/bin/msmtp\n", []),
        ("[user]\nsmtpserver = h\n", []),
        (
            "[sendemail]\nsmtpserver = h\nsmtpsslcertpath =\n",
            ["2 client 25 -", "3 verification-off"],
        ),
    ],
)
def test_sendemail(text: str, facts: list[str]) -> None:
    assert short(sendemail_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            '(setq smtpmail-smtp-server "h"\n smtpmail-smtp-service 587)\n',
            ["2 client 587 some login"],
        ),
        ("(setq smtpmail-smtp-service 25)\n", ["1 client 25 -"]),
        ("(setq smtpmail-stream-type 'ssl smtpmail-smtp-service 465)\n", ["1 client 465 implicit"]),
        (";; (setq smtpmail-smtp-service 25)\n", []),
    ],
)
def test_emacs(text: str, facts: list[str]) -> None:
    assert short(emacs_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("[a]\nsource = imaps://u@h\n", ["2 client 993 implicit login"]),
        ("[a]\nsource = imap://u@h\n", ["2 client 143 starttls login"]),
        ("[a]\nsource = imap+insecure://u@h:143\n", ["2 client 143 cleartext login"]),
        ("[a]\noutgoing = smtps+plain://u@h\n", ["2 client 465 implicit login"]),
        ("[a]\noutgoing = smtp+login://u@h:587\n", ["2 client 587 starttls login"]),
        ("[a]\noutgoing = smtp+insecure+plain://u@h:25\n", ["2 client 25 cleartext login"]),
        ("[a]\noutgoing = /usr/sbin/sendmail\nsource = maildir://~/m\n", []),
        ("[a]\nsource = imaps://u@h:9993\n", []),
    ],
)
def test_aerc(text: str, facts: list[str]) -> None:
    assert short(aerc_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('url = "imaps://h:993/"\nnetrc\n', ["1 client 993 implicit login"]),
        ('url = "imap://h/"\nssl-reqd\n', ["1 client 143 starttls login"]),
        ("url = imap://h/\n--ssl\n", ["1 client 143 optional login"]),
        ("# ssl-reqd\nurl imap://h/\n", ["2 client 143 cleartext login"]),
        ('url: "smtp://h:587"\nuser = u\nssl-reqd\n', ["1 client 587 starttls login"]),
        ("url = smtp://h\n", ["1 client 25 cleartext"]),
        ("url = pop3s://h\ninsecure\n", ["1 client 995 implicit login", "2 verification-off"]),
        ("url = https://h/\nssl-reqd\n", []),
        ("user-agent = x\n", []),
    ],
)
def test_curl(text: str, facts: list[str]) -> None:
    assert short(curl_facts(text)) == facts
