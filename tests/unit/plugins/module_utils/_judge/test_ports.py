# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the judge rule by rule, and hunt for what it wrongly calls compliant."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._judge import answers
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.asked import Asked
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.meets import TESTS
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    REACHES,
    Observation,
    Tls,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import (
    DEMANDS,
    DRIFT,
    LINT,
    RULES,
    UNSEEN,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.amount import examples
from tests.unit.plugins.module_utils._judge.judge_table import (
    ASKED,
    OPEN,
    TABLE,
    TWO,
    Row,
    certificate,
    host,
    judged,
    tls,
    twice,
)
from tests.unit.plugins.module_utils._judge.judge_table import judgement as judged_whole
from tests.unit.plugins.module_utils.observations import (
    ADDRESS,
    OLD,
    ROWS,
    good,
    nearly_good,
    shut,
)

IDS = [f"{number}-{one.rule}-{one.service}" for number, one in enumerate(TABLE)]


def rules_of(findings: list[Finding], service: str) -> set[str]:
    """Return the rules of the findings about one service."""
    return {finding.rule for finding in findings if finding.service == service}


@pytest.mark.parametrize("one", TABLE, ids=IDS)
def test_what_triggers_a_rule(one: Row) -> None:
    """It is found on that service, with the rule's own words; nothing unexpected beside it."""
    findings = judged(one.does, **one.how)
    (*_others, finding) = [found for found in findings if found.rule == one.rule]
    rule = RULES[one.rule]
    assert one.rule in rules_of(findings, one.service)
    assert (finding.cause, finding.remedy) == (rule.cause, rule.remedy)
    assert finding.clause
    assert "{" not in finding.message
    assert finding.host == "mail.example.net"
    if one.also:
        assert rules_of(findings, one.service) == {one.rule, *one.also}


@pytest.mark.parametrize("one", TABLE, ids=IDS)
def test_what_nearly_triggers_a_rule(one: Row) -> None:
    """The nearest thing that is fine, or is something else."""
    assert one.rule not in rules_of(judged(one.does_not, **one.how_not), one.service)


def test_every_rule_is_in_the_table() -> None:
    """No rule of a probe is left that nothing triggers."""
    assert {one.rule for one in TABLE} == set(RULES) - set(LINT) - set(DRIFT)


def test_no_demand_is_idle() -> None:
    """Each is met by some host and broken by another; each question is asked, each word used."""
    seen: dict[str, set[str]] = {row.id: set() for row in DEMANDS}
    for one in TABLE:
        for observations, how in ((one.does, one.how), (one.does_not, one.how_not)):
            for outcome in judged_whole(observations, **how).outcomes:
                seen[outcome.demand].add(outcome.outcome)
    assert {name for name, outcomes in seen.items() if not {"met", "broken"} <= outcomes} == set()
    questions = {row.question for row in DEMANDS}
    always = {"standing", "intended_tls"}
    assert questions == set(answers.WORDS) | always
    assert {row.test for row in DEMANDS} == set(TESTS)


@pytest.mark.parametrize("one", TABLE, ids=IDS)
def test_every_demand_has_one_outcome_and_every_gap_an_error(one: Row) -> None:
    """Nothing is left out, twice there, or unknown without an error that tells it."""
    for observations, how in ((one.does, one.how), (one.does_not, one.how_not)):
        result = judged_whole(observations, **how)
        keys = [
            (o.demand, o.service, o.port, o.address, o.item, o.detail if not o.address else "")
            for o in result.outcomes
        ]
        assert len(set(keys)) == len(keys)
        assert all(outcome.detail or outcome.outcome == "met" for outcome in result.outcomes)
        errors = [found for found in result.findings if found.severity == "error"]
        for gap in (outcome for outcome in result.outcomes if outcome.outcome == "not_known"):
            told = [e for e in errors if (gap.service, gap.port) in ((e.service, e.port), ("", 0))]
            assert told, gap
            assert not result.compliant("error")


def test_no_policy_makes_a_gap_pass() -> None:
    """A demand that is switched off is not asked; one that is asked stays an error."""
    gap = host(imaps=good("imaps", tls=Tls()))
    off = {"severities": dict.fromkeys((row.id for row in DEMANDS), "info")}
    result = judged_whole(gap, policy=off)
    assert not result.compliant()
    assert {one.rule for one in result.findings if one.severity == "error"} <= set(UNSEEN)
    off = {"severities": dict.fromkeys((row.id for row in DEMANDS), "off")}
    result = judged_whole(gap, policy=off)
    assert {outcome.outcome for outcome in result.outcomes} == {"not_asked"}
    details = {outcome.detail for outcome in result.outcomes}
    assert details == {"switched off by the policy rfc8314 (extended)"}
    assert result.findings == ()


def test_a_well_run_host_has_no_findings() -> None:
    """On one address and on two; the order of the observations does not matter."""
    assert judged(host()) == []
    shuffled = twice()
    random.Random(7).shuffle(shuffled)
    assert judged(shuffled) == []


def test_nothing_seen_is_never_fine() -> None:
    """Without any observation every port of the intent is not probed."""
    findings = judged([])
    assert [finding.rule for finding in findings] == ["not-probed"] * len(ROWS)
    assert {finding.severity for finding in findings} == {"error"}


@pytest.mark.parametrize("service", ROWS)
def test_a_forgotten_port_is_found(service: str) -> None:
    """Open or closed, on one address or on one of two."""
    (finding,) = judged(host(**{service: None}))
    assert (finding.rule, finding.service) == ("not-probed", service)
    half = [one for one in twice() if (one.service, one.address) != (service, TWO)]
    (finding,) = judged(half)
    assert (finding.rule, finding.service) == ("not-probed", service)


# --- severities ------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["rfc8314", "starttls_first"])
@pytest.mark.parametrize("service", OPEN)
def test_trust_weighs_less_on_a_relay(service: str, policy: str) -> None:
    """Name and trust are information on a public relay, errors elsewhere; a date is an error."""
    weight = "info" if service == "smtp" else "error"
    for changed, rule in (
        (tls(service, name_matches=False), "certificate-name"),
        (tls(service, trusted=False, trust_code=18), "certificate-untrusted"),
    ):
        findings = judged(host(**{service: changed}), policy=policy)
        assert [one.severity for one in findings if one.rule == rule] == [weight]
    expired = certificate(service, not_after="2026-05-31T00:00:00Z")
    findings = judged(host(**{service: expired}), policy=policy)
    assert [one.severity for one in findings if one.rule == "certificate-expired"] == ["error"]
    off = judged(host(), policy=policy, asked=Asked(verify=False))
    weights = {one.service: one.severity for one in off if one.rule == "verification-off"}
    assert weights[service] == "error"


def test_a_policy_of_ones_own_changes_severities() -> None:
    """Another severity, or none."""
    seen = host(imaps=tls("imaps", name_matches=False))
    for severity, expected in (("warning", ["warning"]), ("off", [])):
        policy = {"severities": {"certificate-name": severity}}
        assert [one.severity for one in judged(seen, policy=policy)] == expected


def test_a_forbidden_port_is_an_error() -> None:
    """A deprecated one is a warning; a finding under another table names who disagrees."""
    policy: dict[str, Any] = {"services": {"imaps": {"standing": "forbidden"}}}
    (finding,) = judged(host(), policy=policy)
    assert (finding.rule, finding.severity) == ("deprecated-port", "error")
    assert finding.clause.startswith("policy ")
    (finding,) = judged(host(), policy="starttls_first")
    assert (finding.service, finding.severity) == ("submissions", "warning")
    assert finding.disagrees == "RFC 8314 section 7.3"
    assert finding.policy == "starttls_first"


def test_587_with_required_starttls_is_no_error() -> None:
    """With TLS required on both, RFC 8314 sees no significant difference to 465."""
    services: dict[str, Any] = {"submission": {}}
    seen = [good("submission")] + [shut(name) for name in ROWS if name != "submission"]
    assert judged(seen, services) == []


def test_a_service_of_ones_own_is_judged_like_any_other() -> None:
    """On a port that the table does not have, found by name and port together."""
    services = {"own": {"protocol": "imap", "port": 10993, "tls": "implicit"}}
    closed = [shut(name) for name in ROWS]
    own = replace(good("imaps"), service="own", port=10993)
    assert judged([*closed, own], services) == []
    (finding,) = judged([*closed, replace(own, port=10994)], services)
    assert (finding.rule, finding.service, finding.port) == ("not-probed", "own", 10993)


def test_a_moved_service_leaves_a_port_to_be_closed() -> None:
    """Both observations bear the service's name; each is judged by its own port."""
    services = {"imaps": {"port": 10993}}
    closed = [shut(name) for name in ROWS]
    moved = replace(good("imaps"), port=10993)
    assert judged([*closed, moved], services) == []
    (finding,) = judged([*closed[:-1], good("imaps"), moved], services)
    assert (finding.rule, finding.port) == ("port-open", 993)


def test_now_is_the_clocks_unless_given() -> None:
    """A certificate of long ago has expired today."""
    then = datetime(1999, 1, 1, tzinfo=timezone.utc)
    past = certificate("imaps", not_before="1998-01-01T00:00:00Z", not_after="1999-12-31T00:00:00Z")
    assert rules_of(judged(host(imaps=past), now=then), "imaps") == set()
    assert "certificate-expired" in rules_of(judged(host(imaps=past)), "imaps")


# --- closed ports ----------------------------------------------------------------------------


@given(reaches=st.lists(st.sampled_from(REACHES), min_size=len(ROWS), max_size=len(ROWS)))
def test_what_proves_that_all_ports_are_closed(reaches: list[str]) -> None:
    """A refusal does; silence only beside an answer of the same address; nothing else does."""
    seen = [shut(name, reach) for name, reach in zip(ROWS, reaches)]
    errors = {one.service for one in judged(seen, {}) if one.severity == "error"} - {""}
    alive = bool({"open", "refused", "reset", "inconclusive"}.intersection(reaches))
    fine = {
        name
        for name, reach in zip(ROWS, reaches)
        if reach == "refused" or (alive and reach in ("filtered", "unreachable"))
    }
    assert errors == set(ROWS) - fine


def test_an_answer_of_another_address_proves_nothing() -> None:
    """Each address is alive, or not, by itself."""
    seen = [shut(name) for name in ROWS] + [shut(name, "filtered", address=TWO) for name in ROWS]
    findings = judged(seen, {})
    assert {one.address for one in findings if one.rule == "not-probed"} == {TWO}
    assert "closed-from-here" not in {one.rule for one in findings}


# --- hunting for wrong compliance ------------------------------------------------------------


def is_fine(service: str, seen: Observation, asked: Asked = ASKED) -> bool:
    """Say from the facts, and not from the judge, whether an open service was seen to be fine.

    RFC 8314 section 4.1 and 3.3 (TLS, no login in clear), RFC 8996 (TLS 1.2 or later), RFC 9325
    section 4.5 (keys), RFC 9525 (name), RFC 3207 section 4.2 (nothing in cleartext after STARTTLS).
    """
    protocol, _port, mode, login = ROWS[service]
    reached = (
        seen.reach == "open"
        and seen.failure is None
        and not seen.preauthenticated
        and (seen.protocol_seen, seen.tls_mode) == (protocol, mode)
    )
    return (
        reached
        and _tls_is_fine(service, seen)
        and _certificate_is_fine(seen)
        and _logins_are_fine(seen, mode, login, asked)
        and (protocol != "imap" or seen.disagreement is not None)
        and (mode == "implicit" or _starttls_is_fine(seen, login, asked))
    )


def _tls_is_fine(service: str, seen: Observation) -> bool:
    accepted = {name for name, (status, _why) in seen.versions.items() if status == "accepted"}
    refused = {name for name, (status, _why) in seen.versions.items() if status == "refused"}
    return (
        seen.tls.status == "established"
        and seen.tls.kind != "client_certificate"
        and seen.tls.version in ("TLSv1.2", "TLSv1.3")
        and refused.issuperset(OLD)
        and "SSLv3" not in accepted
        and None not in (seen.tls.trusted, seen.tls.name_matches)
        and (service == "smtp" or (seen.tls.trusted is True and seen.tls.name_matches is True))
    )


def _certificate_is_fine(seen: Observation) -> bool:
    shown = seen.certificate
    if shown is None or not shown["not_before"] <= "2026-06-01T00:00:00Z" <= shown["not_after"]:
        return False
    least = {"RSA": 2048, "EC": 224}.get(shown["key_type"], 0)
    signed = shown["signature_hash"] == "sha256" or (
        shown["signature_hash"] is None and shown["signature"] == "Ed25519"
    )
    return (shown["key_bits"] or 0) >= least and signed


def _logins_are_fine(seen: Observation, mode: str, login: str, asked: Asked) -> bool:
    return (
        (mode == "implicit" or seen.clear.login is False)
        and seen.secure.login is (login == "required")
        and (seen.login == "accepted" or not asked.credentials or login == "none")
    )


def _starttls_is_fine(seen: Observation, login: str, asked: Asked) -> bool:
    return (
        seen.starttls.status == "accepted"
        and seen.starttls.offered is not False
        and seen.starttls.leftover == 0
        and (seen.injection == "safe" or not asked.injection)
        and (seen.enforced == "refused" or login == "none")
    )


ASKING = st.builds(Asked, injection=st.booleans(), credentials=st.booleans())


@pytest.mark.parametrize("service", ROWS)
@settings(max_examples=examples(400))
@given(data=st.data())
def test_no_error_means_that_all_was_seen_and_is_fine(service: str, data: Any) -> None:
    """And the other way round: what is fine is not called an error."""
    seen, asked = data.draw(nearly_good(service)), data.draw(ASKING)
    others = [shut(name) for name in ROWS if name != service]
    judgement = judged_whole([seen, *others], {service: {}}, asked=asked)
    errors = [one.rule for one in judgement.findings if one.severity == "error"]
    assert (errors == []) is is_fine(service, seen, asked), errors
    assert judgement.compliant() is (errors == [])


@pytest.mark.parametrize("service", ROWS)
def test_the_oracle_knows_the_good_one(service: str) -> None:
    """So that the hunt is for something."""
    assert is_fine(service, good(service))
    assert not is_fine(service, shut(service))
    assert good(service).address == ADDRESS


@pytest.mark.parametrize(("login", "severity"), [("none", "info"), ("required", "error")])
def test_a_relay_is_lenient_only_where_no_user_logs_in(login: str, severity: str) -> None:
    """Who has a user's password must have proved its name, whatever the port."""
    made = good("smtp")
    seen = replace(made, tls=replace(made.tls, trusted=False, trust_error="self-signed"))
    others = [shut(name) for name in ROWS if name != "smtp"]
    findings = judged([seen, *others], {"smtp": {"login": login}})
    untrusted = [one.severity for one in findings if one.rule == "certificate-untrusted"]
    assert untrusted == [severity]
