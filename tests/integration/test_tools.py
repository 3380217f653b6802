# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product and tools that nobody here wrote look at the same ports, and must see the same.

Each test compares field by field; pytest shows both sides of what differs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests import hosts
from tests.integration.expected import IMPLICIT
from tests.integration.running import ROOT, Ansible, Prober, intent, protocol_of

BY_PORT = {port: name for name, port in hosts.PORTS.items()}
# What nmap calls the services decides which of its scripts it runs on a port.
NMAP_NAMES = {"submissions": "smtps", "submission_alt": "smtp"}
# nmap writes the answer to its CAPABILITY down word by word, the words behind it as well.
NMAP_PROSE = {"OK", "MORE", "LISTED", "CAPABILITIES", "PRE-LOGIN", "POST-LOGIN", "HAVE"}
SSLYZE_VERSIONS = {
    "TLSv1": "tls_1_0_cipher_suites",
    "TLSv1.1": "tls_1_1_cipher_suites",
    "TLSv1.2": "tls_1_2_cipher_suites",
    "TLSv1.3": "tls_1_3_cipher_suites",
}


def _run(site: hosts.Site, argv: list[str], data: str = "") -> subprocess.CompletedProcess[str]:
    """Run a tool on the controller."""
    return subprocess.run(
        [*site.enter, *argv], input=data, capture_output=True, text=True, check=False
    )


