# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the tables of TLS against what openssl and tlslite-ng know."""

from __future__ import annotations

import subprocess

import pytest
import tlslite.constants as known
from ansible_collections.postmaster.mailports.plugins.module_utils._tls import (
    extensions,
    groups,
    suites,
    versions,
)

# Where tlslite-ng has names of its own.
_SPELLED = {
    "alpn": "application_layer_protocol_negotiation",
    "client_hello_padding": "padding",
    "rsa_pss_sha256": "rsa_pss_rsae_sha256",
    "rsa_pss_sha384": "rsa_pss_rsae_sha384",
    "rsa_pss_sha512": "rsa_pss_rsae_sha512",
}


def _openssl_suites() -> dict[int, tuple[str, str]]:
    """Return name and first version by code of every suite that the openssl command knows."""
    command = ["openssl", "ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in text.splitlines()]
    return {int(row[0].replace(",0x", ""), 16): (row[2], row[5]) for row in rows}


def test_openssl_knows_its_suites_by_the_same_names() -> None:
    """All of them, anonymous and without encryption too."""
    found = _openssl_suites()
    assert len(found) > 100
    assert {code: suites.suite_name(code) for code in found} == {
        code: name for code, (name, _version) in found.items()
    }


def test_openssl_has_its_suites_begin_at_the_same_version() -> None:
    """What it calls TLSv1 (PSK and ECC) it would not speak in SSLv3, for want of extensions."""
    names = {
        "SSLv3": 0x0300,
        "TLSv1": 0x0300,
        "TLSv1.0": 0x0300,
        "TLSv1.2": 0x0303,
        "TLSv1.3": 0x0304,
    }
    for code, (name, version) in _openssl_suites().items():
        if "PSK" not in name:
            assert suites.first_version(code) == names[version], name


def test_tlslite_knows_its_suites_by_the_same_names() -> None:
    """But for the capitals of anon, and the drafts of ChaCha20."""
    found = {
        value: name.replace("_ANON_", "_anon_")
        for name, value in vars(known.CipherSuite).items()
        if name.startswith("TLS_") and isinstance(value, int) and "draft" not in name
    }
    signals = (suites.RENEGOTIATION_SCSV, suites.FALLBACK_SCSV)
    assert len(found) > 100
    assert {code: suites.suite_name(code) for code in found if code not in signals} == {
        code: name for code, name in found.items() if code not in signals
    }


@pytest.mark.parametrize(
    ("table", "theirs"),
    [
        ({code: name for name, code in groups.GROUPS.items()}, known.GroupName),
        (extensions.EXTENSIONS, known.ExtensionType),
        (versions.ALERTS, known.AlertDescription),
    ],
)
def test_tlslite_knows_the_rest_by_the_same_names(table: dict[int, str], theirs: type) -> None:
    """Wherever both have a code point."""
    found = {
        value: name
        for name, value in vars(theirs).items()
        if isinstance(value, int) and name[0] != "_"
    }
    both = {code for code in found if code in table}
    assert len(both) > 10
    for code in both:
        mine, other = table[code].lower(), _SPELLED.get(found[code], found[code]).lower()
        assert mine.startswith(other) or other.startswith(mine), (code, mine, other)


def test_tlslite_knows_the_signature_schemes_by_the_same_names() -> None:
    """Those of TLS 1.3, where the registry has names at all."""
    theirs = known.SignatureScheme
    found = {
        n: v
        for n, v in vars(theirs).items()
        if isinstance(v, tuple) and n.startswith(("rsa", "ecdsa", "ed"))
    }
    assert len(found) > 10
    for name, (high, low) in found.items():
        assert extensions.scheme_name(high << 8 | low) == _SPELLED.get(name, name)


@pytest.mark.parametrize(
    ("name", "exchange", "authentication"),
    [
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "RSA", "RSA"),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", "RSA_EXPORT", "RSA"),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA", "DH_anon", "anon"),
        ("TLS_DHE_DSS_WITH_AES_128_CBC_SHA", "DHE_DSS", "DSA"),
        ("TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA", "ECDH_ECDSA", "ECDSA"),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE_RSA", "RSA"),
        ("TLS_RSA_PSK_WITH_AES_128_CBC_SHA", "RSA_PSK", "secret"),
        ("TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA", "SRP_SHA_RSA", "secret"),
        ("TLS_KRB5_WITH_RC4_128_SHA", "KRB5", "secret"),
        ("TLS_PSK_DHE_WITH_AES_128_CCM_8", "PSK_DHE", "secret"),
        ("TLS_GOSTR341112_256_WITH_28147_CNT_IMIT", "GOSTR341112_256", "other"),
        ("SSL_RSA_FIPS_WITH_DES_CBC_SHA", "RSA_FIPS", "RSA"),
        ("TLS_AES_128_GCM_SHA256", None, None),
    ],
)
def test_a_name_says_how_keys_are_agreed_on(
    name: str, exchange: str | None, authentication: str | None
) -> None:
    """Before WITH stands the exchange, and in it the key."""
    code = {name: code for code, name in suites.SUITES.items()}[name]
    assert (suites.key_exchange(code), suites.authentication(code)) == (exchange, authentication)


def test_every_kind_of_suite_is_in_the_table() -> None:
    """From SSLv3's export suites to TLS 1.3, offered or only needed to be named."""
    text = " ".join(suites.SUITES.values())
    for word in (
        "EXPORT",
        "NULL",
        "anon",
        "RC2",
        "RC4",
        "IDEA",
        "_DES_",
        "3DES",
        "SEED",
        "CAMELLIA",
        "ARIA",
        "CCM_8",
        "CHACHA20",
        "SM4",
        "DSS",
        "ECDH_",
        "PSK",
        "SRP",
        "KRB5",
        "TLS_AES",
    ):
        assert word in text
    assert len(set(suites.SUITES.values())) == len(suites.SUITES) > 350


def test_what_is_offered_fits_the_versions() -> None:
    """No secret is needed for it; each version has suites, likely ones first."""
    old = suites.offered(versions.SSL3, versions.TLS11)
    assert {suites.first_version(code) for code in old} == {versions.SSL3}
    assert not {suites.authentication(code) for code in old} & {"secret"}
    assert {"anon", "RSA", "ECDSA", "DSA"} == {suites.authentication(code) for code in old}
    modern = suites.offered(versions.TLS13, versions.TLS13)
    assert {suites.first_version(code) for code in modern} == {versions.TLS13}
    every = suites.offered(versions.SSL3, versions.TLS13)
    assert {*old, *modern} < {*every}
    # The first 64 are all that some old servers read.
    first = {suites.suite_name(code) for code in old[:64]}
    assert {
        "TLS_RSA_WITH_RC4_128_MD5",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    } <= first


def test_a_code_point_without_a_name_is_shown_as_it_is() -> None:
    """In every table."""
    assert suites.suite_name(0x0A0A) == "0x0A0A"
    assert groups.group_name(0x0A0A) == "0x0a0a"
    assert extensions.extension_name(0x0A0A) == "0x0a0a"
    assert extensions.scheme_name(0x0A0A) == "0x0a0a"
    assert versions.version_name(0x7F1C) == "0x7f1c"
    assert versions.alert_name(99) == "alert 99"
