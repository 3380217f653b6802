# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of both hosts, one at a time: port_check finds it and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests import hosts
from tests.integration.expected import AS_INTENDED, EXPECTED, Row
from tests.integration.running import Ansible, Prober, intent, other

# Those that the hosts also see on one another, through Ansible, over ssh, with the Python of their
# Debian. Not those that concern the controller alone (a limit used up there, a name known there).
OVER_SSH = (
    "no_tls_587",
    "wrapper_587",
    "starttls_465",
    "tls10_465",
    "no_auth_587",
    "auth_on_25",
    "other_service_587",
    "closed_587",
    "closed_25",
    "login_in_clear_143",
    "login_in_clear_110",
    "tls10_993",
    "closed_993",
    "cert_expired",
    "cert_wrong_name",
    "cert_self_signed",
    "cert_weak_key",
    "cert_broken_chain",
    "firewall_drop_25",
    "firewall_reject_143",
    "firewall_prohibit_587",
    "firewall_reset_995",
    "ipv6_broken",
)


def test_the_table_covers_the_catalogue() -> None:
    """A fault without an expectation would never be tried."""
    assert set(EXPECTED) == set(hosts.FAULTS) - {"auth_socket_missing"}
    assert set(OVER_SSH) < set(EXPECTED)
    assert len(OVER_SSH) >= len(EXPECTED) // 3


@pytest.mark.parametrize("name", list(EXPECTED))
def test_fault(
    name: str, site: hosts.Site, probers: Mapping[str, Prober], ansible: Ansible
) -> None:
    """Break both hosts, look at them from the controller and from one another, mend them."""
    both = list(site.hosts.values())
    with ThreadPoolExecutor(len(both)) as pool:
        try:
            list(pool.map(lambda host: host.apply(name), both))
            timeout = EXPECTED[name].timeout
            results = {
                "controller": list(
                    pool.map(
                        lambda host: probers[host.base].check(intent(host), timeout=timeout), both
                    )
                )
            }
            if name in OVER_SSH:
                seen = ansible.across(site, timeout=timeout)
                results["ssh"] = [seen[other(site, host).name] for host in both]
        finally:
            list(pool.map(lambda host: host.restore(name), both))
    for vantage, found in results.items():
        for host, result in zip(both, found):
            _compare(name, host, result, f"{host.base} from {vantage}")


def _compare(name: str, host: hosts.Host, result: dict[str, Any], where: str) -> None:
    """Hold one result against the table."""
    expected = EXPECTED[name]
    counted = Counter(_row(host, finding) for finding in result["findings"])
    assert set(counted) == expected.rows | AS_INTENDED, where
    # One finding for each version that is too old, TLS 1.0 and 1.1; one of all else.
    for row, count in counted.items():
        assert count == (2 if row[1] == "tls-version" else 1), (where, row)
    errors = any(row[2] == "error" for row in expected.rows)
    assert result["compliant"] is not errors, where
    for finding in result["findings"]:
        if finding["address"]:
            assert expected.cause in ("", finding["cause"]), (where, finding)
            assert expected.seen in f"{finding['message']}\n{finding['evidence']}", (where, finding)
            assert expected.remedy in finding["remedy"], (where, finding)
        assert finding["remedy"], (where, finding)
        assert finding["clause"], (where, finding)


def _row(host: hosts.Host, finding: dict[str, Any]) -> Row:
    places = {
        host.address: "ipv4",
        host.address6: "ipv6",
        host.address_extra: "second",
        "": "",
    }
    place = places[finding["address"]]
    return finding["service"], finding["rule"], finding["severity"], place
