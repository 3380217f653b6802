# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine as a process against the programs people use for the same ports today."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import Service

from tests.bench.ground import ALL_VERSIONS, EIGHT, HERE, engine_command, lift_limits
from tests.bench.measure import Figure, Report, medians, output, seconds
from tests.hosts import Host, Site

ROUNDS = 5
# sslyze and testssl.sh know the seven registered ports.
SEVEN = tuple(row for row in EIGHT if row.name != "submission_alt")
PLUGINS = "/usr/lib/nagios/plugins"


def _sslyze(site: Site, host: Host) -> list[str]:
    request = {
        "name": host.name,
        "address": host.address,
        "targets": [[row.protocol, row.port, row.tls] for row in SEVEN],
    }
    return [*site.enter, sys.executable, str(HERE / "sslyze_peer.py"), json.dumps(request)]


def _testssl(site: Site, host: Host, row: Service) -> list[str]:
    # Its exit status tells of findings: a test authority is one to it.
    command = [*site.enter, "sh", "-c", '"$@"; true', "sh"]
    command += ["testssl", "--quiet", "--color", "0", "--warnings", "off"]
    return [*command, "-p", "-S", f"--ip={host.address}", f"{host.name}:{row.port}"]


def _openssl(site: Site, host: Host) -> list[str]:
    """One s_client after another, without Ansible around them."""
    lines = [
        f"openssl s_client -CAfile {site.ca_file} -connect {host.name}:{row.port}"
        + (f" -starttls {row.protocol}" if row.tls == "starttls" else "")
        for row in SEVEN
    ]
    return [*site.enter, "sh", "-c", " </dev/null && ".join(lines) + " </dev/null"]


def _nmap(site: Site, host: Host) -> list[str]:
    ports = ",".join(str(row.port) for row in EIGHT)
    scripts = "ssl-cert,smtp-commands,imap-capabilities,pop3-capabilities"
    return [*site.enter, "nmap", "-Pn", "-n", "-p", ports, "--script", scripts, host.address]


def _plugins(site: Site, host: Host) -> list[str]:
    """One plugin a port; TLS and the certificate's age where the plugin can."""
    options = {
        ("smtp", "starttls"): "check_smtp -S -D 1",
        ("smtp", "implicit"): "check_ssmtp -D 1",
        ("imap", "starttls"): "check_imap",
        ("imap", "implicit"): "check_simap -D 1",
        ("pop3", "starttls"): "check_pop",
        ("pop3", "implicit"): "check_spop -D 1",
    }
    lines = [
        f"{PLUGINS}/{options[row.protocol, row.tls]} -H {host.name} -p {row.port}" for row in EIGHT
    ]
    # Short-lived test certificates make some of them warn: what counts is that each has run.
    return [*site.enter, "sh", "-c", " ; ".join(lines) + "; true"]


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    del folder
    host = site.hosts["debian12"]
    lift_limits(host)
    one = next(row for row in EIGHT if row.name == "imaps")
    commands = {
        "engine, 7 ports, 4 TLS versions": engine_command(site, host, SEVEN, versions=ALL_VERSIONS),
        "engine, 8 ports, no versions": engine_command(site, host, EIGHT),
        "engine, 1 port, 4 TLS versions": engine_command(site, host, [one], versions=ALL_VERSIONS),
        "sslyze, 7 ports": _sslyze(site, host),
        "openssl s_client, 7 ports, one after another": _openssl(site, host),
        "monitoring plugins, 8 ports, one after another": _plugins(site, host),
        "nmap certificates and capabilities, 8 ports": _nmap(site, host),
    }
    for name in ("sslyze, 7 ports", "nmap certificates and capabilities, 8 ports"):
        report.keep("peers", {"seen by": name, "output": output(commands[name])})
    report.keep("peers", {"seen by": "monitoring plugins", "output": output(_plugins(site, host))})
    taken = medians(
        {name: partial(seconds, command) for name, command in commands.items()},
        ROUNDS,
        report,
        "peers",
    )
    slow = "testssl.sh -p -S, 1 port"
    single = "engine, 1 port, 4 TLS versions"
    pair = {slow: _testssl(site, host, one), single: commands[single]}
    report.keep("peers", {"seen by": slow, "output": output(pair[slow])})
    taken |= medians({n: partial(seconds, c) for n, c in pair.items()}, 1, report, "peers")
    for name, value in taken.items():
        report.add(Figure("peers", name, value, "s"))
    seven = "engine, 7 ports, 4 TLS versions"
    report.add(
        Figure("peers", "sslyze / engine, 7 ports", taken["sslyze, 7 ports"] / taken[seven], "x", 8)
    )
    report.add(Figure("peers", "testssl.sh / engine, 1 port", taken[slow] / taken[single], "x", 50))
