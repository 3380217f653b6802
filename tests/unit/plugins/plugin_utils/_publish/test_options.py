# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the way from options to files: what is refused, what is left out, and the signature."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible_collections.postmaster.mailports.plugins.module_utils._client import mobileconfig
from ansible_collections.postmaster.mailports.plugins.module_utils._client.settings import (
    SettingsError,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.schema import IntentError
from ansible_collections.postmaster.mailports.plugins.plugin_utils._publish.options import (
    intents_of,
    options,
    published,
    signed,
)

from tests.support.clients import endpoint

INTENT = {"host": "mail.example.net", "services": {"imaps": {}, "pop3s": {}, "submissions": {}}}


def params(**given: Any) -> dict[str, Any]:
    defaults = {name: one.get("default") for name, one in options().items()}
    return {**defaults, "domain": "example.net", **given}


def test_one_intent_or_a_list_of_them() -> None:
    assert intents_of(INTENT) == intents_of([INTENT])
    with pytest.raises(IntentError, match="services"):
        intents_of({"host": "mail.example.net", "services": {"imapx": {}}})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"domain": "localhost"}, "domain: 'localhost' is not the name of a domain"),
        ({"domain": "192.0.2.1"}, "domain: '192.0.2.1'"),
        ({"domain": "a b.example"}, "domain: 'a b.example'"),
        ({"languages": ["tlh"]}, "languages: 'tlh' is not one of en, de"),
        ({"languages": []}, "languages: an empty list"),
        ({"account": "shop"}, "account: 'shop' is not a mail address"),
        ({"account": 'sh"op@example.net'}, "is not a mail address"),
        ({"account": "a@b@c"}, "is not a mail address"),
        ({"secret_command": 'pass "show"'}, "secret_command:"),
        ({"secret_command": "a\nb"}, "secret_command:"),
        ({"name": "a\x1bb"}, "name:"),
        ({"base_url": "http://example.net"}, "base_url:"),
    ],
)
def test_options_that_cannot_be_used_are_told(given: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as error:
        published(intents_of(INTENT), params(**given))
    assert words in str(error.value)


def test_every_wrong_option_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        published(intents_of(INTENT), params(domain="x", account="y"))
    assert len(str(error.value).splitlines()) == 2


def test_what_a_probe_did_not_confirm_is_left_out_and_noted() -> None:
    seen = [endpoint("imaps"), endpoint("submissions"), endpoint("pop3s", reach="refused")]
    files, notes = published(intents_of(INTENT), params(), seen)
    assert b"995" not in files["mail/config-v1.1.xml"]
    assert b"993" in files["mail/config-v1.1.xml"]
    assert any("pop3" in note and "is refused" in note for note in notes)


def test_no_file_holds_a_secret_and_all_are_the_same_bytes_twice() -> None:
    first, _notes = published(intents_of(INTENT), params(account="shop@example.net"))
    second, _notes = published(intents_of(INTENT), params(account="shop@example.net"))
    assert first == second
    assert "index.html" in first
    assert "index.de.html" in first


def test_the_profile_is_signed_and_openssl_agrees(tmp_path: Path) -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("mail.example.net")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for blob in leaf.cert_chain_pems:
        blob.write_to_path(tmp_path / "cert.pem", append=True)
    leaf.private_key_pem.write_to_path(tmp_path / "key.pem")
    files, _notes = published(intents_of(INTENT), params())
    sign = {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    made = signed(files, sign)
    assert {name for name in files if files[name] != made[name]} == {"email.mobileconfig"}
    (tmp_path / "signed").write_bytes(made["email.mobileconfig"])
    argv = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(tmp_path / "signed")]
    argv += ["-CAfile", str(tmp_path / "ca.pem"), "-purpose", "any", "-out", str(tmp_path / "back")]
    subprocess.run(argv, check=True, capture_output=True)
    assert (tmp_path / "back").read_bytes() == files["email.mobileconfig"]
    assert mobileconfig.read(made["email.mobileconfig"]) == mobileconfig.read(
        files["email.mobileconfig"]
    )


def test_files_that_cannot_sign_are_told_without_a_word_of_the_key(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("none")
    (tmp_path / "key.pem").write_text("SECRET")
    files, _notes = published(intents_of(INTENT), params())
    sign = {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    with pytest.raises(SettingsError, match=r"cannot be used \(ValueError\)"):
        signed(files, sign)
    with pytest.raises(SettingsError, match="No such file"):
        signed(files, {**sign, "certificate": str(tmp_path / "missing")})
