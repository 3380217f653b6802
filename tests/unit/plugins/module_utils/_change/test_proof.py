# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the proof's vantage points, of who listens, and of a certificate's key."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
from pathlib import Path

import pytest
import trustme
from ansible_collections.postmaster.mailports.plugins.module_utils._change.proof import (
    Proof,
    Vantage,
    expected,
    together,
    vantages,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._system import sockets
from ansible_collections.postmaster.mailports.plugins.module_utils._system.keypair import (
    KeypairError,
    digest,
)
from cryptography.hazmat.primitives import serialization


@pytest.mark.parametrize(
    ("address", "own", "trusted", "source"),
    [
        ("0.0.0.0", [], [], "127.0.0.2"),
        ("127.0.0.1", [], [], "127.0.0.2"),
        ("192.0.2.5", [], [], "127.0.0.1"),
        ("::", ["2001:db8::5"], [], "2001:db8::5"),
        ("2001:db8::5", ["2001:db8::5"], [], "::1"),
        ("0.0.0.0", [], ["192.0.2.0/24"], "127.0.0.2"),
    ],
)
def test_vantages(address: str, own: list[str], trusted: list[str], source: str) -> None:
    (vantage,) = vantages([address], own, trusted)
    assert vantage.source == source
    assert vantage.judges_clear


@pytest.mark.parametrize(
    ("address", "own", "trusted", "probed"),
    [
        ("::", [], [], "::1"),
        ("0.0.0.0", [], ["127.0.0.0/8"], "127.0.0.1"),
        ("0.0.0.0", [], ["what is this"], "127.0.0.1"),
        ("::1", ["2001:db8::5"], ["2001:db8::/32"], "::1"),
    ],
)
def test_no_vantage(address: str, own: list[str], trusted: list[str], probed: str) -> None:
    """Where each address of the machine is trusted, that is said in place of judging."""
    assert vantages([address], own, trusted) == (Vantage(probed, "", False),)


def test_an_address_is_judged_by_what_is_configured_there() -> None:
    """Listeners on all addresses of a family, or on this one; and whatever is to be closed."""
    listeners = expand({"host": "a.example", "services": {"imaps": {}, "imap": {}}}).listeners
    places = {("0.0.0.0", 993), ("127.0.0.1", 143)}
    open_at = {
        address: [one.port for one in expected(listeners, places, address) if one.state == "open"]
        for address in ("127.0.0.1", "192.0.2.1", "::1")
    }
    assert open_at == {"127.0.0.1": [143, 993], "192.0.2.1": [993], "::1": []}
    closed = [one for one in expected(listeners, places, "::1") if one.state == "closed"]
    assert len(closed) == len(listeners) - 2


def test_proofs_together() -> None:
    one, other = Proof((), ("a",), ("b",)), Proof((), ("c",), ())
    assert together([one, other]) == Proof((), ("a", "c"), ("b",))


def test_vantages_are_not_doubled() -> None:
    assert len(vantages(["0.0.0.0", "127.0.0.1", "::", "::1"], [], [])) == 2


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_listening(family: int, address: str) -> None:
    with socket.socket(family) as server:
        server.bind((address, 0))
        port = server.getsockname()[1]
        assert (address, port) not in sockets.listening(os.getpid())
        server.listen()
        assert (address, port) in sockets.listening(os.getpid())
        assert sockets.holders(port, 0) == [
            f"{sockets.command(os.getpid())} (process {os.getpid()})"
        ]
    assert sockets.holders(port, 0) == []


def test_children() -> None:
    assert os.getpid() in sockets.children(os.getppid())
    assert sockets.children(-1) == {}
    assert sockets.command(-1) == ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a chain, its key, another key, and an encrypted one."""
    path = tmp_path_factory.mktemp("pairs")
    authority = trustme.CA()
    mine, other = authority.issue_cert("mail.example.net"), authority.issue_cert("b.example.net")
    chain = b"".join(part.bytes() for part in (*mine.cert_chain_pems, authority.cert_pem))
    (path / "chain.pem").write_bytes(chain)
    (path / "key.pem").write_bytes(mine.private_key_pem.bytes())
    (path / "other.pem").write_bytes(other.private_key_pem.bytes())
    (path / "empty.pem").write_bytes(b"")
    key = serialization.load_pem_private_key(mine.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (path / "encrypted.pem").write_bytes(encrypted)
    return path


def test_digest(folder: Path) -> None:
    first = (folder / "chain.pem").read_text(encoding="ascii").split("-----END")[0]
    der = ssl.PEM_cert_to_DER_cert(f"{first}-----END CERTIFICATE-----\n")
    found = digest(str(folder / "chain.pem"), str(folder / "key.pem"))
    assert found == hashlib.sha256(der).hexdigest()


@pytest.mark.parametrize(
    ("certificate", "key", "words"),
    [
        ("chain.pem", "other.pem", "the key does not belong to the certificate"),
        ("chain.pem", "encrypted.pem", "needs a pass phrase"),
        ("chain.pem", "none.pem", "none.pem: No such file"),
        ("none.pem", "key.pem", "none.pem: No such file"),
        ("empty.pem", "key.pem", "cannot be used"),
        ("chain.pem", "empty.pem", "cannot be used"),
    ],
)
def test_bad_pairs(folder: Path, certificate: str, key: str, words: str) -> None:
    with pytest.raises(KeypairError, match=words):
        digest(str(folder / certificate), str(folder / key))
