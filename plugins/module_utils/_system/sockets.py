# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process listens where on this machine, from /proc alone."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from typing import Optional

LISTEN = "0A"
_ESTABLISHED = "01"
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
Endpoint = tuple[str, int]


def endpoints() -> dict[str, Endpoint]:
    """Return the address and port of every listening TCP socket of this machine, by inode."""
    found: dict[str, Endpoint] = {}
    for path in _TABLES:
        # The file of a family that the kernel does not have is not there.
        with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as table:
            found.update(parse(table))
    return found


def parse(table: Iterable[str], state: str = LISTEN) -> Iterator[tuple[str, Endpoint]]:
    """Yield inode, address and port of the sockets in ``state`` in the lines of /proc/net/tcp*.

    Raises ValueError for an address that is none.
    """
    for line in table:
        fields = line.split()
        if len(fields) > 9 and fields[3] == state:
            address, _colon, port = fields[1].partition(":")
            yield fields[9], (_address(address), int(port, 16))


def _address(text: str) -> str:
    """Return an address from the kernel's form: 32-bit words in the machine's byte order."""
    try:
        packed = b"".join(
            struct.pack("=I", int(text[start : start + 8], 16)) for start in range(0, len(text), 8)
        )
    except struct.error as error:
        raise ValueError(f"{text[:60]!r} is not an address") from error
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def listening(pid: int) -> set[Endpoint]:
    """Return where one process listens; nothing for a process that is gone or not ours to see."""
    known = endpoints()
    return {known[inode] for inode in _inodes(pid) if inode in known}


def holders(port: int, besides: int) -> list[str]:
    """Return who listens on ``port``, on any address, ``besides`` one process: name and process id,
    for a message."""
    wanted = {inode for inode, (_address, other) in endpoints().items() if other == port}
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal() and int(name) != besides and wanted.intersection(_inodes(int(name))):
            found.append(f"{command(int(name)) or '?'} (process {name})")
    return found


def sessions(pids: Iterable[int]) -> set[str]:
    """Return the inodes of all sockets that the processes have open."""
    return {inode for pid in pids for inode in _inodes(pid)}


def connections(ports: Iterable[int]) -> set[str]:
    """Return the inodes of the established connections to ``ports`` of this machine; "0" stands
    for those that no process has taken up yet."""
    wanted = frozenset(ports)
    found: set[str] = set()
    for path in _TABLES:
        with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as table:
            rows = parse(table, _ESTABLISHED)
            found.update(inode for inode, (_address, port) in rows if port in wanted)
    return found


def age(pid: int) -> float:
    """Return for how many seconds a process has run; infinitely long for one that has ended."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            started = int(file.read().rpartition(")")[2].split()[19])
    except OSError:
        return math.inf
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")


def command(pid: int) -> str:
    """Return the name of a process's program, "" where there is no such process."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def daemon(pid_file: str, name: str) -> Optional[int]:
    """Return the process id in a file, None unless a program whose name begins so runs under it."""
    try:
        with open(pid_file, encoding="ascii") as file:
            pid = int(file.read())
    except (OSError, ValueError):
        return None
    return pid if command(pid).startswith(name) else None


def streams(pid: int) -> set[str]:
    """Return the inodes of a process's connected local stream sockets: the ways to its children."""
    own = set(_inodes(pid))
    found = set()
    with contextlib.suppress(OSError), open("/proc/net/unix", encoding="utf-8") as table:
        for line in table:
            fields = line.split()
            if len(fields) > 6 and fields[4:6] == ["0001", "03"] and fields[6] in own:
                found.add(fields[6])
    return found


def children(parent: int) -> dict[int, str]:
    """Return the children of a process of one thread: their ids and command lines."""
    found = {}
    for pid in _child_ids(parent):
        # A process may end at any time.
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            found[pid] = file.read().split(b"\0")[0].decode("utf-8", "replace")
    return found


def _child_ids(parent: int) -> list[int]:
    try:
        with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def _inodes(pid: int) -> Iterator[str]:
    """Yield the inodes of the sockets that a process has open."""
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                target = os.readlink(f"{folder}/{name}")
                if target.startswith("socket:["):
                    yield target[8:-1]
