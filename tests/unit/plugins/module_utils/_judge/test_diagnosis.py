# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the diagnosis: which cause, on which evidence, with which advice, fault by fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.diagnosis import diagnose
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Failure,
    Observation,
    Phase,
    Starttls,
    Tls,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import CAUSES, RULES

from tests.unit.plugins.module_utils._judge.judge_table import (
    LOGGING_IN,
    LOGIN,
    NO_LOGIN,
    TABLE,
    TWO,
    certificate,
    host,
    judged,
    stripped,
    tls,
    twice,
    unseen,
)
from tests.unit.plugins.module_utils.observations import (
    ROWS,
    good,
    shut,
)

ICMP = "Host is unreachable (ICMP communication administratively prohibited from 198.51.100.254)"


@dataclass(frozen=True)
class Row:
    """What is seen, the finding it is about, and what must be said of it (parts of the texts)."""

    seen: Sequence[Observation]
    rule: str
    service: str
    cause: str
    evidence: tuple[str, ...] = ()
    remedy: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()
    how: Any = None


def one(name: str, seen: Observation) -> list[Observation]:
    """Return the well-run host with one observation replaced."""
    return host(**{name: seen})


TALKED = good("submission", secure=Phase(), failure=Failure("capabilities_tls", "closed", "gone"))

