# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test many audits in one process: the results of one by one, and nobody pays for another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._check import job
from ansible_collections.postmaster.mailports.plugins.module_utils._fleet import run as fleet
from ansible_collections.postmaster.mailports.plugins.module_utils._fleet.run import (
    LIMITS,
    audit_many,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.run import run

from tests.support.certificates import Certificates
from tests.support.demo import FAULTY, INTENDED, describe
from tests.support.embedded import EmbeddedHost

SECRET = "Tr0ub4dor-and-3"


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, EmbeddedHost]]:
    """Serve the host that is as intended, and the one that is full of faults."""
    with (
        Certificates() as certificates,
        INTENDED.start(certificates) as good,
        FAULTY.start(certificates) as faulty,
    ):
        yield {"good": good, "faulty": faulty}


def audit(name: str, host: EmbeddedHost, **more: Any) -> dict[str, Any]:
    """Return all the options of an audit."""
    told = describe(host)
    intent = {"host": told["name"], "addresses": [told["address"]], "services": told["services"]}
    options = {key: one.get("default") for key, one in job.options().items()}
    return {**options, "name": name, "intent": intent, "ca_path": host.ca_file, **more}


def plain(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without what a clock has put there."""
    seen = [{**one, "times": None} for one in result.get("observations", ())]
    return {**result, "observations": seen}


def test_the_results_are_those_of_one_by_one(served: dict[str, EmbeddedHost]) -> None:
    audits = [audit(name, host) for name, host in served.items()]
    single = {}
    for one in audits:
        planned = job.plan(one)
        result, _failed = job.conclude(planned, run(planned.request))
        single[one["name"]] = plain({"name": one["name"], **result})
    many = {one["name"]: plain(one) for one in audit_many(iter(audits), LIMITS)}
    assert many == single
    assert [many[name]["compliant"] for name in ("good", "faulty")] == [True, False]


def test_whatever_is_wrong_with_one_is_its_own_result(
    served: dict[str, EmbeddedHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = served["good"]
    conclude = fleet.conclude

    def faulty(planned: Any, seen: Any) -> Any:
        if planned.intent.policy.name == "broken":
            raise ValueError(SECRET)
        return conclude(planned, seen)

    monkeypatch.setattr(fleet, "conclude", faulty)
    nowhere = audit("nowhere", good)
    del nowhere["intent"]["addresses"]
    nowhere["intent"]["host"] = "nowhere.invalid"
    audits = [
        audit("no intent", good, intent="imaps"),
        audit("no service", good, intent={"host": "h", "services": {"imapz": {}}}),
        audit("no time", good, timeout=-1.0),
        audit("no authority", good, ca_path="/does/not/exist.pem"),
        audit("broken", good, policy={"extends": "rfc8314", "name": "broken"}),
        nowhere,
        audit("good", good),
        {"name": "nothing"},
    ]
    found = {one["name"]: one for one in audit_many(audits, LIMITS)}
    assert set(found) == {one["name"] for one in audits}
    assert [name for name, one in found.items() if one["compliant"]] == ["good"]
    assert SECRET not in str(found)
    assert found["broken"]["msg"] == "internal error: ValueError"
    assert "timeout: -1 is not" in found["no time"]["msg"]
    assert "/does/not/exist.pem" in found["no authority"]["msg"]
    # Where the intent is known, each of its endpoints is not probed.
    for name in ("no time", "no authority", "broken"):
        assert {one["reach"] for one in found[name]["observations"]} == {"not_probed"}
        assert found[name]["audited"] is False
    made = document(found.values(), "2026-11-25T02:00:00Z")
    audited = [one["name"] for one in made["hosts"] if one["audited"]]
    assert audited == ["good", "nowhere"]
    assert not made["compliant"]
