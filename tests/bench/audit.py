# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of 500 hosts of eight ports against the engine alone, host by host, from vantages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.bench.ground import EIGHT, HERE, lift_limits
from tests.bench.measure import BenchError, Figure, Report, output, seconds
from tests.hosts import Host, Site, network

HOSTS = 500
# The last numbers of the vantages' addresses.
VANTAGES = {"vantage0": 20, "vantage1": 21, "vantage2": 22, "vantage3": 23}
FORKS = "8"
# RFC 3849; all of the prefix is one server, which stands for as many hosts as are wanted.
PREFIX = "2001:db8:2513::"
REMOTE_CA = "/etc/mailports/bench-ca.pem"
SSHD = ["/usr/sbin/sshd", "-D", "-o", "PidFile=none"]


@contextmanager
def _vantage(site: Site, name: str, number: int) -> Iterator[None]:
    """Place a machine on the network: an address of its own, the files of Debian 13, an sshd.

    The sshd is one of the host's processes, and ends with the host.
    """
    host = site.hosts["debian13"]
    network.join(site.id, name, number)
    try:
        net = f"--net=/run/netns/{network.member(site.id, name)}"
        kinds = ["--mount", "--uts", "--ipc", "--pid", "--cgroup"]
        enter = ["nsenter", f"--target={host.pid}", *kinds, net, "--"]
        subprocess.Popen([*enter, *SSHD], stdin=subprocess.DEVNULL)
        yield
    finally:
        network.leave(site.id, name, number)


def _simulate(site: Site, host: Host) -> dict[str, dict[str, Any]]:
    """Give a host many addresses, and return each as a host of an inventory."""
    there = network.member(site.id, host.base)
    seconds(["ip", "-n", there, "-6", "route", "add", "local", f"{PREFIX}/64", "dev", "lo"])
    for where in (site.controller, *(network.member(site.id, name) for name in VANTAGES)):
        route = ["-6", "route", "add", f"{PREFIX}/64", "via", host.address6]
        seconds(["ip", "-n", where, *route])
    services = {row.name: {} for row in EIGHT}
    return {
        f"sim{number:03d}": {
            "address": f"{PREFIX}{number:x}",
            "mailports_intent": {
                "host": f"sim{number:03d}.example.net",
                "server_name": host.name,
                "addresses": [f"{PREFIX}{number:x}"],
                "services": services,
            },
        }
        for number in range(1, HOSTS + 1)
    }


