# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine knows by name: the port of a service, the addresses of a host."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Optional


def port_of(name: str) -> Optional[int]:
    """Return the TCP port of a service that this machine knows by name, or None."""
    try:
        return socket.getservbyname(name, "tcp")
    except OSError:
        return None


def addresses_of(name: str) -> list[str]:
    """Return the addresses of a host name or address, the name itself where it does not resolve."""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return [name]
    return sorted({str(one[4][0]) for one in found})


def own_addresses(family: int) -> list[str]:
    """Return the addresses of this machine that others may reach, of IPv4 (4) or IPv6 (6)."""
    return list(_own_ipv4() if family == 4 else _own_ipv6())


def _own_ipv4() -> Iterator[str]:
    """Yield the local addresses of the routing table, but loopback's."""
    found: dict[str, None] = {}
    address = ""
    with contextlib.suppress(OSError), open("/proc/net/fib_trie", encoding="ascii") as table:
        for line in table:
            words = line.split()
            if line.lstrip().startswith("|--"):
                address = words[1]
            elif "host" in words and "LOCAL" in words and not address.startswith("127."):
                found[address] = None
    yield from found


def _own_ipv6() -> Iterator[str]:
    """Yield the global addresses."""
    with contextlib.suppress(OSError), open("/proc/net/if_inet6", encoding="ascii") as table:
        for line in table:
            fields = line.split()
            if fields[3] == "00":
                yield socket.inet_ntop(socket.AF_INET6, bytes.fromhex(fields[0]))
