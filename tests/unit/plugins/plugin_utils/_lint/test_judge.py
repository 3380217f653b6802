# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how facts become findings under a policy: one table for ports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding_row import (
    sentence,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import (
    CLIENT,
    FIREWALL,
    LISTENER,
    PROBE,
    Flaw,
    Lowest,
    Mention,
    Place,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.judge import judge_lint

POLICY = POLICIES["rfc8314"]


def mention(service: str, role: str, **more: Any) -> Mention:
    """Return a port of a service on line 3."""
    row = SERVICES[service]
    return Mention(row, row.port, role, Place(3), **more)


@pytest.mark.parametrize(
    ("service", "role", "more", "rules"),
    [
        ("imap", LISTENER, {}, ["deprecated-port"]),
        ("imap", FIREWALL, {}, ["deprecated-port"]),
        ("imap", PROBE, {}, ["deprecated-port"]),
        ("imap", CLIENT, {}, ["cleartext-port"]),
        ("imap", CLIENT, {"tls": "starttls"}, ["deprecated-port"]),
        ("imap", CLIENT, {"tls": "some"}, ["deprecated-port"]),
        ("imap", LISTENER, {"tls": "cleartext"}, ["cleartext-port"]),
        ("imap", CLIENT, {"tls": "implicit"}, ["wrong-tls-mode"]),
        ("imap", CLIENT, {"local": True}, []),
        ("imaps", LISTENER, {}, []),
        ("imaps", CLIENT, {"tls": "starttls"}, ["wrong-tls-mode"]),
        ("submissions", CLIENT, {"tls": "implicit", "login": True}, []),
        ("submissions", CLIENT, {"tls": "cleartext"}, ["wrong-tls-mode"]),
        ("submission", CLIENT, {"login": True}, []),
        ("submission", CLIENT, {"login": True, "tls": "cleartext"}, ["cleartext-port"]),
        ("submission", CLIENT, {"tls": "cleartext"}, []),
        ("submission", CLIENT, {"login": True, "tls": "optional"}, ["starttls-not-required"]),
        ("submission", CLIENT, {"tls": "optional"}, []),
        ("smtp", CLIENT, {"login": True}, ["relay-port-for-submission"]),
        ("smtp", CLIENT, {"login": True, "tls": "cleartext"}, ["cleartext-port"]),
        ("smtp", CLIENT, {}, []),
        ("smtp", LISTENER, {}, []),
    ],
)
def test_a_port_in_a_role(service: str, role: str, more: dict[str, Any], rules: list[str]) -> None:
    found = judge_lint([mention(service, role, **more)], POLICY, "a")
    assert [one.rule for one in found] == rules


def test_a_message_says_which_port_to_use_instead() -> None:
    (found,) = judge_lint([mention("imap", CLIENT)], POLICY, "a")
    assert sentence(found.to_dict()) == (
        "imap (143) is used by a client that sets no TLS; use port 993 (imaps) with TLS"
    )


def test_the_most_important_finding_of_a_place_counts() -> None:
    found = judge_lint([mention("imap", LISTENER), mention("imap", CLIENT)], POLICY, "a")
    assert [one.rule for one in found] == ["cleartext-port"]


@pytest.mark.parametrize(("version", "rules"), [("TLSv1.1", ["tls-version"]), ("TLSv1.2", [])])
def test_a_version_is_held_against_the_policy(version: str, rules: list[str]) -> None:
    assert [one.rule for one in judge_lint([Lowest(version, Place(1))], POLICY)] == rules


def test_a_policy_switches_rules_off_but_not_those_about_unread_files() -> None:
    off = replace(POLICY, severities={"obsolete-setting": "off", "not-read": "off"})
    facts = [
        Flaw("obsolete-setting", Place(1), {"seen": "a", "why": "b"}),
        Flaw("not-read", Place(2), {"seen": "a"}),
    ]
    assert [one.rule for one in judge_lint(facts, off)] == ["not-read"]


def test_findings_stand_in_the_order_of_their_lines() -> None:
    facts = [Lowest("TLSv1", Place(line)) for line in (3, 1, 2, 1)]
    assert [one.line for one in judge_lint(facts, POLICY)] == [1, 2, 3]
