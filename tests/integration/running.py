# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to run the product against the real hosts: in one process, or through Ansible itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import hosts

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Every service is meant to be open, so that every port of the hosts is judged.
EVERYTHING: dict[str, Any] = {name: {} for name in hosts.PORTS}
# Where the hosts find the authority that signed the other's certificate.
CA_ON_HOSTS = "/etc/mailports-ca.pem"
MODULE = "postmaster.mailports.port_check"


def intent(host: hosts.Host, **changes: Any) -> dict[str, Any]:
    """Return the intent that the hosts are configured by."""
    return {"host": host.name, "services": EVERYTHING, **changes}


def protocol_of(service: str) -> str:
    """Return the protocol that a service speaks."""
    return next((name for name in ("imap", "pop3") if service.startswith(name)), "smtp")


def other(site: hosts.Site, host: hosts.Host) -> hosts.Host:
    """Return the host that ``host`` is looked at from."""
    (found,) = (one for one in site.hosts.values() if one is not host)
    return found


class Prober:
    """The process of prober.py, beside the hosts; ``check`` may be called from any thread."""

    def __init__(self, site: hosts.Site) -> None:
        self._ca = str(site.ca_file)
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [*site.enter, sys.executable, str(HERE / "prober.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    def check(self, wanted: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """Return the result of port_check for an intent; raises AssertionError when it has none."""
        request = {"ca_path": self._ca, "intent": wanted, **options}
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer
        assert answer["failed"] is not answer["result"]["compliant"]
        result: dict[str, Any] = answer["result"]
        return result

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@dataclass(frozen=True)
class Run:
    """How one run of Ansible ended, and what it said on both streams."""

    status: int
    text: str
    results: dict[str, dict[str, Any]] = field(default_factory=dict)


class Ansible:
    """Runs Ansible on the controller of the test hosts.

    ``log`` is the file that Ansible logs to, ``said`` all that it wrote to its two streams.
    """

    def __init__(self, site: hosts.Site, folder: Path, home: Path) -> None:
        self._site = site
        self._folder = folder
        self._home = home
        self.log = folder / "ansible.log"
        self.said = ""

    def module(self, where: str, args: Mapping[str, Any], *flags: str, name: str = MODULE) -> Run:
        """Run one module on ``where``: localhost, or a host by ssh; the result is read back, whole."""
        if name == MODULE:
            args = {"details": "always", **args}
        argv = ["ansible", where, "-i", str(self._site.inventory), "-m", name]
        return self._run([*argv, "-a", json.dumps(args), *flags])

    def across(self, site: hosts.Site, *flags: str, **options: Any) -> dict[str, dict[str, Any]]:
        """Run port_check by ssh on each host against the other; return the results by vantage."""
        wanted = {other(site, host).name: intent(host) for host in site.hosts.values()}
        args = {"intent": "{{ wanted[inventory_hostname] }}", "ca_path": CA_ON_HOSTS, **options}
        run = self.module("mail", args, "-e", json.dumps({"wanted": wanted}), *flags)
        assert set(run.results) == set(wanted), run.text
        return run.results

    def tasks(self, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Run tasks on the controller, each whatever became of the others; return their results."""
        kept = self._folder / "results.json"
        steps: list[dict[str, Any]] = [
            {**task, "register": f"result_{index}", "ignore_errors": True}
            for index, task in enumerate(tasks)
        ]
        listed = ", ".join(f"result_{index}" for index in range(len(tasks)))
        keep = {"content": f"{{{{ [{listed}] | to_json }}}}", "dest": str(kept), "mode": "0600"}
        steps.append({"ansible.builtin.copy": keep, "no_log": True})
        play = {"hosts": "localhost", "gather_facts": False, "tasks": steps}
        path = self._folder / "playbook.yml"
        # JSON is YAML.
        path.write_text(json.dumps([play]), encoding="utf-8")
        run = self._run(["ansible-playbook", "-i", str(self._site.inventory), str(path)])
        assert run.status == 0, run.text
        results: list[dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
        return results

    def _run(self, argv: list[str]) -> Run:
        variables = {
            "ANSIBLE_LOG_PATH": str(self.log),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_PIPELINING": "1",
            # What older versions of ansible-core always show at -vvv.
            "ANSIBLE_INJECT_INVOCATION": "1",
            "ANSIBLE_HOME": str(self._home),
            # Not the account's, as in a container job: whoever needs the two to agree fails here.
            "HOME": str(self._home),
            # Ansible writes an async job's state below HOME and looks for it below the account's.
            "ANSIBLE_ASYNC_DIR": str(self._home / "async"),
        }
        done = subprocess.run(
            [*self._site.enter, *argv],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **variables},
        )
        self.said += done.stdout + done.stderr
        return Run(done.returncode, done.stdout + done.stderr, _results(done.stdout))


def _results(text: str) -> dict[str, dict[str, Any]]:
    """Return the results that the ad-hoc command printed, by host."""
    found = {}
    for part in ("\n" + text).split("\n")[1:]:
        head, arrow, _rest = part.partition(" => {")
        if arrow and " | " in head:
            start = text.index(part) + part.index("{")
            found[head.split(" | ")[0]] = json.JSONDecoder().raw_decode(text[start:])[0]
    return found
