# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print which mail ports of a HOST take a connection, as JSON: by address family, sorted."""

from __future__ import annotations

import json
import socket
import sys

PORTS = (25, 110, 143, 465, 587, 993, 995, 2525)
FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


def is_open(family: socket.AddressFamily, address: tuple[object, ...]) -> bool:
    """Return whether the port takes a connection; raises OSError unless it does or refuses."""
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(5)
        try:
            client.connect(address)
        except ConnectionRefusedError:
            return False
        return True


def main() -> None:
    """Look at the ports one after another."""
    host = sys.argv[1]
    found = {}
    for name, family in FAMILIES.items():
        address = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)[0][4][0]
        found[name] = [port for port in PORTS if is_open(family, (address, port))]
    json.dump(found, sys.stdout)


main()
