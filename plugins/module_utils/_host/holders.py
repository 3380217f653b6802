# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who really holds each listening TCP port of this machine, from /proc and systemd's own words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from .._model.host_view import Holder, ReadError
from .._model.servers import owner_of
from .._system import sockets as _sockets

_SYSTEMD = "systemd"
_SERVICE = re.compile(r"/([^/]+\.service)(?:/|$)")


@dataclass(frozen=True)
class Socket:
    """One listening socket; ``inode`` is what joins it with a process."""

    address: str
    port: int
    inode: str


@dataclass(frozen=True)
class Process:
    """One process that holds sockets: ``parent`` is its parent's pid, ``inodes`` the sockets."""

    pid: int
    parent: int
    name: str
    program: str
    unit: str
    inodes: frozenset[str]


def parse_sockets(text: str) -> list[Socket]:
    """Return the listening sockets in the text of /proc/net/tcp or tcp6. Raises ReadError."""
    try:
        rows = list(_sockets.parse(text.splitlines()))
    except ValueError as error:
        raise ReadError(f"/proc/net/tcp: {error}") from error
    return [Socket(address, port, inode) for inode, (address, port) in rows]


def holders_of(
    sockets: Iterable[Socket], processes: Iterable[Process], units: Mapping[int, str]
) -> list[Holder]:
    """Return the holder of each socket, by port and address.

    Of several processes that share a socket the one that the others descend from is named, and a
    server that systemd has handed the socket to rather than systemd.
    """
    owners: dict[str, list[Process]] = {}
    for process in processes:
        for inode in process.inodes:
            owners.setdefault(inode, []).append(process)
    made = {_holder(one, owners.get(one.inode, []), units) for one in sockets}
    return sorted(made, key=lambda one: (one.port, ":" in one.address, one.address, one.pid))


def _holder(one: Socket, owners: list[Process], units: Mapping[int, str]) -> Holder:
    if not owners:
        return Holder(one.port, one.address)
    by_systemd = any(process.name == _SYSTEMD for process in owners)
    others = [process for process in owners if process.name != _SYSTEMD] or owners
    pids = {process.pid for process in others}
    roots = [process for process in others if process.parent not in pids] or others
    root = min(roots, key=lambda process: process.pid)
    return Holder(
        port=one.port,
        address=one.address,
        pid=root.pid,
        name=root.name,
        program=root.program,
        server=owner_of(root.name, root.program),
        systemd=by_systemd,
        unit=units.get(one.port, "") if by_systemd else root.unit,
    )


def read_sockets(proc: str = "/proc") -> Optional[list[Socket]]:
    """Return the listening sockets of this network namespace, None where /proc does not say."""
    found: list[Socket] = []
    seen = False
    for name in ("tcp", "tcp6"):
        text = _read(f"{proc}/net/{name}")
        if text is not None:
            seen = True
            found += parse_sockets(text)
    return found if seen else None


def read_processes(proc: str = "/proc") -> tuple[list[Process], int]:
    """Return the processes that hold sockets, and how many may not be looked into."""
    found = []
    hidden = 0
    for name in sorted(os.listdir(proc)):
        if name.isdecimal():
            try:
                inodes = frozenset(_inodes(f"{proc}/{name}/fd"))
            except PermissionError:
                hidden += 1
                continue
            except OSError:
                # It has ended meanwhile.
                continue
            if inodes:
                found.append(_process(f"{proc}/{name}", int(name), inodes))
    return found, hidden


def _inodes(folder: str) -> Iterator[str]:
    for name in os.listdir(folder):
        try:
            target = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]


def _process(folder: str, pid: int, inodes: frozenset[str]) -> Process:
    # The name in parentheses may hold anything, also parentheses.
    fields = (_read(f"{folder}/stat") or "").rpartition(")")[2].split()
    try:
        program = os.readlink(f"{folder}/exe")
    except OSError:
        program = ""
    unit = _SERVICE.search(_read(f"{folder}/cgroup") or "")
    return Process(
        pid=pid,
        parent=int(fields[1]) if len(fields) > 1 else 0,
        name=(_read(f"{folder}/comm") or "").strip(),
        program=program,
        unit=unit[1] if unit else "",
        inodes=inodes,
    )


def _read(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None