def _sha256(pem: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def _s_client(site: hosts.Site, host: hosts.Host, seen: dict[str, Any]) -> dict[str, Any]:
    """Return what openssl says about the endpoint of an observation."""
    address = f"[{seen['address']}]" if ":" in seen["address"] else seen["address"]
    argv = ["openssl", "s_client", "-connect", f"{address}:{seen['port']}"]
    argv += ["-servername", host.name, "-verify_hostname", host.name]
    argv += ["-CAfile", str(site.ca_file)]
    if seen["service"] not in IMPLICIT:
        argv += ["-starttls", protocol_of(seen["service"])]
    said = _run(site, argv).stdout
    pem = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", said, re.DOTALL)
    suite = re.search(r"^New, (\S+), Cipher is (\S+)$", said, re.MULTILINE)
    verdict = re.search(r"Verify return code: (\d+) \((.*)\)", said)
    assert suite, said
    assert verdict, said
    return {
        "reach": "open" if "CONNECTED" in said else said,
        "version": suite[1],
        "cipher": suite[2],
        "sha256": _sha256(pem[0]) if pem else "",
        "code": int(verdict[1]),
        "words": verdict[2],
    }


def _as_s_client(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the same facts from an observation of the product."""
    tls = seen["tls"]
    # A name that does not match is a verification error of openssl's own, and the last one.
    wrong_name = tls["trusted"] and not tls["name_matches"]
    return {
        "reach": seen["reach"],
        "version": tls["version"],
        "cipher": tls["cipher"],
        "sha256": seen["certificate"]["sha256"],
        "code": 62 if wrong_name else tls["trust_code"],
        "words": "hostname mismatch" if wrong_name else tls["trust_error"] or "ok",
    }


@pytest.mark.parametrize("fault", ["", "cert_self_signed", "cert_wrong_name", "cert_expired"])
def test_openssl(fault: str, site: hosts.Site, probers: Mapping[str, Prober]) -> None:
    """Reach, TLS version, cipher, certificate and trust of every endpoint of both hosts."""

    def compare(host: hosts.Host) -> None:
        if fault:
            host.apply(fault)
        try:
            result = probers[host.base].check(intent(host))
            assert len(result["observations"]) == 2 * len(hosts.PORTS)
            for seen in result["observations"]:
                assert _as_s_client(seen) == _s_client(site, host, seen)
        finally:
            if fault:
                host.restore(fault)

    with ThreadPoolExecutor(len(site.hosts)) as pool:
        list(pool.map(compare, site.hosts.values()))


def _nmap(site: hosts.Site, folder: Path, address: str) -> dict[int, dict[str, Any]]:
    """Return what nmap's scripts say about every mail port of an address, by port."""
    services = folder / "services"
    services.write_text(
        "".join(f"{NMAP_NAMES.get(name, name)} {port}/tcp 0.1\n" for port, name in BY_PORT.items()),
        encoding="ascii",
    )
    scripts = "ssl-cert,smtp-commands,imap-capabilities,pop3-capabilities"
    argv = ["nmap", "-Pn", "-n", "--servicedb", str(services), "--script", scripts, "-oX", "-"]
    done = _run(site, [*argv, *(["-6"] if ":" in address else []), address])
    assert done.returncode == 0, done.stderr
    # The text comes from a program started here, about hosts started here.
    return {
        int(port.attrib["portid"]): _of_nmap(port)
        for port in ElementTree.fromstring(done.stdout).iter("port")
    }


def _of_nmap(port: ElementTree.Element) -> dict[str, Any]:
    scripts = {found.attrib["id"]: found for found in port.iter("script")}
    (pem,) = (
        elem.text or "" for elem in scripts["ssl-cert"].iter("elem") if elem.get("key") == "pem"
    )
    (said,) = (found.attrib["output"] for name, found in scripts.items() if name != "ssl-cert")
    state = port.find("state")
    assert state is not None
    return {"reach": state.attrib["state"], "sha256": _sha256(pem), "offers": _offers(said)}


def _offers(said: str) -> set[str]:
    """Return the capabilities that one of nmap's scripts wrote down, in upper case."""
    first = said.strip().splitlines()[0].upper()
    if ", " in first:
        # SMTP: the server's name, then one capability after another.
        return set(first.split(", ")[1:])
    # POP3's arguments stand in parentheses; IMAP's last word has the tag of the next line behind.
    words = re.findall(r"[^\s(]+(?:\([^)]*\))?", first)
    clean = {re.sub(r"A0001$", "", word).replace("(", " ").rstrip(")") for word in words}
    return clean - NMAP_PROSE


def _as_nmap(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the same facts from an observation: before TLS where there is such a time."""
    phase = seen["inside_tls"] if seen["service"] in IMPLICIT else seen["before_tls"]
    return {
        "reach": seen["reach"],
        "sha256": seen["certificate"]["sha256"],
        "offers": {word.upper() for word in phase["capabilities"]},
    }


def test_nmap(
    site: hosts.Site, host: hosts.Host, probers: Mapping[str, Prober], tmp_path: Path
) -> None:
    """Reach, certificate and capabilities of every endpoint of both hosts."""
    result = probers[host.base].check(intent(host))
    for address in (host.address, host.address6):
        ours = {
            seen["port"]: _as_nmap(seen)
            for seen in result["observations"]
            if seen["address"] == address
        }
        assert ours == _nmap(site, tmp_path, address)


def _sslyze(site: hosts.Site, host: hosts.Host, services: tuple[str, ...]) -> dict[int, Any]:
    """Return what sslyze found on some ports, by port."""
    folder = subprocess.run(
        [str(ROOT / "scripts" / "env"), "bench"], capture_output=True, text=True, check=True
    ).stdout.strip()
    argv = [f"{folder}/bin/sslyze", "--certinfo", "--certinfo_ca_file", str(site.ca_file)]
    argv += ["--slow_connection", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3"]
    argv += [
        "--json_out",
        "-",
        "--starttls=auto",
        *(f"{host.name}:{hosts.PORTS[name]}" for name in services),
    ]
    done = _run(site, argv)
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    results = json.loads(done.stdout)["server_scan_results"]
    return {one["server_location"]["port"]: _of_sslyze(one) for one in results}


def _of_sslyze(one: dict[str, Any]) -> dict[str, Any]:
    assert one["scan_status"] == "COMPLETED", one
    scan = one["scan_result"]
    versions = {
        name: scan[key]["result"]["is_tls_version_supported"]
        for name, key in SSLYZE_VERSIONS.items()
    }
    (shown,) = scan["certificate_info"]["result"]["certificate_deployments"]
    digest = base64.b64decode(shown["received_certificate_chain"][0]["fingerprint_sha256"])
    return {"versions": versions, "sha256": digest.hex(), "trusted": _trusted(shown)}


def _trusted(shown: dict[str, Any]) -> bool:
    """Tell whether the store that holds the test authority led to it; sslyze has more stores."""
    return any(
        path["was_validation_successful"] or path["verified_certificate_chain"]
        for path in shown["path_validation_results"]
    )


@pytest.mark.parametrize(
    ("base", "fault", "services", "old"),
    [
        ("debian12", "tls10_993", ("imap", "imaps", "pop3", "pop3s"), 4),
        ("debian13", "tls10_465", ("smtp", "submission", "submissions"), 1),
    ],
)
def test_sslyze(
    base: str,
    fault: str,
    services: tuple[str, ...],
    old: int,
    site: hosts.Site,
    ansible: Ansible,
) -> None:
    """TLS versions, certificate and trust of the ports, some of which accept old versions."""
    host = site.hosts[base]
    args = {"host": host.name, "addresses": ["ipv4"], "ca_path": str(site.ca_file)}
    args |= {"services": services, "tls_versions": list(SSLYZE_VERSIONS)}
    with host.fault(fault):
        run = ansible.module("localhost", args, name="postmaster.mailports.port_info")
        theirs = _sslyze(site, host, services)
    ours = {one["port"]: _as_sslyze(one) for one in run.results["localhost"]["endpoints"]}
    assert ours == theirs
    assert sum(one["versions"]["TLSv1"] for one in ours.values()) == old


def _as_sslyze(one: dict[str, Any]) -> dict[str, Any]:
    """Return the same facts from what port_info says of an endpoint."""
    versions = {name: row["status"] == "accepted" for name, row in one["versions"].items()}
    return {
        "versions": versions,
        "sha256": one["certificate"]["sha256"],
        "trusted": one["tls"]["trusted"],
    }
