# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that tell what was not learnt of live mail ports."""

from __future__ import annotations

from .rule import NOT_PROBED, Rule

# What was not learnt. No policy changes these, no waiver excuses them: whoever does not want a
# question asked switches off the demand that asks it.
NOT_KNOWN_ROWS = (
    Rule(
        "resolver-failed",
        "error",
        "addresses of the host name could not be looked up: {seen}",
        NOT_PROBED,
        "Probe again, or check the resolver of the probing machine; or list the addresses in the "
        "intent, so that no look-up is needed.",
        "RFC 1035 section 4.1.1",
    ),
    Rule(
        "inconclusive",
        "error",
        "could not be probed to the end: {seen}",
        NOT_PROBED,
        "The server turned this client away or was too slow (rate limit, block list, overload): "
        "wait, or probe from an address that it accepts.",
        "RFC 5321 sections 3.1 and 3.8",
    ),
    Rule(
        "not-probed",
        "error",
        "was not probed: {seen}",
        NOT_PROBED,
        "Fix what kept the probe from running, then run it again; until then nothing is known.",
        "the intent",
    ),
    Rule(
        "not-known",
        "error",
        "did not show {what}: {seen}",
        NOT_PROBED,
        "Fix the cause and probe again, or switch the demands off in a policy of your own: they "
        "then count as not asked.",
        "the policy",
    ),
    Rule(
        "tls-version-not-probed",
        "error",
        "did not show whether {what} is accepted: {seen}",
        NOT_PROBED,
        "Probe again when the server answers; if you do not need this check, switch tls-version "
        "off in a policy of your own.",
        "RFC 8996 section 2",
    ),
    Rule(
        "login-not-probed",
        "error",
        "did not show {what}: {seen}",
        NOT_PROBED,
        "Find out why the server does not list its capabilities, then probe again.",
        "RFC 8314 section 4.1",
    ),
    Rule(
        "starttls-injection-not-probed",
        "error",
        "did not show whether commands sent in cleartext right after STARTTLS are obeyed: {seen}",
        NOT_PROBED,
        "Probe again when the server answers; if you do not need this check, leave "
        "starttls_injection out.",
        "RFC 3207 section 4.2",
    ),
    Rule(
        "verification-off",
        "error",
        "certificate was not verified (verify: false)",
        NOT_PROBED,
        "Switch verification on; for a private authority, set ca_path.",
        "RFC 7817 section 3",
    ),
)
