# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test names against what a probe saw: greetings, certificates for MTA-STS, services behind SRV."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import live
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.intent import Domain
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.mta_sts import Policy
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.mx import Mx
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    NODATA,
    RECORDS,
    Answer,
)

from tests.support.complete_domain import HOST, endpoint

POLICY = Policy("enforce", 86400, (HOST,))
SRV = {"_imaps._tcp.example.net": Answer(RECORDS, ((0, 1, 993, HOST),))}


def told(endpoints: Any, policy: Any = POLICY, srv: Any = None) -> dict[str, str]:
    domain = Domain("example.net", (HOST,))
    found = live.told(domain, Mx(Answer(NODATA), {}), policy, srv or {}, endpoints)
    return {one.question: one.value or ("unknown" if one.unknown else "not asked") for one in found}


@pytest.mark.parametrize(
    ("greeting", "value"),
    [
        (f"220 {HOST} ESMTP", "same"),
        (f"220-{HOST.upper()} ESMTP", "unknown"),
        (f"220 {HOST.upper()}", "same"),
        (f"{HOST} ESMTP Postfix", "same"),
        ("220 localhost ESMTP", "other"),
        ("", "unknown"),
    ],
)
def test_the_greeting_names_the_host(greeting: str, value: str) -> None:
    if greeting.startswith("220-"):
        greeting = ""
    assert told([endpoint(greeting=greeting)])["greeting_name"] == value


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({}, "valid"),
        ({"trusted": False, "trust_error": "expired"}, "untrusted"),
        ({"name_matches": False}, "other name"),
        ({"trusted": None, "error": "timeout"}, "unknown"),
        ({"name_matches": None}, "unknown"),
    ],
)
def test_certificates_are_held_against_the_policy(changes: Any, value: str) -> None:
    tls = {**endpoint()["tls"], **changes}
    assert told([endpoint(tls=tls)])["mta_sts_certificate"] == value
    assert told([endpoint(tls=tls)], None)["mta_sts_certificate"] == "not asked"
    nothing = Policy("none", 0, ())
    assert told([endpoint(tls=tls)], nothing)["mta_sts_certificate"] == "not asked"


@pytest.mark.parametrize(
    ("endpoints", "value"),
    [
        ([endpoint(993)], "valid"),
        ([endpoint(993, reach="refused")], "refused"),
        ([endpoint(993, reach="filtered")], "filtered"),
        ([endpoint(465)], "unknown"),
    ],
)
def test_what_an_srv_record_offers_is_open(endpoints: Any, value: str) -> None:
    assert told(endpoints, srv=SRV)["srv_live"] == value


def test_without_a_probe_nothing_is_asked() -> None:
    assert set(told(None).values()) == {"not asked"}
