# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a complete domain meets every demand, and that each demand breaks when it should.

Our own advice passes our own check: the complete domain serves what ``publish`` gives.
"""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import (
    collect,
    demand,
    judge,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    BOGUS,
    GARBLED,
    KINDS,
    LAME,
    LOOP,
    NXDOMAIN,
    REFUSED,
    SERVFAIL,
    TIMEOUT,
    Answer,
    Fetched,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.run import Run

from tests.support.complete_domain import (
    DNS_FAULTS,
    HOST,
    World,
    domain,
    endpoint,
    published,
    served,
    table,
)
from tests.support.names import Table


def outcomes(world: World, endpoints: Any = "probed") -> list[demand.Outcome]:
    """Return the outcomes of a world."""
    meant = domain(world.intent)
    run = Run(Table(table(world.rows, world.document), world.secure))
    seen = collect.collect(run, [meant])[0]
    json.dumps(seen.to_dict())
    return judge.judge(meant, seen, world.endpoints if endpoints == "probed" else endpoints)


def broken(world: World) -> set[str]:
    found = outcomes(world)
    # A fault that brings in a host that nobody probed leaves what the probe would have said.
    unknown = [one.message for one in found if one.outcome == demand.NOT_KNOWN]
    assert all("not probed" in one or "the probe saw no" in one for one in unknown), unknown
    return {one.demand for one in found if one.outcome == demand.BROKEN}


def policy(*lines: str) -> Fetched:
    return served("".join(f"{line}\n" for line in lines))


def change(**changes: Any) -> Callable[[World], None]:
    """Return a fault that sets attributes of the world."""

    def fault(world: World) -> None:
        for key, value in changes.items():
            setattr(world, key, value)

    return fault


def no_mail(world: World) -> None:
    world.intent["mail_hosts"] = []


TLS = {"trusted": True, "trust_error": "", "name_matches": True, "error": ""}
_GOOD = ("version: STSv1", f"mx: {HOST}")

# Demand -> what breaks it, and what else breaks with it.
OTHER_FAULTS: dict[str, tuple[Callable[[World], None], tuple[str, ...]]] = {
    "mx-not-null": (no_mail, ()),
    "mta-sts-fetch": (change(document=served("", status=404)), ()),
    "mta-sts-policy": (change(document=served("version: STSv1\nmode: enforce\n")), ()),
    "mta-sts-mode": (
        change(document=policy(*_GOOD, "mode: testing", "max_age: 1209600")),
        ("mta-sts-differs",),
    ),
    "mta-sts-max-age": (
        change(document=policy(*_GOOD, "mode: enforce", "max_age: 3600")),
        ("mta-sts-differs",),
    ),
    "mta-sts-not-covered": (
        change(
            document=policy(
                "version: STSv1", "mx: old.example.net", "mode: enforce", "max_age: 1209600"
            )
        ),
        ("mta-sts-idle-pattern",),
    ),
    "mta-sts-idle-pattern": (
        change(document=policy(*_GOOD, "mx: old.example.net", "mode: enforce", "max_age: 1209600")),
        (),
    ),
    "mta-sts-differs": (
        change(document=policy(*_GOOD, "mode: enforce", "max_age: 604800")),
        (),
    ),
    "dane-insecure": (change(secure=False), ("dnssec-domain", "dnssec-host")),
    "dnssec-domain": (change(secure=False), ("dane-insecure", "dnssec-host")),
    "dnssec-host": (change(secure=False), ("dane-insecure", "dnssec-domain")),
    "dnssec-bogus": (
        lambda world: world.rows.update({"example.net SOA": Answer(BOGUS)}),
        ("dnssec-domain",),
    ),
    "greeting-other-name": (
        lambda world: world.endpoints[0].update(greeting="220 localhost ESMTP"),
        (),
    ),
    "mta-sts-certificate": (
        lambda world: world.endpoints[0].update(tls={**TLS, "name_matches": False}),
        (),
    ),
    "srv-not-live": (
        lambda world: world.endpoints.__setitem__(4, endpoint(993, reach="refused")),
        (),
    ),
}


def test_a_complete_domain_meets_every_demand_and_our_own_advice_passes() -> None:
    found = outcomes(World())
    assert [one for one in found if one.outcome in (demand.BROKEN, demand.NOT_KNOWN)] == []
    assert demand.holds(found, "info")
    asked = {one.demand for one in found if one.outcome == demand.MET}
    # What a complete domain is not asked: it takes mail, and its reports stay at home.
    rest = {row.id for row in judge.DEMANDS} - asked
    assert rest == {"mx-not-null", "dkim-short-key", "dmarc-permission"}


@pytest.mark.parametrize("name", DNS_FAULTS)
def test_a_record_that_is_wrong_breaks_its_demand(name: str) -> None:
    changes, others = DNS_FAULTS[name]
    world = World()
    for key, values in changes.items():
        world.set(key, *values)
    assert broken(world) == {name, *others}


@pytest.mark.parametrize("name", OTHER_FAULTS)
def test_what_else_is_wrong_breaks_its_demand(name: str) -> None:
    fault, others = OTHER_FAULTS[name]
    world = World()
    fault(world)
    assert broken(world) == {name, *others}


def test_every_demand_has_a_fault_that_breaks_it() -> None:
    assert {row.id for row in judge.DEMANDS} == {*DNS_FAULTS, *OTHER_FAULTS}


def test_every_question_is_told_and_every_told_question_is_demanded() -> None:
    meant = domain()
    world = World()
    seen = collect.collect(Run(Table(table(world.rows), True)), [meant])[0]
    told = {one.question for one in judge.told(meant, seen, world.endpoints)}
    assert told == {row.question for row in judge.DEMANDS}


def test_demands_have_ids_of_their_own_and_say_what_to_do() -> None:
    assert len({row.id for row in judge.DEMANDS}) == len(judge.DEMANDS)
    for row in judge.DEMANDS:
        assert row.severity in demand.SEVERITIES
        assert "{about}" in row.message
        assert "{seen}" in row.message
        assert all(text.endswith(".") for text in (row.cause, row.remedy)), row.id
        assert row.clause


@pytest.mark.parametrize("kind", [SERVFAIL, REFUSED, LAME, TIMEOUT, LOOP, GARBLED])
@pytest.mark.parametrize("key", [*published(), "mta-sts.example.net CAA"])
def test_what_the_dns_does_not_say_is_never_met_nor_broken(key: str, kind: str) -> None:
    world = World()
    world.rows[key] = Answer(kind, detail="because")
    found = outcomes(world)
    if key == "mta-sts.example.net CAA" or not key.startswith("_dmarc"):
        assert any(one.outcome == demand.NOT_KNOWN for one in found), key
    assert not demand.holds(found, "error")
    # Whatever else changes must follow from it, never the other way round: nothing new is met.
    before = {(one.demand, one.about) for one in outcomes(World()) if one.outcome == demand.MET}
    after = {(one.demand, one.about) for one in found if one.outcome == demand.MET}
    assert after <= before


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "records"])
def test_a_dns_that_says_nothing_makes_nothing_compliant(kind: str) -> None:
    class Silent(Table):
        def __call__(self, question: Any) -> Any:
            return Fetched(problem="name") if hasattr(question, "path") else Answer(kind)

    meant = domain()
    seen = collect.collect(Run(Silent({})), [meant])[0]
    found = judge.judge(meant, seen, None)
    assert not demand.holds(found)
    met = {one.demand for one in found if one.outcome == demand.MET}
    harmless = {"mx-duplicate", "dkim-wildcard", "srv-closed-service", "caa-refuses", "spf-helo"}
    assert met <= (harmless if kind in (NXDOMAIN, "nodata") else set())


def test_without_a_trusted_resolver_dnssec_is_not_judged() -> None:
    world = World(secure=None)
    found = {one.demand: one for one in outcomes(world)}
    for name in ("dane-insecure", "dnssec-domain", "dnssec-host", "dnssec-bogus"):
        assert found[name].outcome == demand.NOT_ASKED
        assert "no resolver is trusted" in found[name].message


def test_without_a_probe_the_ports_are_not_judged() -> None:
    found = {one.demand: one.outcome for one in outcomes(World(), None)}
    for name in ("dane-mismatch", "greeting-other-name", "mta-sts-certificate", "srv-not-live"):
        assert found[name] == demand.NOT_ASKED


def test_a_host_that_the_probe_did_not_see_is_not_known() -> None:
    found = {one.demand: one.outcome for one in outcomes(World(), [])}
    for name in ("dane-mismatch", "greeting-other-name", "mta-sts-certificate", "srv-not-live"):
        assert found[name] == demand.NOT_KNOWN


def test_a_domain_without_mail_passes_with_what_we_publish_for_it() -> None:
    meant = {
        "domain": "example.net",
        "mail_hosts": [],
        "dmarc": {"policy": "reject", "reports": "a@example.net"},
    }
    world = World(intent=meant, rows=published(meant), document=Fetched(problem="name"))
    # No ports belong to a domain without mail.
    world.rows = {key: value for key, value in world.rows.items() if "SRV" not in key}
    found = outcomes(world, None)
    wrong = {one.demand for one in found if one.outcome in (demand.BROKEN, demand.NOT_KNOWN)}
    assert wrong == {"srv-differs"}


def test_a_stranger_s_text_is_safe_in_messages() -> None:
    world = World().set("_dmarc.example.net TXT", "v=DMARC1; p=reject; x=\x1b[31m")
    assert all("\x1b" not in one.message for one in outcomes(world))


def test_many_domains_share_what_they_ask() -> None:
    world = World()
    run = Run(Table(table(world.rows), True))
    collect.collect(run, [domain()])
    alone = run.asked
    run = Run(Table(table(world.rows), True), questions=100_000)
    seen = collect.collect(run, [domain()] * 20)
    assert (len(seen), run.asked) == (20, alone)
