# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run plays of the roles on both hosts, as a user does, and count what they did."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests import hosts
from tests.integration.running import Run

_OTHER_SYSTEM = """
- hosts: mail
  gather_facts: false
  vars: VARIABLES
  tasks:
    - ansible.builtin.set_fact:
        cacheable: true
        distribution: Fedora
        distribution_major_version: "41"
    - ansible.builtin.include_role:
        name: postmaster.mailports.ROLE
"""


def text(*roles: str, facts: bool = False) -> str:
    """Return a play of these roles; VARIABLES stands for its variables.

    ``facts``: Ansible gathers all it can before, as it does unless told otherwise; the roles
    gather what they need themselves.
    """
    lines = [f"    - postmaster.mailports.{role}" for role in roles]
    head = ["- hosts: mail", f"  gather_facts: {str(facts).lower()}", "  vars: VARIABLES"]
    return "\n".join([*head, "  roles:", *lines, ""])


def play(
    site: hosts.Site,
    folder: Path,
    home: Path,
    playbook: str,
    variables: Mapping[str, Any],
    *flags: str,
) -> Run:
    """Run a playbook on both hosts, with ``folder`` for its file and ``home`` for connections.

    Modules go through one ssh session each, but for those of another user (--become).
    """
    path = folder / "playbook.yml"
    path.write_text(playbook.replace("VARIABLES", json.dumps(variables)), encoding="utf-8")
    done = subprocess.run(
        [*site.enter, "ansible-playbook", "-i", str(site.inventory), str(path), *flags],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_PIPELINING": str("--become" not in flags),
        },
    )
    return Run(done.returncode, done.stdout + done.stderr)


def on_another_system(
    site: hosts.Site, folder: Path, home: Path, role: str, variables: Mapping[str, Any]
) -> Run:
    """Run a role where Ansible believes to be on Fedora."""
    return play(site, folder, home, _OTHER_SYSTEM.replace("ROLE", role), variables)


def changed(run: Run) -> list[int]:
    """Return how many tasks changed something, host by host."""
    return [int(number) for number in re.findall(r"changed=(\d+)", run.text)]


def executed(run: Run, role: str = "") -> int:
    """Return how many tasks, of one role or of all, were executed on the first host."""
    parts = run.text.split("\nTASK [")[1:]
    own = [
        part for part in parts if part.startswith(f"postmaster.mailports.{role} :" if role else "")
    ]
    return sum("skipping: [mail12" not in part for part in own)


def differences(run: Run) -> list[str]:
    """Return the lines that a run with --diff showed as added or removed in files of servers."""
    found, wanted = [], False
    for line in run.text.splitlines():
        if line.startswith("--- before"):
            wanted = "/etc/postfix/" in line or "/etc/dovecot/" in line
        elif line.startswith(("TASK", "changed:", "ok:")):
            wanted = False
        if wanted and line[:1] in ("+", "-"):
            found.append(line)
    return sorted(found)