class Stage:
    """Playbooks and an inventory in a folder; every play is timed as a whole."""

    def __init__(self, site: Site, host: Host, folder: Path) -> None:
        self._site = site
        self._folder = folder
        self._simulated = _simulate(site, host)
        real = yaml.safe_load(site.inventory.read_text(encoding="utf-8"))
        vantages = {
            name: {"ansible_host": network.address(number)} for name, number in VANTAGES.items()
        }
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        groups = {
            "sim": {"hosts": self._simulated, "vars": local},
            "vantages": {"hosts": vantages, "vars": _variables(real)},
        }
        inventory = {"all": {"children": groups}}
        self._inventory = self._write("inventory.json", inventory)

    def _write(self, name: str, data: Any) -> str:
        path = self._folder / name
        path.write_text(json.dumps(data), encoding="utf-8")
        return str(path)

    def _play(self, playbook: str, variables: dict[str, Any]) -> float:
        command = [*self._site.enter, "ansible-playbook", "-i", self._inventory, "-f", FORKS]
        environment = {"ANSIBLE_SSH_CONTROL_PATH_DIR": str(self._site.folder / "cp")}
        argv = [*command, "-e", json.dumps(variables), playbook]
        return seconds(argv, env={**environment, "ANSIBLE_DISPLAY_OK_HOSTS": "false"})

    def port_info(self) -> float:
        """Return the time of the port_info tasks alone."""
        options = {
            "host": "{{ mailports_intent.host }}",
            "addresses": ["{{ address }}"],
            "server_name": "{{ mailports_intent.server_name }}",
            "services": [row.name for row in EIGHT],
            "tls_versions": ["TLSv1", "TLSv1.1"],
            "ca_path": str(self._site.ca_file),
        }
        task = {"postmaster.mailports.port_info": options, "register": "seen"}
        play = {"hosts": "sim", "gather_facts": False, "tasks": [task]}
        return self._play(self._write("info.yml", [play]), {})

    def host_by_host(self) -> float:
        """Return the time of a port_check task for each host, as the audit did it before."""
        options = {
            "intent": "{{ mailports_intent }}",
            "ca_path": str(self._site.ca_file),
            "fail_on": "never",
        }
        task = {"postmaster.mailports.port_check": options, "delegate_to": "localhost"}
        play = {"hosts": "sim", "gather_facts": False, "tasks": [task]}
        return self._play(self._write("check.yml", [play]), {})

    def engine(self) -> float:
        """Return the time of the engine alone, in one process, over the same endpoints."""
        hosts = {name: one["mailports_intent"] for name, one in self._simulated.items()}
        options = {"ca_path": str(self._site.ca_file), "fail_on": "never"}
        path = self._write("request.json", {"way": "fleet", "hosts": hosts, "options": options})
        command = [*self._site.enter, sys.executable, str(HERE / "fleet_engine.py"), path]
        told = json.loads(output(command))
        if told["open"] != HOSTS * len(EIGHT):
            raise BenchError(f"engine: only {told['open']} endpoints answered")
        return float(told["seconds"])

    def audit(self, name: str, **variables: Any) -> float:
        """Return the time of the whole audit. Raises BenchError unless it saw every endpoint."""
        folder = self._folder / name
        given = {
            "mailports_audit_hosts": "sim",
            "mailports_audit_dir": str(folder),
            "mailports_ca_path": str(self._site.ca_file),
            "mailports_fail_on": "never",
            **variables,
        }
        taken = self._play("postmaster.mailports.audit", given)
        hosts = json.loads((folder / "findings.json").read_text(encoding="utf-8"))["hosts"]
        seen = [one for host in hosts for one in host["observations"] if one["reach"] == "open"]
        if len(seen) != HOSTS * len(EIGHT):
            raise BenchError(f"{name}: only {len(seen)} of {HOSTS * len(EIGHT)} endpoints answered")
        return taken


def _variables(data: Any) -> dict[str, Any]:
    """Return the variables of all groups of an inventory."""
    found: dict[str, Any] = {}
    for group in data.values():
        found.update(group.get("vars") or {})
        found.update(_variables(group.get("children") or {}))
    return found


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure once each: a run takes minutes, and what differs is not a matter of noise."""
    host = site.hosts["debian12"]
    lift_limits(host)
    remote = site.hosts["debian13"].root / REMOTE_CA.lstrip("/")
    remote.parent.mkdir(parents=True, exist_ok=True)
    remote.write_bytes(site.ca_file.read_bytes())
    with ExitStack() as standing:
        for name, number in VANTAGES.items():
            standing.enter_context(_vantage(site, name, number))
        _measure(Stage(site, host, folder), report)


def _measure(stage: Stage, report: Report) -> None:
    spread = f"{{{{ ['vantage' ~ (address | hash('md5') | int(base=16) % {len(VANTAGES)})] }}}}"
    rows = {
        "engine alone, in one process": stage.engine,
        "port_check task for each host": stage.host_by_host,
        "port_info tasks alone": stage.port_info,
        "audit": lambda: stage.audit("one"),
        f"audit, spread over {len(VANTAGES)} vantages by ssh": lambda: stage.audit(
            "many", mailports_audit_vantages=spread, mailports_ca_path=REMOTE_CA
        ),
    }
    taken = {}
    for name, contestant in rows.items():
        taken[name] = contestant()
        report.add(Figure("audit", f"{HOSTS} hosts x 8: {name}", taken[name], "s"))
    whole = taken["audit"]
    alone = taken["engine alone, in one process"]
    report.add(Figure("audit", "audit / the engine alone", whole / alone, "x", 2.0, False))
    before = taken["port_check task for each host"]
    report.add(Figure("audit", "a task for each host / audit", before / whole, "x"))
