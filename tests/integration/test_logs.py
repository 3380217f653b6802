# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe leaves in the servers' logs: polite ends, and nothing that looks like an attack."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from tests import hosts
from tests.integration.running import Ansible, Prober, intent

# What a mail administrator's eyes, or fail2ban, stop at.
UGLY = ("lost connection", "error", "warning", "fatal", "improper command", "timeout", "non-SMTP")
# What a server says of a handshake that it did not finish.
HANDSHAKE = (
    "SSL_accept",
    "TLS library problem",
    "lost connection after STARTTLS",
    "lost connection after CONNECT",
)
SECONDS = 20


def _lines(host: hosts.Host, skip: int, ends: int) -> list[str]:
    """Return the log's lines behind ``skip`` bytes as soon as they hold ``ends`` ends of talks."""
    log = host.folder / "log" / "mail.log"
    follow = ["tail", "-c", f"+{skip + 1}", "-F", str(log)]
    wanted = r"disconnect from|-login: .*(Aborted login|Login aborted|Disconnected)"
    with subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tail:
        try:
            subprocess.run(
                ["grep", "-E", "-m", str(ends), wanted],
                stdin=tail.stdout,
                # To /dev/null it would read on to the end, which never comes.
                capture_output=True,
                timeout=SECONDS,
                check=True,
            )
        finally:
            tail.terminate()
    return log.read_bytes()[skip:].decode(errors="replace").splitlines()


def _size(host: hosts.Host) -> int:
    return (host.folder / "log" / "mail.log").stat().st_size


def _ugly(lines: list[str]) -> list[str]:
    """Return the lines that speak of an error other than a TLS handshake that was not to be."""
    return [
        line
        for line in lines
        if any(word in line for word in UGLY) and not any(word in line for word in HANDSHAKE)
    ]


def test_a_talk_ends_politely(site: hosts.Site, host: hosts.Host, ansible: Ansible) -> None:
    """Every dialogue ends with QUIT or LOGOUT; asking for another key cannot but leave an error."""
    before = _size(host)
    args = {"host": host.name, "ca_path": str(site.ca_file)}
    run = ansible.module("localhost", args, name="postmaster.mailports.port_info")
    assert run.status == 0, run.text
    # The other key on each endpoint as well; on 25 also a look without SNI.
    lines = _lines(host, before, 4 * len(hosts.PORTS) + 2)
    assert _ugly(lines) == []
    ends = [line for line in lines if "disconnect from" in line]
    polite = [line for line in ends if " quit=1 " in line]
    assert len(polite) >= 8
    assert all(
        "starttls=0/1" in line or "commands=0/0" in line for line in ends if line not in polite
    )
    unfinished = ("SSL_accept", "TLS handshaking")
    logins = [
        line
        for line in lines
        if "-login: " in line and not any(word in line for word in unfinished)
    ]
    assert len(logins) >= 8
    assert all("logging out" in line or "Logged out" in line for line in logins)


def test_old_versions_leave_a_line_each(host: hosts.Host, probers: Mapping[str, Prober]) -> None:
    """Asking for old versions cannot but be logged as failed handshakes, and as no more."""
    before = _size(host)
    result = probers[host.base].check(intent(host))
    tries = [row for one in result["observations"] for row in one["versions"].values()]
    lines = _lines(host, before, 2 * len(result["observations"]) + len(tries))
    refused = [line for line in lines if "unsupported protocol" in line]
    assert 0 < len(refused) <= 2 * len(tries)
    assert _ugly(lines) == []
