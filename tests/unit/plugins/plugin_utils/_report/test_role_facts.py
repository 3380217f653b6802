# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the report of a fleet is that of its hosts one by one, byte for byte, in every format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleError
from ansible_collections.postmaster.mailports.plugins.action import fleet_check
from ansible_collections.postmaster.mailports.plugins.filter.audit_domains import audit_domains
from ansible_collections.postmaster.mailports.plugins.filter.audit_rows import audit_rows
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.folder import completed
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.gate import gate
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.merge import (
    merge,
    with_expected,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.unfinished import (
    Unfinished,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.waivers import (
    waivers_from,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._check import job
from ansible_collections.postmaster.mailports.plugins.module_utils._fleet.options import audits_from
from ansible_collections.postmaster.mailports.plugins.module_utils._fleet.run import (
    LIMITS,
    audit_many,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.run import run
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import validated
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report import role_facts
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.collect import audit_from
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.renderers import reports
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.role_facts import Results

from tests.report import audits as recorded
from tests.support.certificates import Certificates
from tests.support.demo import FAULTY, INTENDED, describe
from tests.support.embedded import EmbeddedHost

WAIVER = {"rule": "login-before-tls", "reason": "old", "owner": "ops", "expires": "2099-01-01"}
HERE = "controller"


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, EmbeddedHost]]:
    """Serve the host that is as intended, and the one that is full of faults."""
    with (
        Certificates() as certificates,
        INTENDED.start(certificates) as good,
        FAULTY.start(certificates) as faulty,
    ):
        yield {"good": good, "faulty": faulty}


def questions(served: dict[str, EmbeddedHost]) -> dict[str, dict[str, Any]]:
    """Return what the role would ask of each host: two that answer, and every way not to."""
    found: dict[str, dict[str, Any]] = {}
    for name, host in served.items():
        told = describe(host)
        intent = {"host": told["name"], "addresses": [told["address"]]}
        intent["services"] = told["services"]
        found[name] = {"intent": intent, "ca_path": host.ca_file}
    one = found["good"]
    found["again"] = one
    found["other policy"] = {**one, "policy": "starttls_first"}
    found["nowhere"] = {"intent": {"host": "nowhere.invalid"}}
    found["wrong"] = {"intent": {"host": "h", "services": {"imapz": {}}}}
    found["no authority"] = {**one, "ca_path": "/does/not/exist.pem"}
    return found


def one_by_one(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what port_check registers for a host."""
    defaults = {key: one.get("default") for key, one in job.options().items()}
    try:
        given = {"policy": asked["policy"]} if asked.get("policy") else {}
        intent = validated({**asked["intent"], **given})
        planned = job.plan({**defaults, **asked, "intent": intent})
        result, failed = job.conclude(planned, run(planned.request))
    except (AnsibleError, ValueError) as error:
        return {"failed": True, "msg": str(error)}
    return {**result, "failed": failed, "changed": False}


def timeless(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without the times of its connections."""
    if "observations" not in result:
        return result
    return {**result, "observations": [{**one, "times": {}} for one in result["observations"]]}


def hostvars(asked: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the variables of hosts as the role has settled them."""
    return {
        name: {
            "mailports_intent": one["intent"],
            "mailports_policy": one.get("policy"),
            "mailports_audit_settled": {"asked": {HERE: [{**one, "name": name}]}},
        }
        for name, one in asked.items()
    }


def documents(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the document of rows, as audit_report makes it."""
    results = Results({}, Path(constants.DEFAULT_LOCAL_TMP))
    whole = [results.whole(row["host"], row["vantage"], row["result"]) for row in rows]
    names = [row["host"] for row in rows]
    vantages = [row["vantage"] for row in rows]
    made = audit_from(whole, names, vantages, recorded.NOW)
    return with_expected(made, zip(names, vantages))


def test_the_same_bytes_as_host_by_host(served: dict[str, EmbeddedHost], tmp_path: Path) -> None:
    """Page, gate, drift, waivers, merge and every format."""
    asked = questions(served)
    known = hostvars(asked)
    single = {
        name: {**one, "mailports_audit_seen_from": {HERE: timeless(one_by_one(asked[name]))}}
        for name, one in known.items()
    }
    kept = Unfinished(tmp_path / "run.jsonl")
    given = {"audits": [{**one, "name": name} for name, one in asked.items()], "fail_on": "error"}
    defaults = {key: one.get("default") for key, one in job.options().items()}
    todo = [fleet_check._judged(one) for one in audits_from({**defaults, **given})]
    for one in audit_many(todo, LIMITS):
        kept.add(one["name"], HERE, "", timeless(one))
    task = {"mailports_audit_seen": {"kept": str(kept.path)}}
    many = {name: {**one, **task} for name, one in known.items()}

    before, after = (documents(audit_rows(one, list(asked))) for one in (single, many))
    assert [host["compliant"] for host in after["hosts"]].count(True) == 3
    assert [host["name"] for host in after["hosts"] if not host["audited"]] == [
        "no authority",
        "wrong",
    ]
    last = {**after, "generated": recorded.EARLIER, "hosts": after["hosts"][1:]}
    waivers = waivers_from([WAIVER])
    whole = [completed(one, waivers, last) for one in (before, after)]
    assert reports(whole[0]) == reports(whole[1])
    assert gate(whole[0]) == gate(whole[1])
    parts = [
        {**after, "hosts": after["hosts"][:3]},
        {**after, "hosts": after["hosts"][3:]},
    ]
    assert reports(merge(parts)) == reports(merge([before]))
    domain = {"mailports_domain": {"domain": "example.net"}}
    seen = [
        audit_domains({name: {**one, **domain} for name, one in known.items()}, list(asked))
        for known in (single, many)
    ]
    assert seen[0] == seen[1]
    assert len(seen[0][0]["endpoints"]) > 20


def test_what_has_no_result_says_why() -> None:
    """Nothing was settled for one host, and the task of another one died."""
    settled = {"asked": {HERE: [{"name": "died"}]}, "then": {"monitor": [{"name": "died"}]}}
    known = {
        "alone": {"mailports_audit_settled": {"failed": True, "msg": "no vantage"}},
        "died": {
            "mailports_audit_settled": settled,
            "mailports_audit_seen": {"failed": True, "msg": "MODULE FAILURE"},
        },
    }
    rows = audit_rows(known, list(known))
    assert [(row["host"], row["vantage"]) for row in rows] == [
        ("alone", ""),
        ("died", HERE),
        ("died", "monitor"),
    ]
    assert [row["result"]["msg"] for row in rows] == [
        "no vantage",
        "MODULE FAILURE",
        "MODULE FAILURE",
    ]
    assert not any(row["result"]["compliant"] for row in rows)


def test_a_host_of_another_slice_is_elsewhere() -> None:
    settled = {"asked": {}, "then": {}, "elsewhere": {"a": [HERE, "configuration"]}}
    rows = audit_rows({"a": {"mailports_audit_settled": settled}}, ["a"])
    assert [(row["vantage"], row["elsewhere"]) for row in rows] == [
        (HERE, True),
        ("configuration", True),
    ]


def test_what_hosts_say_of_themselves_is_added_where_they_say_it() -> None:
    listeners = {"configured": [], "holders": []}
    known = {
        "a": {},
        "b": {"mailports_audit_listeners": listeners},
        "c": {"mailports_audit_listeners": {"failed": True, "msg": "x"}},
    }
    audits = [{"name": name, "intent": {"host": name}} for name in known]
    found = role_facts.with_listeners(audits, known)
    assert [one.get("configured") for one in found] == [None, listeners, None]
