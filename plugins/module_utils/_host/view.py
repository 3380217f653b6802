# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask this host what it is configured to serve: runs postconf, doveconf, systemctl and nft."""

from __future__ import annotations

import glob
import re
import socket
from collections.abc import Callable
from typing import Optional

from .._dovecot.configured import dovecot_version, read_dovecot
from .._dovecot.syntax import parse_dovecot_files
from .._model.host_view import (
    DOVECOT,
    POSTFIX,
    Configured,
    Firewall,
    Holder,
    HostView,
    ReadError,
    Server,
)
from .._postfix.configured import PARAMETERS, PostfixText, known_ports, read_postfix
from .firewall import parse_ruleset
from .holders import holders_of, parse_units, read_processes, read_sockets

# What the readers were tried on.
TESTED = {POSTFIX: ((3, 7), (3, 10)), DOVECOT: ((2, 3), (2, 4))}

# Runs a command: exit status, standard output, standard error.
Run = Callable[[list[str]], tuple[int, str, str]]
Find = Callable[[str], Optional[str]]


def read_host(run: Run, find: Find) -> tuple[HostView, list[str]]:
    """Return what this host says of itself, and what could not be read.

    ``find`` returns the path of a program, or None. Raises ReadError where neither Postfix nor
    Dovecot is installed.
    """
    host = _Host(run, find)
    servers = [host.server(POSTFIX, "postconf"), host.server(DOVECOT, "doveconf")]
    if not any(server.found for server in servers):
        raise ReadError(
            "neither Postfix (postconf) nor Dovecot (doveconf) is installed on this host"
        )
    view = HostView(
        configured=tuple(sorted(host.configured, key=lambda one: (one.port, one.address))),
        holders=host.holders(),
        servers=tuple(servers),
        firewall=host.firewall(),
    )
    return view, host.warnings


class _Host:
    """One reading of this host."""

    def __init__(self, run: Run, find: Find) -> None:
        self._run = run
        self._find = find
        self.configured: list[Configured] = []
        self.warnings: list[str] = []

    def server(self, name: str, program: str) -> Server:
        """Read one server's configuration; what is wrong with it becomes part of the result."""
        path = self._find(program)
        if path is None:
            return Server(name)
        read = self._postfix if name == POSTFIX else self._dovecot
        version = ""
        try:
            version = self._version(name, path)
            listeners, warnings = read(path)
        except ReadError as error:
            self.warnings.append(f"{name}: {error}")
            return Server(name, True, version, _tested(name, version), str(error))
        self.configured += listeners
        self.warnings += warnings
        server = Server(name, True, version, _tested(name, version))
        if not server.tested:
            first, last = (".".join(map(str, one)) for one in TESTED[name])
            self.warnings.append(f"{name} {version} was not tried, only {first} to {last} were")
        return server

    def _version(self, name: str, path: str) -> str:
        if name == POSTFIX:
            return self._ask([path, "-h", "mail_version"]).strip()
        # Also a configuration that Dovecot refuses is printed with this line.
        return dovecot_version(self._run([path, "-n"])[1])[0]

    def _postfix(self, path: str) -> tuple[list[Configured], list[str]]:
        folder = self._ask([path, "-h", "config_directory"]).strip()
        master_cf = f"{folder}/master.cf"
        text = PostfixText(
            entries=self._ask([path, "-M"]),
            overrides=self._ask([path, "-Px"]),
            parameters=self._ask([path, "-x", *PARAMETERS]),
            master_cf=_text_of(master_cf),
            path=master_cf,
        )
        # Only Postfix 3.6 and later has it.
        known = known_ports(self._run([path, "-h", "known_tcp_ports"])[1])
        found, warnings = read_postfix(
            text, lambda name: known.get(name) or port_of(name), addresses_of
        )
        if self._run([path, "-h", "multi_instance_directories"])[1].strip():
            warnings.append(
                "Postfix: its other instances (multi_instance_directories) were not read"
            )
        return found, warnings

    def _dovecot(self, path: str) -> tuple[list[Configured], list[str]]:
        text = self._ask([path, "-a"])
        _version, file = dovecot_version(text)
        try:
            places = parse_dovecot_files(file, _text_of, _expand)
        except ReadError as error:
            self.warnings.append(f"dovecot: the lines of its settings are not known: {error}")
            places = {}
        return read_dovecot(text, places)

    def _ask(self, command: list[str]) -> str:
        """Return what a program prints; its complaints are warnings, its failure a ReadError."""
        status, out, err = self._run(command)
        said = [line for line in err.splitlines() if line.strip()]
        if status:
            worst = [line for line in said if "fatal" in line.lower()] or said
            raise ReadError(worst[-1] if worst else f"{command[0]} failed (exit status {status})")
        self.warnings += [line for line in said if line not in self.warnings]
        return out

    def holders(self) -> Optional[list[Holder]]:
        """Return who listens, None where the kernel does not say."""
        sockets = read_sockets()
        if sockets is None:
            self.warnings.append("the listening sockets of this host could not be read from /proc")
            return None
        processes, hidden = read_processes()
        found = holders_of(sockets, processes, {})
        if hidden and not all(one.pid for one in found):
            self.warnings.append(
                f"{hidden} processes could not be looked into, so the holder of some ports is not "
                "known: run as root"
            )
        if any(one.systemd for one in found):
            found = holders_of(sockets, processes, self._units())
        return found

    def _units(self) -> dict[int, str]:
        path = self._find("systemctl")
        if path is None:
            return {}
        command = [path, "show", "*.socket", "--property=Id", "--property=Listen", "--no-pager"]
        return parse_units(self._run(command)[1])

    def firewall(self) -> Firewall:
        """Return what the packet filter says of itself."""
        if _text_of("/proc/net/ip_tables_names") or _text_of("/proc/net/ip6_tables_names"):
            return Firewall(None, "legacy iptables are in use, which are not read")
        path = self._find("nft")
        if path is None:
            return Firewall(None, "nft is not installed on the host")
        status, out, err = self._run([path, "-j", "list", "ruleset"])
        if status:
            return Firewall(None, f"nft: {next(iter(err.splitlines()), 'failed')}")
        try:
            return parse_ruleset(out)
        except ReadError as error:
            return Firewall(None, str(error))


def _tested(name: str, version: str) -> bool:
    numbers = re.match(r"(\d{1,9})\.(\d{1,9})", version)
    first, last = TESTED[name]
    return numbers is not None and first <= (int(numbers[1]), int(numbers[2])) <= last


def _text_of(path: str) -> str:
    """Return the text of a file, "" where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _expand(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern))


def port_of(name: str) -> Optional[int]:
    """Return the port of a service that this host knows by name, or None."""
    try:
        return socket.getservbyname(name, "tcp")
    except OSError:
        return None


def addresses_of(name: str) -> list[str]:
    """Return the addresses of a name or address, the name itself where it does not resolve."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return [name]
    return sorted({str(one[4][0]) for one in found})
