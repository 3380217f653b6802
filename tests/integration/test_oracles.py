# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What smtplib, imaplib, poplib and openssl see on the other mail servers, the product says too.

openssl asks each endpoint for each key type, with and without the server's name, at security
levels 1 and 2. (sslyze and nmap look at the hosts themselves, in test_tools.)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest

from tests import hosts
from tests.hosts import client, servers
from tests.integration.expected import IMPLICIT
from tests.integration.running import Prober, protocol_of

SERVERS = [
    ("exim", "", "debian13"),
    ("exim", "login_in_clear", "debian12"),
    ("opensmtpd", "", "debian13"),
    ("cyrus", "", "debian13"),
    ("courier", "", "debian12"),
    ("nginx", "", "debian12"),
    ("haproxy", "login_in_clear", "debian13"),
    ("postfix", "two_certificates", "debian13"),
    ("postfix", "second_certificate_wrong", "debian12"),
]
# Signatures that only a certificate of one key type can make (RFC 8446 section 4.2.3).
KEY_TYPES = {"ec": "ecdsa_secp256r1_sha256", "rsa": "rsa_pss_rsae_sha256"}
LEVELS = (1, 2)
CERTIFICATE_RULES = ("certificate-name", "certificate-untrusted", "certificate-expired")


@pytest.fixture(scope="module")
def prober() -> Iterator[tuple[hosts.Site, Prober]]:
    """Bring up a network without mail on its hosts, and look at it from its controller."""
    with hosts.running(mail=False) as site:
        running = Prober(site)
        yield site, running
        running.close()


def _library(site: hosts.Site, server: servers.Server) -> dict[str, dict[str, Any]]:
    """Return what the clients of the standard library see, by service."""
    targets = [
        {
            "address": server.address,
            "port": hosts.PORTS[service],
            "name": server.name,
            "protocol": protocol_of(service),
            "ca_file": str(site.ca_file),
            "tls": "implicit" if service in IMPLICIT else "starttls",
            "user": hosts.USER,
            "password": hosts.PASSWORD,
            "seconds": 20,
        }
        for service in server.services
    ]
    done = subprocess.run(
        [*site.enter, sys.executable, client.__file__],
        input=json.dumps(targets),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(server.services, json.loads(done.stdout)))


def _as_library(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the same facts from an observation of the product."""
    before, inside = seen["before_tls"], seen["inside_tls"]
    return {
        "tls": seen["tls_mode"],
        "clear_login": None if seen["service"] in IMPLICIT else before["login"],
        "login": inside["login"],
        "old_tls": seen["versions"]["TLSv1.1"]["status"] == "accepted",
    }


def _openssl(site: hosts.Site, server: servers.Server, service: str, how: tuple[Any, ...]) -> str:
    """Return what openssl says of one certificate: its verdict, "" where there is none to see."""
    key_type, named, level = how
    argv = ["openssl", "s_client", "-connect", f"{server.address}:{hosts.PORTS[service]}"]
    argv += ["-tls1_3", "-sigalgs", KEY_TYPES[key_type], "-CAfile", str(site.ca_file)]
    argv += ["-verify_hostname", server.name, "-cipher", f"DEFAULT:@SECLEVEL={level}"]
    argv += ["-servername", server.name] if named else ["-noservername"]
    argv += [] if service in IMPLICIT else ["-starttls", protocol_of(service)]
    done = subprocess.run(
        [*site.enter, *argv], input="", capture_output=True, text=True, check=False
    )
    verdict = re.search(r"Verify return code: \d+ \((.*)\)", done.stdout)
    seen = "BEGIN CERTIFICATE" in done.stdout
    return verdict[1] if seen and verdict else ""


@pytest.mark.parametrize(("kind", "variant", "base"), SERVERS)
def test_oracles(kind: str, variant: str, base: str, prober: tuple[hosts.Site, Prober]) -> None:
    """Every service, field by field; and no certificate that openssl refuses passes."""
    site, running = prober
    with servers.running(site, base, kind, variant) as server:
        services: dict[str, Any] = {name: {} for name in server.services}
        result = running.check({"host": server.name, "services": services})
        library = _library(site, server)
        ways = list(product(KEY_TYPES, (True, False), LEVELS))
        asked = [(service, how) for service in server.services for how in ways]
        with ThreadPoolExecutor(4) as pool:
            said = list(pool.map(lambda one: _openssl(site, server, *one), asked))
    seen = {one["service"]: one for one in result["observations"]}
    theirs = {
        service: {**{key: found[key] for key in ("tls", "clear_login", "old_tls")}}
        | {"login": found["login"] is True}
        for service, found in library.items()
    }
    assert {service: _as_library(seen[service]) for service in services} == theirs
    verdicts: dict[str, set[str]] = {service: set() for service in services}
    for (service, _how), verdict in zip(asked, said):
        verdicts[service] |= {verdict} - {""}
    told = {
        service: any(
            one["service"] == service and one["rule"] in CERTIFICATE_RULES
            for one in result["findings"]
        )
        for service in services
    }
    assert all(verdicts.values())
    assert told == {service: found != {"ok"} for service, found in verdicts.items()}
