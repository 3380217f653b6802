# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what a host that was not reached, and a configuration, become in an audit."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.filter.audit_rows import audit_rows
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    document,
    findings_of,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.gate import gate
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.audit_text import (
    to_text,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.prometheus import (
    to_prometheus,
)

from tests.report import audits

HOST = "gone.example.net"
INTENT = {"host": HOST, "services": {"smtp": {}, "imaps": {}}}
LOST = {"unreachable": True, "msg": "no route"}
# The whole table is probed: what the intent leaves out is meant to be closed.
PORTS = [25, 587, 465, 2525, 110, 995, 143, 993]


def rows(**known: Any) -> list[dict[str, Any]]:
    """Return the rows of one host whose variables are ``known``."""
    return audit_rows({"gone": known}, ["gone"])


def lost(**known: Any) -> dict[str, Any]:
    """Return the audit of a host that one vantage could not reach."""
    seen = {"mailports_audit_seen_from": {"monitor": LOST}}
    made = [
        {**row["result"], "name": row["host"], "vantage": row["vantage"]}
        for row in rows(**seen, **known)
    ]
    return document(made, audits.NOW)


def test_every_endpoint_of_a_host_that_was_not_reached_is_not_probed() -> None:
    audit = lost(mailports_intent=INTENT)
    (host,) = audit["hosts"]
    assert (host["host"], host["vantage"]) == (HOST, "monitor")
    assert (host["audited"], host["compliant"], audit["compliant"]) == (False, False, False)
    found = list(findings_of(audit))
    assert {one["rule"] for one in found} == {"not-probed"}
    assert [one["port"] for one in found] == PORTS
    assert all("no route" in one["message"] for one in found)


def test_such_endpoints_are_shown_in_text_and_metrics() -> None:
    audit = lost(mailports_intent=INTENT)
    text = to_text(audit["hosts"])
    assert f"gone ({HOST}) from monitor: NOT AUDITED\n  no route\n  not probed: smtp (25), " in text
    assert "\n0 of 1 hosts as intended, 1 not audited." in text
    reach = 'service="imaps",port="993",address="",reach="not_probed"} 1'
    assert reach in to_prometheus(audit)


@pytest.mark.parametrize(("unreachable", "passed"), [("fail", False), ("warn", True)])
def test_they_count_as_configured(unreachable: str, passed: bool) -> None:
    audit = lost(mailports_intent=INTENT)
    (gone,) = audit["hosts"]
    seen = {**gone, "name": "mx", "audited": True, "findings": [], "demands": []}
    made = gate({**audit, "hosts": [gone, seen]}, unreachable=unreachable)
    assert made.passed is passed
    assert made.message == "0 findings count (0 allowed), 1 of 2 hosts not audited: gone"


@pytest.mark.parametrize("unreachable", ["fail", "warn"])
def test_an_audit_that_saw_no_host_proves_nothing(unreachable: str) -> None:
    made = gate(lost(mailports_intent=INTENT), unreachable=unreachable)
    assert not made.passed
    assert made.message == "0 findings count (0 allowed), 1 of 1 hosts not audited: gone"


@pytest.mark.parametrize("intent", [{"host": 3}, "imaps", {"host": HOST, "services": {"x": {}}}])
def test_without_a_valid_intent_the_host_is_one_row(intent: Any) -> None:
    (found,) = findings_of(lost(mailports_intent=intent))
    assert (found["rule"], found["port"]) == ("not-probed", 0)
    assert "no route" in found["message"]


def test_without_an_intent_the_policy_says_what_there_was_to_be_probed() -> None:
    audit = lost(ansible_host="192.0.2.1")
    assert audit["hosts"][0]["host"] == "gone"
    assert audit["hosts"][0]["intent"]["addresses"] == ["192.0.2.1"]
    assert len(list(findings_of(audit))) == len(PORTS)


def test_a_policy_of_the_users_own_judges_the_configuration() -> None:
    listener = {
        "service": "submissions",
        "protocol": "smtp",
        "port": 465,
        "tls": "implicit",
        "server": "postfix",
        "clear_login": False,
        "source": {"file": "/etc/postfix/master.cf", "line": 3},
    }
    known = {
        "mailports_intent": INTENT,
        "mailports_audit_seen_from": {"monitor": audits.result(HOST, services=INTENT["services"])},
        "mailports_audit_listeners": {"configured": [listener]},
    }
    assert rows(**known)[1]["result"]["findings"] == []
    own = {"extends": "starttls_first", "name": "ours"}
    judged = rows(**known, mailports_policy=own)[1]["result"]
    assert judged["summary"]["policy"] == "ours"
    assert [one["rule"] for one in judged["findings"]] == ["deprecated-port"]


@pytest.mark.parametrize(
    ("proxied", "allows", "remedy"),
    [
        (True, "no", "Set ssl = required"),
        (True, "yes", "Offer logins only inside TLS"),
        (False, "yes", "Offer logins only inside TLS"),
    ],
)
def test_logins_in_clear_by_configuration(proxied: bool, allows: str, remedy: str) -> None:
    """What to do depends on what has been done: behind a proxy Dovecot 2.4 heeds ssl alone."""
    listener = {
        "service": "10143",
        "protocol": "imap",
        "port": 10143,
        "tls": "starttls",
        "server": "dovecot",
        "clear_login": True,
        "proxied": proxied,
        "settings": {"ssl": "yes", "auth_allow_cleartext": allows},
        "source": {"file": "/etc/dovecot/conf.d/90-mine.conf", "line": 2},
    }
    known = {
        "mailports_intent": INTENT,
        "mailports_audit_seen_from": {"monitor": audits.result(HOST, services=INTENT["services"])},
        "mailports_audit_listeners": {"configured": [listener]},
    }
    (found,) = rows(**known)[1]["result"]["findings"]
    assert (found["rule"], found["severity"], found["port"]) == ("login-before-tls", "error", 10143)
    assert found["remedy"].startswith(remedy)


def test_a_configuration_that_could_not_be_read_is_not_audited() -> None:
    """It was asked for and not learnt: that is no row of a host that is as intended."""
    seen = {"mailports_audit_seen_from": {"monitor": audits.result(HOST)}}
    refused = {"failed": True, "msg": "postconf is missing"}
    made = rows(**seen, mailports_audit_listeners=refused)
    assert [row["vantage"] for row in made] == ["monitor", "configuration"]
    assert made[1]["result"] == {"msg": "postconf is missing"}
    skipped = rows(**seen, mailports_audit_listeners={"skipped": True, "changed": False})
    assert [row["vantage"] for row in skipped] == ["monitor"]


def test_a_host_of_another_slice_is_expected_from_its_vantages() -> None:
    made = rows(mailports_audit_seen_from={"elsewhere": ["controller", "configuration"]})
    assert [(row["vantage"], row["elsewhere"]) for row in made] == [
        ("controller", True),
        ("configuration", True),
    ]
