# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask this host what it is configured to serve, who listens, and what its packet filter says."""

from __future__ import annotations

import re
from typing import Optional

from .._model.host_view import Configured, Firewall, Holder, HostView, ReadError, Server
from .._model.servers import SERVERS, ServerKind
from .._system.machine import AskError, Find, Machine, Run
from .._system.socket_units import QUESTION, parse_units
from .firewall import parse_ruleset
from .holders import holders_of, read_processes, read_sockets
from .readers import READERS

_LEGACY_TABLES = ("/proc/net/ip_tables_names", "/proc/net/ip6_tables_names")


def read_host(run: Run, find: Find) -> tuple[HostView, list[str]]:
    """Return what this host says of itself, and what could not be read.

    ``find`` returns the path of a program, or None. Raises ReadError where no server of the table
    is installed.
    """
    host = _Host(Machine(run, find))
    servers = [host.server(row) for row in SERVERS.values()]
    if not any(server.found for server in servers):
        known = ", ".join(f"{row.title} ({row.reads_with[0]})" for row in SERVERS.values())
        raise ReadError(f"none of the mail servers that are known is installed here: {known}")
    view = HostView(
        configured=tuple(sorted(host.configured, key=lambda one: (one.port, one.address))),
        holders=host.holders(),
        servers=tuple(servers),
        firewall=host.firewall(),
    )
    return view, host.warnings


class _Host:
    """One reading of this host."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._warnings: list[str] = []
        self.configured: list[Configured] = []

    @property
    def warnings(self) -> list[str]:
        """Return what the programs complained of, and what could not be read."""
        return [*self._machine.warnings, *self._warnings]

    def server(self, row: ServerKind) -> Server:
        """Read one server's configuration; what is wrong with it becomes part of the result."""
        path = next(filter(None, map(self._machine.find, row.reads_with)), None)
        if path is None:
            return Server(row.name)
        reader = READERS[row.name]
        version = ""
        try:
            version = reader.version(self._machine, path)
            listeners, warnings = reader.listeners(self._machine, path)
        except (AskError, ReadError) as error:
            self._warnings.append(f"{row.name}: {error}")
            return Server(row.name, True, version, _tested(row, version), str(error))
        self.configured += listeners
        self._warnings += warnings
        server = Server(row.name, True, version, _tested(row, version))
        if not server.tested:
            first, last = (".".join(map(str, one)) for one in row.tested)
            self._warnings.append(
                f"{row.title} {version} is untested here; tested are {first} to {last}"
            )
        return server

    def holders(self) -> Optional[list[Holder]]:
        """Return who listens, None where the kernel does not say."""
        sockets = read_sockets()
        if sockets is None:
            self._warnings.append("the listening sockets of this host could not be read from /proc")
            return None
        processes, hidden = read_processes()
        found = holders_of(sockets, processes, {})
        if hidden and not all(one.pid for one in found):
            self._warnings.append(
                f"{hidden} processes could not be looked into, so the holder of some ports is not "
                "known: run as root"
            )
        if any(one.systemd for one in found):
            found = holders_of(sockets, processes, self._units())
        return found

    def _units(self) -> dict[int, str]:
        path = self._machine.find("systemctl")
        if path is None:
            return {}
        return parse_units(self._machine.run([path, *QUESTION])[1])

    def firewall(self) -> Firewall:
        """Return what the packet filter says of itself."""
        if any(map(self._machine.text, _LEGACY_TABLES)):
            return Firewall(None, "legacy iptables are in use, which are not read")
        path = self._machine.find("nft")
        if path is None:
            return Firewall(None, "nft is not installed on the host")
        status, out, err = self._machine.run([path, "-j", "list", "ruleset"])
        if status:
            return Firewall(None, f"nft: {next(iter(err.splitlines()), 'failed')}")
        try:
            return parse_ruleset(out)
        except ReadError as error:
            return Firewall(None, str(error))


def _tested(row: ServerKind, version: str) -> bool:
    numbers = re.match(r"(\d{1,9})\.(\d{1,9})", version)
    return numbers is not None and row.is_tested((int(numbers[1]), int(numbers[2])))
