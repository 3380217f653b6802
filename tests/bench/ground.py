# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ground every measurement stands on: a real host, its ports, and the engine as a process."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import (
    SERVICES,
    Service,
)

from tests.bench.measure import output
from tests.hosts import Host, Site

HERE = Path(__file__).resolve().parent
# Debian's names, by the command that proves the package is there.
PACKAGES = {
    "chromium": "chromium",
    "nmap": "nmap",
    "openssl": "openssl",
    "tcpdump": "tcpdump",
    "testssl": "testssl.sh",
    "/usr/lib/nagios/plugins/check_smtp": "monitoring-plugins-basic",
}
ALL_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
EIGHT = tuple(SERVICES.values())
IMPLICIT = tuple(row for row in EIGHT if row.tls == "implicit")


def install_peers() -> None:
    """Install the Debian packages of the peers that the machine lacks."""
    missing = sorted({package for tool, package in PACKAGES.items() if not shutil.which(tool)})
    if missing:
        output(["apt-get", "-q", "update"])
        output(["apt-get", "-q", "-y", "--no-install-recommends", "install", *missing])


def lift_limits(host: Host) -> None:
    """Let one client open as many connections as it likes, as monitoring hosts are allowed to.

    Dovecot runs its login processes in its high-performance mode; in its default mode it starts
    one process for each connection, and every client would be measured by that.
    """
    host.run(
        "postconf -e smtpd_client_connection_count_limit=0 default_process_limit=200",
        check=True,
    )
    count = "service_count" if host.base == "debian12" else "restart_request_count"
    never = "0" if host.base == "debian12" else "unlimited"
    text = "".join(
        f"service {name}-login {{\n  {count} = {never}\n  process_min_avail = 2\n"
        "  client_limit = 4000\n}\n"
        for name in ("imap", "pop3")
    )
    with open(host.root / "etc/dovecot/dovecot.conf", "a", encoding="utf-8") as stream:
        stream.write(text)
    host.restart("postfix", "dovecot")


def engine_command(
    site: Site,
    host: Host,
    rows: Iterable[Service] = EIGHT,
    *,
    enter: Sequence[str] | None = None,
    **more: Any,
) -> list[str]:
    """Return the command that runs the engine against ``rows`` of a host; see engine.py."""
    request = {
        "host": host.name,
        "addresses": [host.address],
        "targets": [[row.name, row.protocol, row.port, row.tls] for row in rows],
        "ca_path": str(site.ca_file),
        **more,
    }
    prefix = site.enter if enter is None else enter
    return [*prefix, sys.executable, str(HERE / "engine.py"), json.dumps(request)]


def engine(
    site: Site,
    host: Host,
    rows: Iterable[Service] = EIGHT,
    *,
    enter: Sequence[str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Run the engine as a process and return its result; see engine.py."""
    result: dict[str, Any] = json.loads(
        output(engine_command(site, host, rows, enter=enter, **more))
    )
    return result
