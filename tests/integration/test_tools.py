# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product and tools that nobody here wrote look at the same ports, and must see the same.

Each test compares field by field; pytest shows both sides of what differs.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests import hosts
from tests.integration.expected import IMPLICIT
from tests.integration.running import HERE, ROOT, Ansible, Prober, intent, protocol_of

BY_PORT = {port: name for name, port in hosts.PORTS.items()}
# What nmap calls the services decides which of its scripts it runs on a port.
NMAP_NAMES = {"submissions": "smtps", "submission_alt": "smtp"}
# nmap writes the answer to its CAPABILITY down word by word, the words behind it as well.
NMAP_PROSE = {"OK", "MORE", "LISTED", "CAPABILITIES", "PRE-LOGIN", "POST-LOGIN", "HAVE"}


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
    for _try in range(3):
        done = _run(site, [*argv, *(["-6"] if ":" in address else []), address])
        assert done.returncode == 0, done.stderr
        # The text comes from a program started here, about hosts started here.
        ports = list(ElementTree.fromstring(done.stdout).iter("port"))
        # On a busy machine one of its scripts may run out of its time, and then says nothing.
        if all(len(list(port.iter("script"))) == 2 for port in ports):
            break
    return {int(port.attrib["portid"]): _of_nmap(port) for port in ports}


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


def _sslyze(site: hosts.Site) -> dict[str, Any]:
    """Return what one process of sslyze found on every endpoint of both hosts."""
    folder = subprocess.run(
        [str(ROOT / "scripts" / "env"), "bench"], capture_output=True, text=True, check=True
    ).stdout.strip()
    targets = [
        {
            "name": host.name,
            "address": address,
            "port": port,
            "protocol": protocol_of(service),
            "tls": "implicit" if service in IMPLICIT else "starttls",
        }
        for host in site.hosts.values()
        for address in (host.address, host.address6)
        for service, port in hosts.PORTS.items()
    ]
    wanted = json.dumps({"ca_file": str(site.ca_file), "targets": targets})
    done = _run(site, [f"{folder}/bin/python", str(HERE / "sslyze_scan.py")], wanted)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_sslyze(site: hosts.Site, ansible: Ansible) -> None:
    """TLS versions, certificate and trust of every endpoint; of each host, five accept old ones."""
    both = list(site.hosts.values())
    versions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    common = {"ca_path": str(site.ca_file), "tls_versions": versions}
    tasks = [{"postmaster.mailports.port_info": {"host": host.name, **common}} for host in both]
    with ExitStack() as stack:
        for host in both:
            for fault in ("tls10_993", "tls10_465"):
                stack.enter_context(host.fault(fault))
        results = ansible.tasks(tasks)
        theirs = _sslyze(site)
    ours = {
        f"{one['address']} {one['port']}": _as_sslyze(one)
        for result in results
        for one in result["endpoints"]
    }
    assert len(ours) == 2 * 2 * len(hosts.PORTS)
    assert ours == theirs
    assert sum(one["versions"]["TLSv1"] for one in ours.values()) == 2 * 2 * 5


def _as_sslyze(one: dict[str, Any]) -> dict[str, Any]:
    """Return the same facts from what port_info says of an endpoint."""
    versions = {name: row["status"] == "accepted" for name, row in one["versions"].items()}
    return {
        "versions": versions,
        "sha256": one["certificate"]["sha256"],
        "trusted": one["tls"]["trusted"],
    }
