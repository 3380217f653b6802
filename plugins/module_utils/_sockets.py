# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process listens where on this machine, from /proc alone."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterable, Iterator

_LISTEN = "0A"
Endpoint = tuple[str, int]


def endpoints() -> dict[str, Endpoint]:
    """Return the address and port of every listening TCP socket of this machine, by inode."""
    found: dict[str, Endpoint] = {}
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        # The file of a family that the kernel does not have is not there.
        with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as table:
            found.update(parse(table))
    return found


def parse(table: Iterable[str]) -> Iterator[tuple[str, Endpoint]]:
    """Yield inode, address and port of the listening sockets in the lines of /proc/net/tcp*."""
    for line in table:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _LISTEN:
            address, _colon, port = fields[1].partition(":")
            yield fields[9], (_address(address), int(port, 16))


def _address(text: str) -> str:
    """Return an address from the kernel's form: 32-bit words in the machine's byte order."""
    packed = b"".join(
        struct.pack("=I", int(text[start : start + 8], 16)) for start in range(0, len(text), 8)
    )
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def listening(pid: int) -> set[Endpoint]:
    """Return where one process listens; nothing for a process that is gone or not ours to see."""
    known = endpoints()
    return {known[inode] for inode in _inodes(pid) if inode in known}


def holders(port: int) -> list[str]:
    """Return who listens on ``port``, on any address: name and process id, for a message."""
    wanted = {inode for inode, (_address, other) in endpoints().items() if other == port}
    found = []
    for name in os.listdir("/proc"):
        if name.isdecimal() and wanted.intersection(_inodes(int(name))):
            found.append(f"{command(int(name)) or '?'} (process {name})")
    return found


def command(pid: int) -> str:
    """Return the name of a process's program, "" where there is no such process."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def children(parent: int) -> dict[int, str]:
    """Return the children of a process: their ids and command lines."""
    found = {}
    for name in os.listdir("/proc"):
        # A process may end at any time between two of these lines.
        with contextlib.suppress(OSError, IndexError, ValueError):
            if name.isdecimal() and _parent(int(name)) == parent:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
                found[int(name)] = words[0].decode("utf-8", "replace")
    return found


def _parent(pid: int) -> int:
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def _inodes(pid: int) -> Iterator[str]:
    """Yield the inodes of the sockets that a process has open."""
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                target = os.readlink(f"{folder}/{name}")
                if target.startswith("socket:["):
                    yield target[8:-1]
