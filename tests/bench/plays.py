# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole plays: one port_check of eight ports against one ping, and against loops of other tasks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.ground import EIGHT, lift_limits
from tests.bench.measure import Figure, Report, medians, seconds
from tests.hosts import Host, Site

ROUNDS = 9
LOOP_ROUNDS = 3
PING: dict[str, Any] = {"ansible.builtin.ping": {}}


def _check(target: Host, ca_path: str) -> dict[str, Any]:
    intent = {
        "host": target.name,
        "addresses": ["ipv4"],
        "services": {row.name: {} for row in EIGHT},
    }
    return {
        "postmaster.mailports.port_check": {
            "intent": intent,
            "ca_path": ca_path,
            "fail_on": "never",
        }
    }


def _wait(target: Host) -> dict[str, Any]:
    return {
        "ansible.builtin.wait_for": {"host": target.name, "port": "{{ item }}"},
        "loop": [row.port for row in EIGHT],
    }


def _s_client(target: Host, ca_path: str) -> dict[str, Any]:
    loop = [
        f"-connect {target.name}:{row.port}"
        + (f" -starttls {row.protocol}" if row.tls == "starttls" else "")
        for row in EIGHT
    ]
    command = f"openssl s_client -CAfile {ca_path} -verify_hostname {target.name} {{{{ item }}}}"
    return {"ansible.builtin.command": {"cmd": command, "stdin": ""}, "loop": loop}


class Stage:
    """Writes plays into a folder and runs each from the controller's network."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._site = site
        self._folder = folder
        self._env = {
            "ANSIBLE_LOCALHOST_WARNING": "false",
            # Masters of ssh connections end with the site, not a minute later.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(site.folder / "cp"),
        }

    def play(self, name: str, hosts: str, *tasks: dict[str, Any]) -> Callable[[], float]:
        """Return a contestant: a play of these tasks, timed as a whole."""
        play: dict[str, Any] = {"hosts": hosts, "gather_facts": False, "tasks": list(tasks)}
        if hosts == "localhost":
            play["connection"] = "local"
            play["vars"] = {"ansible_python_interpreter": sys.executable}
        file = self._folder / f"{name}.yml"
        # JSON is YAML.
        file.write_text(json.dumps([play], indent=1), encoding="utf-8")
        command = [*self._site.enter, "ansible-playbook", "-i", str(self._site.inventory)]
        return lambda: seconds([*command, str(file)], env=self._env)


def _against_ping(contestants: dict[str, Callable[[], float]], report: Report) -> None:
    """Report a play with one ping, then the one with port_check, and their ratio."""
    taken = medians(contestants, ROUNDS, report, "plays")
    ping, check = contestants
    for name in contestants:
        report.add(Figure("plays", name, taken[name], "s"))
    report.add(Figure("plays", f"{check} / ping", taken[check] / taken[ping], "x", 1.15, False))


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    near, far = site.hosts["debian12"], site.hosts["debian13"]
    ca_path = str(site.ca_file)
    remote_ca = "/etc/mailports/bench-ca.pem"
    (near.root / remote_ca.lstrip("/")).write_bytes(site.ca_file.read_bytes())
    stage = Stage(site, folder)
    local = {
        "play, local: ping": stage.play("ping", "localhost", PING),
        "play, local: port_check": stage.play("check", "localhost", _check(near, ca_path)),
    }
    ssh = {
        "play, ssh: ping": stage.play("ping-ssh", near.name, PING),
        "play, ssh: port_check": stage.play("check-ssh", near.name, _check(far, remote_ca)),
    }
    loops = {
        "play, local: port_check": local["play, local: port_check"],
        "play, local: wait_for loop": stage.play("wait", "localhost", _wait(near)),
        "play, local: wait_for and openssl loops": stage.play(
            "loops", "localhost", _wait(near), _s_client(near, ca_path)
        ),
    }
    for contestants in (local, ssh):
        _against_ping(contestants, report)
    # Client and servers share two cores: this tells what is left without a process per connection.
    lift_limits(far)
    _against_ping({f"{name}, servers at ease": one for name, one in ssh.items()}, report)
    taken = medians(loops, LOOP_ROUNDS, report, "plays")
    check = "play, local: port_check"
    for name, value in taken.items():
        if name != check:
            report.add(Figure("plays", name, value, "s"))
            target = 4.5 if "openssl" in name else None
            report.add(Figure("plays", f"{name} / port_check", value / taken[check], "x", target))