CASES = {
    "dropped": Row(
        one("imaps", shut("imaps", "filtered", reach_detail="no answer within 20 s")),
        "port-closed",
        "imaps",
        "port_blocking",
        ("no answer within 20 s, while 25, 587, 465, 995 of the same address answer",),
        ("firewall",),
    ),
    "rejected": Row(
        one("imaps", shut("imaps", "unreachable", reach_detail=ICMP)),
        "port-closed",
        "imaps",
        "port_blocking",
        ("administratively prohibited from 198.51.100.254", "while 25,"),
        ("firewall",),
    ),
    "refused_among_open_ones": Row(
        one("imaps", shut("imaps", reach_detail="Connection refused")),
        "port-closed",
        "imaps",
        "incorrect_port_settings",
        ("Connection refused, while 25, 587, 465, 995 of the same address answer",),
        ("Configure the listener", "nothing listens", "firewall"),
    ),
    "all_refused": Row(
        unseen("refused"),
        "port-closed",
        "imaps",
        "incorrect_port_settings",
        ("no other mail port of this address answers",),
        ("Start the mail servers",),
    ),
    "all_dropped": Row(
        unseen("filtered"),
        "port-closed",
        "imaps",
        "port_blocking",
        ("no other mail port of this address answers",),
        ("host is up", "nothing came back"),
    ),
    "all_dropped_and_meant_to_be_closed": Row(
        unseen("filtered"),
        "not-probed",
        "imap",
        "port_blocking",
        ("no other mail port of this address answers",),
    ),
    "dropped_while_the_rest_refuses": Row(
        [shut(name, "filtered" if name == "imaps" else "refused") for name in ROWS],
        "port-closed",
        "imaps",
        "port_blocking",
        ("no other mail port of this address answers", "but 25, 587, 465, 2525, 110, 995, 143 ref"),
        ("The host is up", "firewall"),
        ("nothing came back",),
    ),
    "dropped_on_one_address_only": Row(
        [*host(), *[shut(name, "filtered", address=TWO) for name in ROWS]],
        "port-closed",
        "imaps",
        "port_blocking",
        ("no other mail port of this address answers", "while 198.51.100.1 does"),
        ("another address",),
    ),
    "25_filtered_while_587_answers": Row(
        one("smtp", shut("smtp", "filtered")),
        "port-closed",
        "smtp",
        "port_blocking",
        ("while 587, 465, 995, 993",),
        (
            "Many providers block outgoing connections",
            "587 (submission)",
            "465 (submissions)",
            "2525",
        ),
        ("25 (smtp)",),
    ),
    "25_filtered_while_only_imap_answers": Row(
        unseen("filtered", "imaps"),
        "port-closed",
        "smtp",
        "port_blocking",
        ("while 993 of",),
        ("firewall",),
        ("Many providers",),
    ),
    "587_filtered_while_25_answers": Row(
        one("submission", shut("submission", "filtered")),
        "port-closed",
        "submission",
        "port_blocking",
        ("while 25,",),
        ("firewall",),
        ("Many providers",),
    ),
    "closed_from_here": Row(
        one("imap", shut("imap", "filtered")),
        "closed-from-here",
        "imap",
        "port_blocking",
        ("says filtered, while 25,",),
    ),
    "cut_off": Row(
        one("imaps", shut("imaps", "reset", reach_detail="Connection reset by peer")),
        "port-closed",
        "imaps",
        "port_blocking",
        ("accepted, then connection reset by peer",),
        ("proxy", "port forward"),
    ),
    "tls_on_a_plain_port": Row(
        one("submission", good("submission", tls_mode="implicit", starttls=Starttls())),
        "wrong-tls-mode",
        "submission",
        "incorrect_port_settings",
        ("speaks like submissions (465)",),
        ("smtpd_tls_wrappermode",),
    ),
    "plain_on_a_tls_port": Row(
        one("imaps", good("imaps", tls_mode="starttls", starttls=Starttls(True, "accepted"))),
        "wrong-tls-mode",
        "imaps",
        "incorrect_port_settings",
        ("speaks like imap (143)",),
    ),
    "another_mail_protocol": Row(
        one("imaps", good("imaps", protocol_seen="pop3")),
        "wrong-protocol",
        "imaps",
        "incorrect_port_settings",
        ("pop3 (110)", "pop3s (995)"),
    ),
    "another_protocol": Row(
        one("imaps", good("imaps", protocol_seen="ssh", greeting="SSH-2.0-OpenSSH_9.2")),
        "wrong-protocol",
        "imaps",
        "incorrect_port_settings",
        ("greeting: SSH-2.0-OpenSSH_9.2",),
    ),
    "a_dialogue_that_failed": Row(
        one("imaps", good("imaps", failure=Failure("login", "garbled", "nothing"))),
        "no-dialogue",
        "imaps",
        "incorrect_port_settings",
        ("greeting: ready",),
    ),
    "an_authentication_service_that_is_gone": Row(
        one("submission", TALKED),
        "no-dialogue",
        "submission",
        "authentication_issue",
        ("ends inside TLS",),
        ("private/auth",),
    ),
    "a_relay_has_no_authentication_service": Row(
        one("smtp", replace(TALKED, service="smtp", port=25)),
        "no-dialogue",
        "smtp",
        "incorrect_port_settings",
        ("greeting: ready",),
    ),
    **{
        f"sent_away_{words}": Row(
            one("imaps", good("imaps", reach="inconclusive", reach_detail=words)),
            "inconclusive",
            "imaps",
            "not_probed",
            ("greeting: ready",),
            (part,),
        )
        for words, part in (
            ("501 5.5.4 Invalid domain name", "ehlo_name"),
            ("550 need fully-qualified hostname", "ehlo_name"),
            ("* BYE [UNAVAILABLE] Auth process broken", "authentication service"),
            ("421 No client certificate", "certificate from the client"),
            ("421 4.7.0 too many connections", "limits how often"),
            ("554 5.7.1 your address is on a block list", "block list"),
        )
    },
    "slow": Row(
        one("imaps", good("imaps", failure=Failure("greeting", "timeout", "nothing within 20 s"))),
        "inconclusive",
        "imaps",
        "not_probed",
        (),
        ("raise timeout",),
    ),
    "no_route": Row(
        one("imaps", shut("imaps", "not_probed", reach_detail="this machine has no route to ::1")),
        "not-probed",
        "imaps",
        "not_probed",
        ("no route",),
        ("a machine that has a route",),
    ),
    "refused_for_now": Row(
        one("imaps", good("imaps", reach="inconclusive", reach_detail="* BYE busy")),
        "inconclusive",
        "imaps",
        "not_probed",
        ("greeting: ready",),
        ("wait",),
    ),
    "login_before_tls": Row(
        one("submission", good("submission", clear=Phase((), ("CRAM-MD5",), True))),
        "login-before-tls",
        "submission",
        "authentication_issue",
        ("mechanisms: CRAM-MD5",),
        ("smtpd_tls_auth_only",),
    ),
    "login_missing": Row(
        one("submission", good("submission", clear=LOGIN, secure=NO_LOGIN)),
        "login-missing",
        "submission",
        "authentication_issue",
        ("no mechanisms are listed",),
        ("private/auth",),
    ),
    "login_unexpected": Row(
        one("smtp", good("smtp", secure=LOGIN)),
        "login-unexpected",
        "smtp",
        "authentication_issue",
        ("mechanisms: PLAIN",),
    ),
    "login_refused": Row(
        one("imaps", good("imaps", login="refused", login_reply="NO")),
        "login-failed",
        "imaps",
        "authentication_issue",
        ("mechanisms: PLAIN",),
        how={"asked": LOGGING_IN},
    ),
    "certificate": Row(
        one("imaps", certificate("imaps", not_after="2026-05-01T00:00:00Z")),
        "certificate-expired",
        "imaps",
        "tls_error",
        (),
        ("Renew",),
    ),
    "name": Row(
        one("imaps", tls("imaps", name_matches=False)), "certificate-name", "imaps", "tls_error"
    ),
    "no_starttls": Row(
        one("submission", stripped("submission", Starttls(False, "not_offered", "502"))),
        "starttls-not-offered",
        "submission",
        "tls_error",
    ),
    "no_tls": Row(
        one("imaps", good("imaps", tls=Tls("failed", error="alert"), tls_mode="")),
        "tls-failed",
        "imaps",
        "tls_error",
    ),
    "not_reached": Row(
        one("imaps", shut("imaps", "not_probed")), "not-probed", "imaps", "not_probed"
    ),
}


