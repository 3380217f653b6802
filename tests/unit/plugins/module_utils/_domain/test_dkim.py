# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test key records with those that RFC 6376, RFC 8301 and RFC 8463 print, and with odd ones."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import dkim, tags
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.support.complete_domain import ED25519, RSA_1024


def test_the_key_of_rfc_6376_appendix_c() -> None:
    key = dkim.parse(f"v=DKIM1; p={RSA_1024}")
    assert (key.type, key.bits, key.services, key.revoked) == ("rsa", 1024, ("*",), False)


def test_the_keys_of_rfc_8463_appendix_a() -> None:
    key = dkim.parse(f"v=DKIM1; k=ed25519; p={ED25519}")
    # RFC 8032 section 7.1, test 1: the public key.
    wanted = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert (key.type, key.bits, key.data.hex()) == ("ed25519", 256, wanted)


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
def test_both_forms_of_an_rsa_key_have_their_size(bits: int) -> None:
    public = rsa.generate_private_key(65537, bits).public_key()
    forms = [serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1]
    keys = []
    for form in forms:
        data = public.public_bytes(serialization.Encoding.DER, form)
        keys.append(dkim.parse(f"v=DKIM1; k=rsa; p={base64.b64encode(data).decode()}"))
    assert [key.bits for key in keys] == [bits, bits]
    assert dkim.raw_key(keys[0]) == dkim.raw_key(keys[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v=DKIM1; k=rsa", "p= (the key) is missing"),
        ("v=DKIM2; p=", "v=DKIM2 is not DKIM1"),
        ("p=; v=DKIM1", "v= must come first"),
        ("v=DKIM1; p=A", "p= is not base64"),
        ("v=DKIM1; p=*", "p= is not base64"),
        ("v=DKIM1; p=; p=", "p= is given twice"),
    ],
)
def test_what_is_no_key_record_is_told(text: str, words: str) -> None:
    with pytest.raises(tags.TagError) as error:
        dkim.parse(text)
    assert words in str(error.value)


# A P-256 key, which DKIM has no type for.
EC_P256 = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpkkq1iD32tfWd7ESz6YD3mIsP+gszFlOKO0HuuHCnQJi0JJpXNPZ"
    "UT2Z8u9v7PzBZ9fp8Ip1xmCuoIq0/txXHw=="
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"k=ed25519; p={RSA_1024}", "an Ed25519 key has 32 bytes, this one 162"),
        (f"k=rsa; p={ED25519}", "the key is not an RSA public key"),
        (f"k=rsa; p={EC_P256}", "its algorithm is 1.2.840.10045.2.1"),
        (f"k=ecdsa; p={ED25519}", "k=ecdsa is not a key type"),
        (f"p={RSA_1024[:80]}", "the key is not an RSA public key"),
    ],
)
def test_a_key_that_cannot_be_used_says_why(text: str, words: str) -> None:
    key = dkim.parse(text)
    assert key.bits is None
    assert words in key.problem
    assert not key.revoked


# RFC 6376 section 3.6.1: v= is optional, unknown tags are ignored, and an empty p= is revoked.
@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("v=DKIM1; p=", True),
        ("k=rsa; p=abc", True),
        ("p=abc", True),
        ("v=spf1 -all", False),
        ("google-site-verification=p=1", False),
        ("v=DKIM1", True),
        ("", False),
    ],
)
def test_a_key_record_is_told_from_other_text(text: str, is_one: bool) -> None:
    assert dkim.is_key(text) is is_one


def test_white_space_inside_a_key_does_not_count() -> None:
    loose = " ".join(RSA_1024[at : at + 20] for at in range(0, len(RSA_1024), 20))
    assert dkim.parse(f"v=DKIM1; p={loose}").bits == 1024


def test_flags_services_and_hashes_are_lists() -> None:
    key = dkim.parse(f"v=DKIM1; t=y:s; s=email:*; h=sha1 : sha256; n=a note; x=1; p={RSA_1024}")
    assert key.flags == ("y", "s")
    assert key.services == ("email", "*")
    assert key.hashes == ("sha1", "sha256")


def test_a_generated_ed25519_key_is_read() -> None:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    text = f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
    assert dkim.parse(text).data == raw


@given(st.text() | st.text("pkvht=;: DIM1rsa+/AB", max_size=60))
def test_any_text_is_a_key_or_an_error(text: str) -> None:
    problem = ""
    try:
        dkim.parse(text)
    except tags.TagError as error:
        problem = str(error)
    assert "\n" not in problem


@given(st.binary(max_size=400))
def test_any_bytes_have_a_size_or_an_error(data: bytes) -> None:
    for kind in ("rsa", "ed25519"):
        problem = ""
        try:
            dkim.key_bits(kind, data)
        except ValueError as error:
            problem = str(error)
        assert "\n" not in problem
