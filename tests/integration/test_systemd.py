# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts under systemd are the hosts without it, and leave as little behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.integration.running import Ansible, Prober, intent

UNITS = {"debian12": "postfix@-.service", "debian13": "postfix.service"}
PID_FILES = {
    "postfix": "/var/spool/postfix/pid/master.pid",
    "dovecot": "/run/dovecot/master.pid",
}


@pytest.fixture(scope="module")
def booted() -> Iterator[hosts.Site]:
    """Bring both hosts up under systemd, mail as intended."""
    with hosts.running(init="systemd") as site:
        yield site


@pytest.fixture(params=list(hosts.bases.RELEASES))
def server(request: pytest.FixtureRequest, booted: hosts.Site) -> hosts.Host:
    """Return each of them in turn."""
    return booted.hosts[request.param]


@pytest.fixture(scope="module")
def prober(booted: hosts.Site) -> Iterator[Prober]:
    """Return port_check from the controller."""
    running = Prober(booted)
    yield running
    running.close()


def _errors(prober: Prober, host: hosts.Host) -> set[tuple[str, str]]:
    found = prober.check(intent(host))["findings"]
    return {(one["service"], one["rule"]) for one in found if one["severity"] == "error"}


def _master(host: hosts.Host, daemon: str) -> tuple[int, str]:
    """Return the process id of a daemon, and the unit that holds it."""
    pid = int(host.run(["cat", PID_FILES[daemon]], check=True).stdout)
    group = host.run(["cat", f"/proc/{pid}/cgroup"], check=True).stdout.strip()
    return pid, group.rpartition("/")[2]


def test_units_hold_the_ports(server: hosts.Host, prober: Prober) -> None:
    """Nothing has failed, and the daemons are their units' own."""
    assert server.run("systemctl is-system-running").stdout == "running\n"
    assert _errors(prober, server) == set()
    for daemon, unit in (("postfix", UNITS[server.base]), ("dovecot", "dovecot.service")):
        assert "Active: active (running)" in server.run(["systemctl", "status", unit]).stdout
        assert _master(server, daemon)[1] == unit


def test_reload_and_restart_by_ansible(
    server: hosts.Host, booted: hosts.Site, tmp_path: Path, ansible_home: Path
) -> None:
    """The module that roles use finds systemd; a reload keeps the process, a restart does not."""
    ansible = Ansible(booted, tmp_path, ansible_home)

    def service(name: str, state: str) -> dict[str, Any]:
        args = {"name": name, "state": state}
        run = ansible.module(server.name, args, name="ansible.builtin.service")
        assert run.status == 0, run.text
        return run.results[server.name]

    for name in PID_FILES:
        before = _master(server, name)
        assert service(name, "reloaded")["status"]["ActiveState"] == "active"
        assert _master(server, name) == before
        service(name, "restarted")
        after = _master(server, name)
        assert after[0] != before[0]
        assert after[1] == before[1]


def test_a_fault_comes_and_goes(server: hosts.Host, prober: Prober) -> None:
    with server.fault("closed_993"):
        assert _errors(prober, server) == {("imaps", "port-closed")}
    assert _errors(prober, server) == set()


def test_the_machine_is_left_alone(server: hosts.Host) -> None:
    """A host cannot turn the machine's settings, and sees no group but its own."""
    refused = server.run("echo 1 > /proc/sys/fs/protected_regular")
    assert "Read-only file system" in refused.stderr
    assert server.run("cat /proc/1/cgroup").stdout.endswith("0::/init.scope\n")


def test_no_group_stays(tmp_path: Path) -> None:
    """Without mail, the daemons are there and stopped; at the end the control groups are gone."""
    groups = f"mount -t cgroup2 cgroup2 {tmp_path} && ls {tmp_path}"
    with hosts.running(mail=False, init="systemd") as site:
        names = {hosts.cgroups.name(site.id, base) for base in site.hosts}
        assert names < set(
            hosts.shell.call(["unshare", "--mount", "sh", "-c", groups]).stdout.split()
        )
        for host in site.hosts.values():
            assert host.run("systemctl is-active postfix dovecot").stdout == "inactive\n" * 2
            assert host.run("systemctl is-enabled postfix dovecot").stdout == "enabled\n" * 2
        told = json.loads((site.folder / "state.json").read_text(encoding="ascii"))
        assert told["init"] == "systemd"
    left = set(hosts.shell.call(["unshare", "--mount", "sh", "-c", groups]).stdout.split())
    assert not names & left
