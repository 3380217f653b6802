# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the settings of mail programs: msmtp, fetchmail, mbsync, getmail and mutt."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.clients.programs import (
    fetchmail_facts,
    getmail_facts,
    mbsync_facts,
    msmtp_facts,
    mutt_facts,
)

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("account a\nhost h\nport 587\nuser u\ntls on\n", ["3 client 587 starttls login"]),
        ("account a\nhost h\nuser u\n", ["2 client 25 - login"]),
        ("account a\nhost h\nport 465\ntls on\n", ["3 client 465 starttls"]),
        ("account a\nhost h\ntls on\ntls_starttls off\n", ["2 client 465 implicit"]),
        ("account a\nhost h\ntls off\nauth off\nuser u\n", ["2 client 25 cleartext"]),
        ("defaults\ntls_certcheck off\n", ["2 verification-off"]),
        ("defaults\nport 25\naccount a\nhost h\n", ["2 client 25 -"]),
        ("# host h\n", []),
    ],
)
def test_msmtp(text: str, facts: list[str]) -> None:
    assert short(msmtp_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("poll h proto imap user u\n", ["1 client 143 - login"]),
        ("poll h proto pop3 ssl\n", ["1 client 995 implicit login"]),
        ("poll h proto imap sslproto ''\n", ["1 client 143 cleartext login"]),
        ("poll h\nproto imap\nport 143\n", ["3 client 143 - login"]),
        ("defaults proto imap\npoll h\n", ["1 client 143 - login"]),
        (
            "poll h proto imap ssl no sslcertck\n",
            ["1 client 993 implicit login", "1 verification-off"],
        ),
        ("poll localhost proto imap\n", ["1 client 143 - login local"]),
    ],
)
def test_fetchmail(text: str, facts: list[str]) -> None:
    assert short(fetchmail_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("IMAPAccount a\nHost h\nSSLType None\n", ["3 client 143 cleartext login"]),
        ("IMAPAccount a\nHost h\n", ["2 client 143 starttls login"]),
        ("IMAPAccount a\nHost h\nTLSType IMAPS\n", ["3 client 993 implicit login"]),
        (
            "IMAPAccount a\nHost h\nTLSVersions TLSv1.1\n",
            ["2 client 143 starttls login", "3 TLSv1.1"],
        ),
        ("IMAPAccount a\nHost h\nTunnel x\n", []),
    ],
)
def test_mbsync(text: str, facts: list[str]) -> None:
    assert short(mbsync_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("[retriever]\ntype = SimpleIMAPRetriever\nserver = h\n", ["2 client 143 cleartext login"]),
        (
            "[retriever]\ntype = SimplePOP3SSLRetriever\nserver = h\n",
            ["2 client 995 implicit login"],
        ),
        ("[retriever]\ntype = SimpleIMAPRetriever\nport = 993\n", ["3 client 993 cleartext login"]),
        ("[destination]\ntype = SimpleIMAPRetriever\n", []),
    ],
)
def test_getmail(text: str, facts: list[str]) -> None:
    assert short(getmail_facts(text)) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ('set folder = "imap://h/"\n', ["1 client 143 -"]),
        ('set folder = "imap://h/"\nset ssl_force_tls = yes\n', ["1 client 143 starttls"]),
        ('set folder = "imap://h/"\nset ssl_force_tls = no\n', ["1 client 143 optional"]),
        ('set folder = "imap://h/"\nset ssl_starttls = no\n', ["1 client 143 cleartext"]),
        ('set smtp_url = "smtps://u@h/"\n', ["1 client 465 implicit login"]),
        ("set ssl_verify_host = no\n", ["1 verification-off"]),
        ("set ssl_use_tlsv1\n", ["1 TLSv1"]),
        ("unset ssl_verify_dates\n", ["1 verification-off"]),
        ("macro index a 'imap://h/'\n", []),
    ],
)
def test_mutt(text: str, facts: list[str]) -> None:
    assert short(mutt_facts(text)) == facts
