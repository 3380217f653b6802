# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The linter's own rules: configuration files, variables and waivers, read before anything runs."""

from __future__ import annotations

from . import servers
from .rule import AUTHENTICATION_ISSUE, INCORRECT_PORT_SETTINGS, NOT_PROBED, Rule
from .services import SERVICES

_SUBMISSIONS = f"port {SERVICES['submissions'].port} (submissions)"
_SUBMISSION = f"port {SERVICES['submission'].port} (submission)"

LINT_ROWS = (
    Rule(
        "relay-port-for-submission",
        "warning",
        f"is for mail between servers, but a user logs in here; use {_SUBMISSIONS} or "
        f"{_SUBMISSION}",
        INCORRECT_PORT_SETTINGS,
        f"Send mail through {_SUBMISSIONS} with implicit TLS, or {_SUBMISSION} with STARTTLS "
        "required.",
        "RFC 6409 section 3.1, RFC 8314 section 3.3",
    ),
    Rule(
        "starttls-not-required",
        "warning",
        "does not require STARTTLS ({seen}), so an attacker on the network can strip it",
        INCORRECT_PORT_SETTINGS,
        f"Require it ({servers.words_for(servers.REQUIRE_TLS)}; on a client, choose the setting "
        "that refuses to go on without STARTTLS), or use implicit TLS.",
        "RFC 8314 sections 3.3 and 4.1",
    ),
    Rule(
        "obsolete-setting",
        "warning",
        "sets {seen}, which is obsolete: {why}",
        INCORRECT_PORT_SETTINGS,
        "Do what the message says: use the setting that it names, or remove this one.",
        "RFC 9325 section 3.1; postconf(5), the manual of Dovecot",
    ),
    Rule(
        "wrong-version-setting",
        "error",
        "sets {seen}, which belongs to Dovecot {intended}, but this file is for Dovecot {why}",
        INCORRECT_PORT_SETTINGS,
        "Use the setting of the version that reads the file; otherwise Dovecot will not start.",
        "Dovecot's manual, upgrading from 2.3 to 2.4; RFC 8314 section 4.1",
    ),
    Rule(
        "weak-password-scheme",
        "error",
        "passwords are stored as {seen}: {why}",
        AUTHENTICATION_ISSUE,
        "Store passwords as salted, slow hashes (ARGON2ID, BLF-CRYPT, SHA512-CRYPT), and rehash "
        "the old ones at the next login.",
        "NIST SP 800-63B section 5.1.1.2, RFC 9106 section 4",
    ),
    Rule(
        "not-read",
        "error",
        "was not read: {seen}",
        NOT_PROBED,
        "Fix the file, or exclude it if it holds no mail settings; until then nothing is known of "
        "it.",
        "the policy",
    ),
    Rule(
        "waiver-expired",
        "warning",
        "the waiver of {seen} expired on {why}",
        INCORRECT_PORT_SETTINGS,
        "Fix what it excused, or have its owner extend it to a new date.",
        "the policy",
    ),
    Rule(
        "waiver-without-reason",
        "warning",
        "the waiver of {seen} gives no reason",
        INCORRECT_PORT_SETTINGS,
        "Give the reason after the rule id; until then the finding counts.",
        "the policy",
    ),
)
