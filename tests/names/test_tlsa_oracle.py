# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that TLSA records match for us as they do for OpenSSL's own DANE client."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import tlsa
from cryptography import x509
from cryptography.hazmat.primitives import serialization

HOST = "mail.example.net"
CA = trustme.CA()
OTHER = trustme.CA().issue_cert(HOST).cert_chain_pems[0].bytes()


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


LEAF_CERT = CA.issue_cert(HOST)
LEAF, ROOT = der(LEAF_CERT.cert_chain_pems[0].bytes()), der(CA.cert_pem.bytes())
CASES = list(itertools.product((2, 3), (0, 1), (0, 1, 2), ("leaf", "root", "other")))


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run openssl s_server with the chain, on a port that it chooses."""
    folder = tmp_path_factory.mktemp("dane")
    LEAF_CERT.private_key_pem.write_to_path(str(folder / "key.pem"))
    LEAF_CERT.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    CA.cert_pem.write_to_path(str(folder / "root.pem"))
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-quiet", "-naccept", "1000"]
    files = ["-key", "key.pem", "-cert", "cert.pem", "-cert_chain", "root.pem"]
    server = subprocess.Popen(
        [*command, *files], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    try:
        yield listening(server.pid)
    finally:
        server.kill()
        server.wait()
        assert server.stdout
        server.stdout.close()


def listening(pid: int) -> int:
    """Return the port that a process listens on, once it does."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        inodes = set()
        for link in Path(f"/proc/{pid}/fd").iterdir():
            found = re.match(r"socket:\[(\d+)\]", os.readlink(link))
            if found:
                inodes.add(found.group(1))
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                return int(fields[1].rpartition(":")[2], 16)
        time.sleep(0.02)
    raise AssertionError("openssl s_server does not listen")


@pytest.mark.parametrize(("usage", "selector", "matching", "whose"), CASES)
def test_openssl_says_the_same(
    port: int, usage: int, selector: int, matching: int, whose: str
) -> None:
    certificate = {"leaf": LEAF, "root": ROOT, "other": der(OTHER)}[whose]
    data = tlsa.associated(certificate, selector, matching)
    record = tlsa.Record(usage, selector, matching, data)
    dane = ["-dane_tlsa_domain", HOST, "-dane_tlsa_rrdata", str(record)]
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-verify_return_error"]
    done = subprocess.run(
        [*command, *dane], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    theirs = "Verification: OK" in done.stdout
    mine = tlsa.matches(record, [LEAF, ROOT])
    assert mine is theirs, done.stdout[-600:] + done.stderr[-300:]
