# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine knows by name: the port of a service, the addresses of a host."""

from __future__ import annotations

import socket
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
