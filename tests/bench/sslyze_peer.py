# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sslyze does for the same ports: certificate and TLS versions; prints what it saw as JSON.

argv: a JSON object with name, address and targets (lists of protocol, port, TLS mode).
"""

from __future__ import annotations

import json
import sys

from sslyze import (  # type: ignore[import-not-found,unused-ignore]
    ProtocolWithOpportunisticTlsEnum,
    ScanCommand,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
)

COMMANDS = {
    ScanCommand.CERTIFICATE_INFO,
    ScanCommand.TLS_1_0_CIPHER_SUITES,
    ScanCommand.TLS_1_1_CIPHER_SUITES,
    ScanCommand.TLS_1_2_CIPHER_SUITES,
    ScanCommand.TLS_1_3_CIPHER_SUITES,
}


def main() -> None:
    """Scan all targets at once, as sslyze does by itself."""
    data = json.loads(sys.argv[1])
    scanner = Scanner()
    requests = []
    for protocol, port, tls in data["targets"]:
        opportunistic = (
            ProtocolWithOpportunisticTlsEnum[protocol.upper()] if tls == "starttls" else None
        )
        requests.append(
            ServerScanRequest(
                server_location=ServerNetworkLocation(data["name"], port, data["address"]),
                network_configuration=ServerNetworkConfiguration(
                    tls_server_name_indication=data["name"],
                    tls_opportunistic_encryption=opportunistic,
                ),
                scan_commands=COMMANDS,
            )
        )
    scanner.queue_scans(requests)
    seen = {}
    for result in scanner.get_results():
        scan = result.scan_result
        versions = {}
        if scan:
            for version in ("1_0", "1_1", "1_2", "1_3"):
                attempt = getattr(scan, f"tls_{version}_cipher_suites")
                versions[version] = bool(attempt.result and attempt.result.accepted_cipher_suites)
        seen[result.server_location.port] = versions
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
