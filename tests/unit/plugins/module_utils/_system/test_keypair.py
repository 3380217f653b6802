# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a certificate and its key belong together before a server is given them."""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path

import pytest
import trustme
from ansible_collections.postmaster.mailports.plugins.module_utils._system.keypair import (
    KeypairError,
    digest,
    fingerprints,
)
from cryptography.hazmat.primitives import serialization


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


def test_fingerprints(folder: Path) -> None:
    """Of every certificate in a file, whatever else stands in it."""
    text = (folder / "chain.pem").read_text(encoding="ascii")
    found = fingerprints((folder / "key.pem").read_text(encoding="ascii") + text)
    assert found[0] == digest(str(folder / "chain.pem"), str(folder / "key.pem"))
    assert len(found) == text.count("BEGIN CERTIFICATE") == len(set(found))
    assert fingerprints("") == []
    assert fingerprints("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n") == []
