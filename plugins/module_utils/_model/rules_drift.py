# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules about what changed between two audits of the same host; no policy changes them."""

from __future__ import annotations

from .rule import AUTHENTICATION_ISSUE, INCORRECT_PORT_SETTINGS, TLS_ERROR, Rule

DRIFT_ROWS = (
    Rule(
        "drift-port-opened",
        "warning",
        "was {before} at the last audit, and is open now",
        INCORRECT_PORT_SETTINGS,
        "Find out what opened it; close the listener, or name the service in the intent.",
        "the intent",
    ),
    Rule(
        "drift-certificate-issuer",
        "warning",
        "certificate was issued by {before} at the last audit, and now by {seen}",
        TLS_ERROR,
        "Check that somebody meant to change the authority; if not, suspect an attacker on the "
        "network path.",
        "RFC 5280 section 4.1.2.4",
    ),
    Rule(
        "drift-certificate-key",
        "info",
        "certificate has another key than at the last audit ({seen})",
        TLS_ERROR,
        "A renewal usually brings a new key; if none was due, find out who made this one.",
        "RFC 5280 section 4.1.2.7",
    ),
    Rule(
        "drift-login-in-clear",
        "warning",
        "offers login before TLS ({seen}), which it did not at the last audit",
        AUTHENTICATION_ISSUE,
        "Find out what changed the server's settings, and offer logins only inside TLS.",
        "RFC 8314 sections 3.3 and 4.1",
    ),
    Rule(
        "drift-tls-version",
        "warning",
        "accepts {seen} again, which it refused at the last audit",
        TLS_ERROR,
        "Find out what lowered the version (an update, a different crypto policy), and raise it "
        "again.",
        "RFC 8996 section 2",
    ),
)
