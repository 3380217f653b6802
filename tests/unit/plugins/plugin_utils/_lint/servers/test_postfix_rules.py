# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the rules for parameters of Postfix: one table of main.cf, one of entries of master.cf."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import Place
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.postfix_rules import (
    Entry,
    Parameter,
    entry_facts,
    main_facts,
    option_facts,
    parameters_from,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import UNKNOWN

from tests.unit.plugins.plugin_utils._lint.short import short


def parameters(text: str, first: int = 1) -> dict[str, Parameter]:
    """Return ``name=value`` words as parameters, each on a line of its own."""
    words = (word.partition("=") for word in text.split())
    return {
        name: Parameter(value, Place(line))
        for line, (name, _equals, value) in enumerate(words, first)
    }


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("smtpd_tls_security_level=none", ["1 cleartext-port"]),
        ("smtpd_sasl_auth_enable=yes", ["1 login-before-tls"]),
        ("smtpd_sasl_auth_enable=yes smtpd_tls_auth_only=yes", []),
        ("smtpd_sasl_auth_enable=yes smtpd_tls_auth_only=no", ["2 login-before-tls"]),
        ("smtpd_sasl_auth_enable=yes smtpd_tls_security_level=encrypt", []),
        (f"smtpd_sasl_auth_enable=yes smtpd_tls_security_level={UNKNOWN}", []),
        ("smtpd_sasl_auth_enable=yes smtpd_enforce_tls=yes", ["2 obsolete-setting"]),
        ("smtpd_tls_wrappermode=yes", ["1 wrong-tls-mode"]),
        ("smtpd_tls_protocols=!SSLv3", ["1 TLSv1"]),
        ("smtp_tls_protocols=!SSLv2", []),
        ("smtp_tls_mandatory_protocols=>=TLSv1.2", ["1 TLSv1.2"]),
        ("relayhost=[h.example.com]:25", ["1 client 25 -"]),
        ("relayhost=[127.0.0.1]:25", []),
        ("relayhost=h.example.com", ["1 client 25 -"]),
        ("relayhost=[h.example.com]:submission", ["1 client 587 -"]),
        ("relayhost=[h.example.com]:465", ["1 wrong-tls-mode"]),
        ("relayhost=[h.example.com]:465 smtp_tls_wrappermode=yes", ["1 client 465 -"]),
        ("relayhost=[h.example.com]:587 smtp_tls_wrappermode=yes", ["2 wrong-tls-mode"]),
        (
            "relayhost=[h.example.com]:587 smtp_sasl_auth_enable=yes smtp_tls_security_level=may",
            ["1 client 587 - login", "3 starttls-not-required"],
        ),
        (
            "relayhost=[h.example.com]:587 smtp_sasl_auth_enable=yes smtp_tls_security_level=none",
            ["1 client 587 -", "3 cleartext-port"],
        ),
    ],
)
def test_a_complete_main_cf(text: str, facts: list[str]) -> None:
    assert short(main_facts(parameters(text), True)) == facts


@pytest.mark.parametrize(
    "text", ["smtpd_sasl_auth_enable=yes", "relayhost=[h.example.com]:8025", f"relayhost={UNKNOWN}"]
)
def test_a_part_of_main_cf_says_nothing_about_what_is_missing(text: str) -> None:
    assert short(main_facts(parameters(text), False)) == []


@pytest.mark.parametrize(
    ("name", "own", "main", "facts"),
    [
        ("smtp", "", "", ["9 listener 25 -"]),
        ("smtp", "smtpd_tls_security_level=encrypt", "", ["1 wrong-tls-mode", "9 listener 25 -"]),
        ("submission", "", "", ["9 starttls-not-required", "9 listener 587 -"]),
        ("587", "", "smtpd_tls_security_level=encrypt", ["9 listener 587 -"]),
        (
            "submission",
            "smtpd_tls_security_level=may",
            "",
            ["1 starttls-not-required", "9 listener 587 -"],
        ),
        ("submission", "smtpd_tls_security_level=encrypt", "", ["9 listener 587 -"]),
        (
            "submission",
            "smtpd_tls_security_level=none",
            "",
            ["1 cleartext-port", "9 listener 587 -"],
        ),
        ("submission", "smtpd_tls_wrappermode=yes", "", ["1 wrong-tls-mode", "9 listener 587 -"]),
        ("smtps", "", "", ["9 wrong-tls-mode", "9 listener 465 -"]),
        ("0.0.0.0:465", "smtpd_tls_wrappermode=yes", "", ["9 listener 465 -"]),
        ("127.0.0.1:submission", "", "", []),
        ("10025", "", "", []),
        (
            "smtp",
            "smtpd_tls_auth_only=no",
            "smtpd_sasl_auth_enable=yes",
            ["1 login-before-tls", "9 listener 25 -"],
        ),
    ],
)
def test_an_entry_of_master_cf(name: str, own: str, main: str, facts: list[str]) -> None:
    entry = Entry(name, "inet", "smtpd", Place(9), parameters(own))
    assert short(entry_facts(entry, parameters(main))) == facts


def test_an_entry_whose_options_are_not_all_known() -> None:
    entry = Entry("submission", "inet", "smtpd", Place(9), {}, complete=False)
    assert short(entry_facts(entry, {})) == ["9 listener 587 -"]


def test_one_option_by_itself() -> None:
    level = Parameter("may", Place(2))
    assert short(option_facts("submission", "inet", "smtpd_tls_security_level", level)) == [
        "2 starttls-not-required"
    ]


def test_only_parameters_of_the_rules_are_kept() -> None:
    assert set(parameters_from(parameters("relayhost=a myhostname=b"))) == {"relayhost"}
