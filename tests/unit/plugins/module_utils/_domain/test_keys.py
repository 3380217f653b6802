# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the public half of real key files is read by the real openssl."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import dkim, keys
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.ask import AskError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa


def run(command: list[str], **_options: Any) -> tuple[int, bytes, bytes]:
    """Run a command as a module does."""
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout, done.stderr


def written(path: Path, key: Any, password: bytes = b"") -> str:
    """Write a private key as servers keep it, and return where."""
    how: Any = serialization.NoEncryption()
    if password:
        how = serialization.BestAvailableEncryption(password)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(*pem, how))
    return str(path)


def intent(path: str, **more: Any) -> dict[str, Any]:
    return {"domain": "example.net", "dkim": {"selectors": ["s1"], "key": path, **more}}


def test_an_rsa_key_becomes_what_the_dns_should_have(tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048)
    made = keys.with_keys(intent(written(tmp_path / "k", private)), run)
    text = made["dkim"]["public_keys"]["s1"]
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert base64.b64decode(text) == spki
    assert dkim.parse(f"v=DKIM1; p={text}").bits == 2048


def test_an_ed25519_key_is_raw(tmp_path: Path) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    made = keys.with_keys(intent(written(tmp_path / "k", private)), run)
    assert made["dkim"]["public_keys"]["s1"] == "ed25519:" + base64.b64encode(raw).decode()


def test_keys_by_selector_join_those_that_are_given(tmp_path: Path) -> None:
    path = written(tmp_path / "k", ed25519.Ed25519PrivateKey.generate())
    dkim_intent = {"selectors": ["a", "b"], "keys": {"a": path}, "public_keys": {"b": "x"}}
    made = keys.with_keys({"domain": "example.net", "dkim": dkim_intent}, run)
    assert sorted(made["dkim"]["public_keys"]) == ["a", "b"]


def test_without_files_nothing_is_run() -> None:
    def never(*_args: Any, **_options: Any) -> Any:
        raise AssertionError

    assert keys.with_keys({"domain": "example.net"}, never) == {"domain": "example.net"}


def test_a_file_that_is_no_key_is_one_clear_line_without_its_content(tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_text("secret words\n", encoding="ascii")
    locked = written(tmp_path / "l", ed25519.Ed25519PrivateKey.generate(), b"password")
    for one in (str(path), locked, str(tmp_path / "none")):
        with pytest.raises(AskError, match="cannot be read by openssl here") as error:
            keys.with_keys(intent(one), run)
        assert "secret" not in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x01", b"text"])
def test_bytes_that_are_no_public_key_are_an_error(data: bytes) -> None:
    with pytest.raises(AskError, match="no public key"):
        keys.public_text(data)