def explained(row: Row) -> Finding:
    """Return the one finding that the row is about."""
    findings = diagnose(judged(row.seen, **(row.how or {})), row.seen)
    (*_others, found) = [f for f in findings if (f.rule, f.service) == (row.rule, row.service)]
    return found


@pytest.mark.parametrize("name", CASES)
def test_cause_evidence_and_remedy(name: str) -> None:
    """One fault each."""
    row = CASES[name]
    found = explained(row)
    assert found.cause == row.cause
    for part in row.evidence:
        assert part in found.evidence
    for part in row.remedy:
        assert part in found.remedy
    for part in row.not_said:
        assert part not in found.evidence + found.remedy


def test_every_cause_is_found_by_some_row() -> None:
    """And no other words are used."""
    assert {row.cause for row in CASES.values()} == set(CAUSES)


@pytest.mark.parametrize("number", range(len(TABLE)))
def test_only_cause_evidence_and_remedy_change(number: int) -> None:
    """Over the judge's whole table: nothing is added, dropped or reordered."""
    row = TABLE[number]
    before = judged(row.does, **row.how)
    after = diagnose(before, row.does)
    assert len(after) == len(before)
    for old, new in zip(before, after):
        assert replace(new, cause=old.cause, evidence=old.evidence, remedy=old.remedy) == old
        assert new.cause in CAUSES
        assert new.remedy
        assert new.evidence.isprintable()


def test_each_address_is_explained_by_itself() -> None:
    """The same port may be blocked on one and closed on the other."""
    seen = twice(imaps=shut("imaps", "filtered"))
    seen = [replace(o, reach="refused") if o == good("imaps") else o for o in seen]
    found = {
        f.address: f.evidence
        for f in diagnose(judged(seen), seen)
        if (f.rule, f.service) == ("port-closed", "imaps")
    }
    assert set(found) == {"198.51.100.1", TWO}
    assert found[TWO].startswith("says filtered")


def test_without_observations_nothing_changes() -> None:
    """A finding about the whole host, or about a port that nobody saw, stays as it is."""
    findings = judged([])
    assert diagnose(findings, []) == findings
    assert {finding.cause for finding in findings} == {RULES["not-probed"].cause}
