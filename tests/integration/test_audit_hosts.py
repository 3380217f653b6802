# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the audit of the real hosts from the controller, from each other, and by their files."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests import hosts
from tests.integration.running import CA_ON_HOSTS, intent


def test_ports_and_configuration_of_both_hosts(site: hosts.Site, tmp_path: Path) -> None:
    """A login in clear is found from a vantage and in the configuration, on that host alone."""
    faulty = site.hosts["debian12"]
    names = sorted(host.name for host in site.hosts.values())
    wanted = {host.name: intent(host) for host in site.hosts.values()}
    variables = {
        "wanted": wanted,
        "mailports_intent": "{{ wanted[inventory_hostname] }}",
        "mailports_audit_dir": str(tmp_path / "audit"),
        "mailports_audit_configured": True,
        "mailports_audit_vantages": ["controller", names[1]],
        "mailports_fail_on": "error",
    }
    # The same path on the controller, seen by it alone.
    variables["mailports_ca_path"] = (
        f"{{{{ '{site.ca_file}' if mailports_vantage == 'controller' else '{CA_ON_HOSTS}' }}}}"
    )
    command = ["ansible-playbook", "-i", str(site.inventory), "-e", json.dumps(variables)]
    with faulty.fault("login_in_clear_587"):
        done = subprocess.run(
            [*site.enter, *command, "postmaster.mailports.audit"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(tmp_path / "home")},
        )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "see " in done.stdout, done.stdout + done.stderr
    document = json.loads((tmp_path / "audit" / "findings.json").read_text(encoding="utf-8"))
    rows = {(host["host"], host["vantage"]): host for host in document["hosts"]}
    vantages = ("configuration", "controller", names[1])
    assert set(rows) == {(name, vantage) for name in names for vantage in vantages}
    assert all(host["audited"] for host in rows.values())
    clear = {
        key
        for key, host in rows.items()
        if any("login" in one["rule"] and one["severity"] == "error" for one in host["findings"])
    }
    expected = {(faulty.name, vantage) for vantage in vantages}
    # Dovecot takes a host that looks at itself for safe: this vantage is where it says it is.
    assert clear == {*expected, (names[1], names[1])}
    places = {
        (one["file"], one["line"] > 0)
        for one in rows[faulty.name, "configuration"]["findings"]
        if one["rule"] == "login-before-tls"
    }
    assert places == {("/etc/postfix/master.cf", True)}
