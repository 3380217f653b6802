# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least a scanner can do: threads that connect, shake hands and close; JSON in argv and out.

argv: addresses, ports, name and ca_path. Prints seconds, peak memory in KiB and how many succeeded.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from peak import peak_memory

THREADS = 64
SECONDS = 20


def main() -> None:
    """Shake hands with every port of every address."""
    data = json.loads(sys.argv[1])
    context = ssl.create_default_context(cafile=data["ca_path"])

    def shake(where: tuple[str, int]) -> bool:
        with (
            socket.create_connection(where, SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=data["name"]) as secure,
        ):
            return bool(secure.version())

    places = [(address, port) for address in data["addresses"] for port in data["ports"]]
    begun = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        good = sum(pool.map(shake, places))
    taken = time.perf_counter() - begun
    json.dump({"seconds": taken, "rss": peak_memory(), "good": good}, sys.stdout)


if __name__ == "__main__":
    main()
