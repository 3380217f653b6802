# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as intended give no finding but what the policy thinks of a port, however they are seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests import hosts
from tests.integration.expected import IMPLICIT, LOGINS
from tests.integration.running import MODULE, Ansible, Prober, intent, other

DEPRECATED = {
    "rfc8314": {("imap", ""), ("pop3", "")},
    "starttls_first": {("submissions", "RFC 8314 section 7.3"), ("imap", ""), ("pop3", "")},
}


def _as_intended(result: dict[str, Any], host: hosts.Host, policy: str = "rfc8314") -> None:
    """Hold a result against what the hosts are configured to be."""
    found = {(one["service"], one["disagrees"]) for one in result["findings"]}
    assert found == DEPRECATED[policy]
    assert {one["rule"] for one in result["findings"]} == {"deprecated-port"}
    assert {one["policy"] for one in result["findings"]} == {policy}
    assert result["compliant"] is True
    seen = {(one["service"], one["address"]) for one in result["observations"]}
    assert seen == {(name, at) for name in hosts.PORTS for at in (host.address, host.address6)}
    for one in result["observations"]:
        assert one["reach"] == "open"
        assert one["tls_mode"] == ("implicit" if one["service"] in IMPLICIT else "starttls")
        assert one["tls"]["version"] == "TLSv1.3"
        assert one["tls"]["trusted"] is True
        assert one["tls"]["name_matches"] is True
        assert one["inside_tls"]["login"] is (one["service"] in LOGINS)
        assert {row["status"] for row in one["versions"].values()} == {"refused"}
    severities = {"info": 0, "warning": len(found), "error": 0}
    assert result["summary"]["findings"] == severities


@pytest.mark.parametrize("policy", list(DEPRECATED))
def test_in_one_process(policy: str, host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """Both policies, IPv4 and IPv6."""
    result = probers[host.base].check(intent(host), policy=policy)
    _as_intended(result, host, policy)


def test_from_the_controller(site: hosts.Site, host: hosts.Host, ansible: Ansible) -> None:
    """The module, run by Ansible on the controller."""
    run = ansible.module("localhost", {"intent": intent(host), "ca_path": str(site.ca_file)})
    assert run.status == 0, run.text
    assert run.results["localhost"]["changed"] is False
    _as_intended(run.results["localhost"], host)


# Keywords that make the controller's own tasks go by way of a module, one to probe, one for all.
WAYS: tuple[dict[str, Any], ...] = ({}, {"environment": {"A": "b"}}, {"async": 60, "poll": 1})


def test_however_the_task_is_run(site: hosts.Site, ansible: Ansible) -> None:
    """In the controller's own process, by a module that only probes, by one that does it all."""
    # Which host is looked at is nothing to how the task is run.
    host = site.hosts["debian12"]
    fine = {"intent": intent(host), "ca_path": str(site.ca_file), "login_user": None}
    wrong = {**fine, "ca_path": "/nowhere"}
    results = ansible.tasks([{MODULE: args, **way} for args in (fine, wrong) for way in WAYS])
    for result in results[: len(WAYS)]:
        _as_intended(result, host)
        assert result["intent"]["host"] == host.name
    for result in results[len(WAYS) :]:
        assert result["failed"] is True
        assert result["msg"] == "ca_path: '/nowhere': No such file or directory"


@pytest.mark.parametrize("flags", [(), ("--check",)])
def test_from_one_another(flags: tuple[str, ...], site: hosts.Site, ansible: Ansible) -> None:
    """The module, sent to each host by ssh, run by the Python of its Debian."""
    results = ansible.across(site, *flags)
    for host in site.hosts.values():
        _as_intended(results[other(site, host).name], host)


def test_command_injection(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """Current servers drop what was sent in clear behind STARTTLS."""
    result = probers[host.base].check(intent(host), starttls_injection=True)
    _as_intended(result, host)
    tried = {one["service"]: one["injection"] for one in result["observations"]}
    assert tried == {name: "untried" if name in IMPLICIT else "safe" for name in hosts.PORTS}


def test_ports_meant_to_be_closed(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """A port that answers though the intent does not name it is an error on every address."""
    result = probers[host.base].check(intent(host, services={"smtp": {}, "imaps": {}}))
    found = {(one["service"], one["rule"], one["address"]) for one in result["findings"]}
    wrong = set(hosts.PORTS) - {"smtp", "imaps"}
    assert found == {
        (name, "port-open", address) for name in wrong for address in (host.address, host.address6)
    }
    assert result["compliant"] is False
