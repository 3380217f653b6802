# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the policies row by row, and that a policy of one's own changes what it says and no more."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import (
    DEFAULT_POLICY,
    POLICIES,
    STANDINGS,
    policy_from,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import RULES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES

# policy, service: standing, what its clause must name, severity of trust, disagreeing clause
TABLE = {
    ("rfc8314", "smtp"): ("recommended", "RFC 3207", "info", ""),
    ("rfc8314", "submissions"): ("recommended", "RFC 8314 sections 3.3 and 7.3", "error", ""),
    ("rfc8314", "submission"): ("accepted", "RFC 8314 section 3.3", "error", ""),
    ("rfc8314", "submission_alt"): ("accepted", "no RFC", "error", ""),
    ("rfc8314", "pop3"): ("deprecated", "RFC 8314 section 4.1", "error", ""),
    ("rfc8314", "imap"): ("deprecated", "RFC 8314 section 4.1", "error", ""),
    ("rfc8314", "imaps"): ("recommended", "RFC 8314 section 3.2", "error", ""),
    ("rfc8314", "pop3s"): ("recommended", "RFC 8314 section 3.1", "error", ""),
    ("starttls_first", "smtp"): ("accepted", "RFC 6409", "info", ""),
    ("starttls_first", "submissions"): (
        "deprecated",
        "smtps registration",
        "error",
        "RFC 8314 section 7.3",
    ),
    ("starttls_first", "submission"): ("recommended", "RFC 6409", "error", ""),
    ("starttls_first", "submission_alt"): ("accepted", "no RFC", "error", ""),
    ("starttls_first", "pop3"): ("deprecated", "RFC 2595", "error", ""),
    ("starttls_first", "imap"): ("deprecated", "RFC 2595", "error", ""),
    ("starttls_first", "imaps"): ("recommended", "RFC 8314 section 3.2", "error", ""),
    ("starttls_first", "pop3s"): ("recommended", "RFC 8314 section 3.1", "error", ""),
}
OPEN = {
    "rfc8314": ("smtp", "submission", "submissions", "imaps"),
    "starttls_first": ("smtp", "submission", "imaps", "pop3s"),
}


def test_the_table_is_whole() -> None:
    """Each policy has a row for each service."""
    rows = {(policy.name, name) for policy in POLICIES.values() for name in policy.services}
    assert rows == set(TABLE)
    assert {service for _policy, service in TABLE} == set(SERVICES)


@pytest.mark.parametrize("row", TABLE, ids="-".join)
def test_every_row(row: tuple[str, str]) -> None:
    """The standing, the clause, the weight of trust, and who disagrees."""
    standing, clause, trust, disagrees = TABLE[row]
    found = POLICIES[row[0]].services[row[1]]
    assert found.standing == standing
    assert found.standing in STANDINGS
    assert clause in found.clause
    assert (found.trust, found.disagrees) == (trust, disagrees)


@pytest.mark.parametrize("name", OPEN)
def test_what_holds_for_all_services(name: str) -> None:
    """TLS 1.2 or later, key sizes, days, hashes, and the services of a host without an intent."""
    policy = POLICIES[name]
    assert policy.name == name
    assert policy.default_open == OPEN[name]
    assert policy.tls_min == "TLSv1.2"
    assert policy.tls_clause.startswith("RFC 8996")
    assert (policy.certificate_days, policy.rsa_bits, policy.ec_bits) == (None, 2048, 224)
    assert {"md5", "sha1"} <= set(policy.weak_hashes)
    assert policy.severities == {}
    assert policy.too_old() == ("SSLv3", "TLSv1", "TLSv1.1")


def test_a_policy_by_name_or_none() -> None:
    """None is the default."""
    assert policy_from(None) is POLICIES[DEFAULT_POLICY] is POLICIES["rfc8314"]
    assert policy_from("starttls_first") is POLICIES["starttls_first"]


@pytest.mark.parametrize(
    ("lowest", "old"),
    [
        ("TLSv1", ("SSLv3",)),
        ("TLSv1.1", ("SSLv3", "TLSv1")),
        ("TLSv1.2", ("SSLv3", "TLSv1", "TLSv1.1")),
        ("TLSv1.3", ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2")),
    ],
)
def test_versions_that_are_too_old(lowest: str, old: tuple[str, ...]) -> None:
    """All below the lowest."""
    assert replace(POLICIES["rfc8314"], tls_min=lowest).too_old() == old


def test_a_standing_by_name_or_by_port() -> None:
    """A service of one's own on a port of the table stands as that port does; else it has none."""
    policy = POLICIES["rfc8314"]
    assert policy.standing("smtp", 10025) is policy.services["smtp"]
    assert policy.standing("own", 143) is policy.services["imap"]
    assert policy.standing("own", 10025) is None


def test_a_policy_of_ones_own_extends_one() -> None:
    """What it says is changed, with its name as the clause; all else is as in the base."""
    base = POLICIES["starttls_first"]
    data: dict[str, Any] = {
        "extends": "starttls_first",
        "name": "ours",
        "tls_min": "TLSv1.3",
        "certificate_days": 30,
        "services": {"imap": {"standing": "forbidden"}, "pop3s": {"clause": "memo 7"}},
        "severities": {"certificate-name": "info"},
    }
    own = policy_from(data)
    assert (own.name, own.tls_min, own.certificate_days) == ("ours", "TLSv1.3", 30)
    assert (own.rsa_bits, own.ec_bits, own.default_open) == (
        base.rsa_bits,
        base.ec_bits,
        base.default_open,
    )
    assert (own.services["imap"].standing, own.services["imap"].clause) == (
        "forbidden",
        "policy ours",
    )
    assert own.services["imap"].trust == base.services["imap"].trust
    assert own.services["pop3s"].clause == "memo 7"
    assert own.severities == {"certificate-name": "info"}
    untouched = set(base.services) - {"imap", "pop3s"}
    assert all(own.services[name] is base.services[name] for name in untouched)
    assert base.services["imap"].standing == "deprecated"


def test_a_policy_of_ones_own_without_a_base() -> None:
    """Extends the default and is named after it."""
    own = policy_from({})
    assert own.name == "rfc8314 (extended)"
    assert own.services == POLICIES["rfc8314"].services


@pytest.mark.parametrize("name", OPEN)
def test_as_plain_data(name: str) -> None:
    """Fit for JSON."""
    data = json.loads(json.dumps(POLICIES[name].to_dict()))
    assert data["services"]["smtp"]["trust"] == "info"
    assert data["name"] == name


def test_a_trust_severity_is_one_of_the_rules() -> None:
    """So that it can take a rule's place."""
    severities = {rule.severity for rule in RULES.values()}
    for policy in POLICIES.values():
        assert {standing.trust for standing in policy.services.values()} <= severities
