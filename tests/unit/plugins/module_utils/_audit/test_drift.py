# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that drift is what really changed, and that what was not seen is no change."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.drift import (
    KINDS,
    change_rows,
    with_drift,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Phase,
    Tls,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import DRIFT

from tests.report import audits

HOST = "m.example.net"
OPEN_IMAP: dict[str, Any] = {"smtp": {}, "submission": {}, "imaps": {}, "imap": {}}
ENDED: dict[str, Any] = {"reach": "filtered", "reach_detail": "no answer"}
UNSEEN: dict[str, Any] = {"reach": "not_probed", "reach_detail": "deadline"}


def compared(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return an audit of one result since another."""
    return with_drift(document([before], audits.EARLIER), document([now], audits.NOW))


def drift(before: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return rule, severity and service of each finding of drift."""
    (host,) = compared(before, now)["hosts"]
    return [
        (one["rule"], one["severity"], one["service"])
        for one in host["findings"]
        if one["rule"] in DRIFT
    ]


def seen(**changes: dict[str, Any]) -> dict[str, Any]:
    """Return the result on a host of which ``changes`` was seen."""
    return audits.result(HOST, changes)


def certificate(**changes: Any) -> dict[str, Any]:
    """Return what was seen of a service with another certificate."""
    return {"certificate": audits.certificate(HOST, **changes)}


CASES = [
    ({}, {}, []),
    ({}, {"imap": audits.OPENED}, [("drift-port-opened", "warning", "imap")]),
    ({"imap": ENDED}, {"imap": audits.OPENED}, [("drift-port-opened", "warning", "imap")]),
    ({"imap": UNSEEN}, {"imap": audits.OPENED}, []),
    ({"imap": audits.OPENED}, {}, []),
    ({"imaps": ENDED}, {}, []),
    ({}, {"imaps": ENDED}, []),
    ({}, {"submission": audits.CLEAR_LOGIN}, [("drift-login-in-clear", "warning", "submission")]),
    ({"submission": {"clear": Phase()}}, {"submission": audits.CLEAR_LOGIN}, []),
    ({"submission": audits.CLEAR_LOGIN}, {"submission": audits.CLEAR_LOGIN}, []),
    ({}, {"imaps": audits.OLD_TLS}, [("drift-tls-version", "warning", "imaps")]),
    (
        {},
        {"imaps": {"tls": Tls("established", "TLSv1.1", trusted=True, name_matches=True)}},
        [("drift-tls-version", "warning", "imaps")],
    ),
    ({"imaps": {"versions": {"TLSv1": ("untried", "")}}}, {"imaps": audits.OLD_TLS}, []),
    (
        {},
        {"imaps": certificate(issuer="CN=Other")},
        [("drift-certificate-issuer", "warning", "imaps")],
    ),
    (
        {},
        {"imaps": certificate(spki_sha256="ff")},
        [("drift-certificate-key", "info", "imaps")],
    ),
    ({}, {"imaps": certificate(serial="02", sha256="ff")}, []),
    ({"imaps": {"certificate": None}}, {}, []),
]


@pytest.mark.parametrize(("before", "now", "expected"), CASES)
def test_what_is_drift(
    before: dict[str, Any], now: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert drift(seen(**before), seen(**now)) == expected


def test_a_port_that_the_intent_opened_is_a_note() -> None:
    found = drift(seen(), audits.result(HOST, services=OPEN_IMAP))
    assert ("drift-port-opened", "info", "imap") in found


def test_each_rule_of_drift_is_shown_by_a_case() -> None:
    assert {rule for _before, _now, found in CASES for rule, _severity, _service in found} == set(
        DRIFT
    )


def kinds(audit: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return kind, rule and host of each change."""
    return [(one["kind"], one["rule"], one["host"]) for one in audit["changes"]]


def test_findings_that_came_and_went() -> None:
    worse = compared(seen(), seen(submission=audits.CLEAR_LOGIN))
    assert ("new", "login-before-tls", HOST) in kinds(worse)
    better = compared(seen(submission=audits.CLEAR_LOGIN), seen())
    assert kinds(better) == [("resolved", "login-before-tls", HOST)]
    assert compared(seen(), seen())["changes"] == []


def test_other_words_are_no_change() -> None:
    before = audits.result(HOST, days=5)
    now = audits.result(HOST, days=4)
    assert before["findings"] != now["findings"]
    assert compared(before, now)["changes"] == []


def test_what_is_not_seen_any_more_is_not_resolved() -> None:
    lost = compared(seen(submission=audits.CLEAR_LOGIN), {"host": HOST, "vantage": "monitor"})
    assert kinds(lost) == [("new", "not-probed", HOST)]
    blind = compared(seen(imaps=audits.OLD_TLS), seen(imaps=UNSEEN))
    assert kinds(blind) == [("new", "not-probed", HOST)]


def test_hosts_that_came_and_went_and_vantages_apart() -> None:
    one, other = audits.result("a.example.net"), audits.result("b.example.net")
    assert kinds(compared(one, other)) == [
        ("host_added", "", "b.example.net"),
        ("host_removed", "", "a.example.net"),
    ]
    moved = compared(seen(), {**seen(imap=audits.OPENED), "vantage": "elsewhere"})
    assert [kind for kind, _rule, _host in kinds(moved)] == ["new", "host_added", "host_removed"]


def test_comparing_again_finds_the_same() -> None:
    before = document([seen()], audits.EARLIER)
    once = compared(seen(), seen(imap=audits.OPENED))
    assert with_drift(before, once) == once
    assert once["previous"] == audits.EARLIER
    again = with_drift(once, document([seen(imap=audits.OPENED)], "2026-11-26T02:00:00Z"))
    assert again["changes"] == [], "drift is reported once"


def test_people_are_told_once_what_several_ports_show() -> None:
    changed = certificate(issuer="CN=Other")
    rows = change_rows(compared(seen(), seen(imaps=changed, submission=changed))["changes"])
    assert [(one["kind"], one["rule"]) for one in rows] == [("drift", "drift-certificate-issuer")]
    assert rows[0]["what"].startswith("submission (587), imaps (993) certificate was issued by")
    assert rows[0]["host"] == HOST
    assert set(KINDS.values()) >= {one["kind"] for one in rows}


@pytest.mark.parametrize(
    ("number", "words"), [(2, "h0, h1"), (3, "h0, h1, h2"), (9, "h0, h1, h2 and 6 more")]
)
def test_people_are_told_once_what_several_hosts_show(number: int, words: str) -> None:
    names = [f"h{index}" for index in range(number)]
    before = document([audits.result(name) for name in names], audits.EARLIER)
    opened = [audits.result(name, {"imap": audits.OPENED}) for name in names]
    rows = change_rows(with_drift(before, document(opened, audits.NOW))["changes"])
    assert [(one["kind"], one["host"]) for one in rows] == [("drift", words), ("new", words)]
