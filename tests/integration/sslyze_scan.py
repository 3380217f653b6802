# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scan many endpoints with sslyze in one process, and print what it saw of each as JSON.

Runs with the Python of the bench environment. Standard input: a JSON object with ``ca_file`` and
``targets``, each with name, address, port, protocol and tls. sslyze's own command line asks for
STARTTLS on the usual ports alone, and takes one address of a name.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from sslyze import (
    CertificateInfoExtraArgument,
    ProtocolWithOpportunisticTlsEnum,
    ScanCommand,
    ScanCommandsExtraArguments,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
)
from sslyze.plugins.openssl_cipher_suites.cipher_suites import CipherSuite, CipherSuitesRepository

VERSIONS = {
    "TLSv1": ScanCommand.TLS_1_0_CIPHER_SUITES,
    "TLSv1.1": ScanCommand.TLS_1_1_CIPHER_SUITES,
    "TLSv1.2": ScanCommand.TLS_1_2_CIPHER_SUITES,
    "TLSv1.3": ScanCommand.TLS_1_3_CIPHER_SUITES,
}
# As many connections to one host at once as its mail servers take without refusing one.
PER_SERVER, SERVERS = 2, 8

every_suite = CipherSuitesRepository.get_all_cipher_suites


def possible(version: Any) -> set[CipherSuite]:
    """Return the suites that a server whose only key is an ECDSA key could agree to.

    sslyze makes a connection for each of 400 suites. Those for other keys cost a minute.
    """
    tls13 = version.name == "TLS_1_3"
    return {one for one in every_suite(version) if tls13 or "_ECDHE_ECDSA_" in one.name}


def request(target: dict[str, Any], ca_file: Path) -> ServerScanRequest:
    """Return what sslyze is asked about one endpoint."""
    opportunistic = None
    if target["tls"] == "starttls":
        opportunistic = ProtocolWithOpportunisticTlsEnum[target["protocol"].upper()]
    return ServerScanRequest(
        server_location=ServerNetworkLocation(target["name"], target["port"], target["address"]),
        network_configuration=ServerNetworkConfiguration(
            tls_server_name_indication=target["name"],
            tls_opportunistic_encryption=opportunistic,
            # Of seconds, for a busy machine; nothing here is silent.
            network_timeout=30,
        ),
        scan_commands={ScanCommand.CERTIFICATE_INFO, *VERSIONS.values()},
        scan_commands_extra_arguments=ScanCommandsExtraArguments(
            certificate_info=CertificateInfoExtraArgument(custom_ca_file=ca_file)
        ),
    )


def seen(result: Any, ca_file: Path) -> dict[str, Any]:
    """Return the versions, the certificate and the trust that one endpoint was found to have."""
    scan = result.scan_result
    if scan is None:
        return {"error": str(result.connectivity_error_trace)}
    attempts = {name: getattr(scan, str(command.value)) for name, command in VERSIONS.items()}
    failed = [str(one.error_trace) for one in attempts.values() if one.result is None]
    if failed or scan.certificate_info.result is None:
        return {"error": [*failed, str(scan.certificate_info.error_trace)]}
    (shown,) = scan.certificate_info.result.certificate_deployments
    # sslyze has stores of its own as well; only the test authority's counts here.
    (path,) = (one for one in shown.path_validation_results if one.trust_store.path == ca_file)
    leaf = shown.received_certificate_chain[0]
    return {
        "versions": {name: one.result.is_tls_version_supported for name, one in attempts.items()},
        "sha256": leaf.fingerprint(SHA256()).hex(),
        "trusted": path.was_validation_successful,
    }


def main() -> None:
    """Scan all that standard input names; print one object for each, by address and port."""
    data = json.load(sys.stdin)
    ca_file = Path(data["ca_file"])
    CipherSuitesRepository.get_all_cipher_suites = possible
    scanner = Scanner(PER_SERVER, SERVERS)
    scanner.queue_scans([request(target, ca_file) for target in data["targets"]])
    found = {}
    for result in scanner.get_results():
        where = result.server_location
        found[f"{where.ip_address} {where.port}"] = seen(result, ca_file)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
