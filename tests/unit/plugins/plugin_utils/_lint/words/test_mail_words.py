# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what words of keys and values say about mail protocols and TLS."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import (
    CLEARTEXT,
    IMPLICIT,
    OPTIONAL,
    SOME,
    STARTTLS,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.words.mail_words import (
    ALL,
    NONE,
    protocols,
    row_of,
    says_tls,
    service_named,
    speaks_host,
    tokens,
    truth,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("GF_SMTP_HOST", "gf smtp host"),
        ("smtpHost", "smtp host"),
        ("smtphost", "smtp host"),
        ("SMTPSecure", "smtp secure"),
        ("imap-port", "imap port"),
        ("startTLS", "starttls"),
        ("start_tls", "starttls"),
        ("pop3s", "pop3s"),
        ("", ""),
    ],
)
def test_a_key_falls_into_words(key: str, words: str) -> None:
    assert tokens(key) == tuple(words.split())


@given(st.text(max_size=300))
def test_words_are_lower_case_and_never_empty(key: str) -> None:
    assert all(word and word == word.lower() for word in tokens(key))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mail", ALL),
        ("mail smtp", {"smtp"}),
        ("dovecot", {"imap", "pop3"}),
        ("dovecot pop3", {"pop3"}),
        ("web", NONE),
    ],
)
def test_a_specific_word_narrows_a_general_one(words: str, found: frozenset[str]) -> None:
    assert protocols(words.split()) == found


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("imap.example.com", {"imap"}),
        ("eu.smtp.example.com:25", {"smtp"}),
        ("ssl://pop3.example.com", {"pop3"}),
        ("www.example.com", NONE),
        ("\N{REPLACEMENT CHARACTER}smtp.example.com", NONE),
    ],
)
def test_a_host_is_named_after_its_protocol(host: str, found: frozenset[str]) -> None:
    assert speaks_host(host) == found


@pytest.mark.parametrize(
    ("word", "name"),
    [("smtps", "submissions"), ("IMAP2", "imap"), ("pop3s", "pop3s"), ("https", None)],
)
def test_a_service_is_known_by_all_of_its_names(word: str, name: Optional[str]) -> None:
    row = service_named(word)
    assert (row.name if row else None) == name


def test_a_port_counts_only_for_its_own_protocol() -> None:
    assert row_of(143, frozenset(("imap",))) is not None
    assert row_of(143, frozenset(("smtp",))) is None
    assert row_of(144, ALL) is None


@pytest.mark.parametrize(
    ("text", "switch"), [("Yes", True), ("0", False), ("null", False), ("", False), ("maybe", None)]
)
def test_a_switch_is_on_or_off_or_none(text: str, switch: Optional[bool]) -> None:
    assert truth(text) is switch


@pytest.mark.parametrize(
    ("key", "value", "mode"),
    [
        ("smtp_starttls", "true", STARTTLS),
        ("smtp_starttls", "false", "no-starttls"),
        ("smtp_starttls", "auto", OPTIONAL),
        ("smtp_ssl", "true", "ssl"),
        ("smtp_use_ssl", "true", IMPLICIT),
        ("smtp_ssl", "false", "no-ssl"),
        ("smtp_tls", "on", "tls"),
        ("smtp_tls", "off", "no-tls"),
        ("smtp_secure", "ssl", IMPLICIT),
        ("smtp_encryption", "none", CLEARTEXT),
        ("smtp_encryption", "", CLEARTEXT),
        ("smtp_tls", "", ""),
        ("smtp_security", "STARTTLS", STARTTLS),
        ("smtp_secure", "true", SOME),
        ("smtp_disable_starttls", "true", "no-starttls"),
        ("smtp_require_tls", "false", "no-demand"),
        ("smtp_tls_cert", "on", ""),
        ("smtp_tls_verify", "false", ""),
        ("smtp_force_tls", "false", "no-ssl"),
        ("smtp_tls_security_level", "encrypt", SOME),
        ("smtp_tls_security_level", "may", ""),
        ("smtp_timeout", "25", ""),
    ],
)
def test_a_setting_says_this_about_tls(key: str, value: str, mode: str) -> None:
    assert says_tls(tokens(key), value) == mode
