# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test matching of TLSA records against real certificates (RFC 6698 section 2.1, RFC 7672)."""

from __future__ import annotations

import hashlib

import pytest
import trustme
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import tlsa
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.intent import Domain
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    RECORDS,
    Answer,
)
from cryptography import x509
from cryptography.hazmat.primitives import serialization

CA = trustme.CA()
CERT = x509.load_pem_x509_certificate(CA.issue_cert("mail.example.net").cert_chain_pems[0].bytes())
LEAF = CERT.public_bytes(serialization.Encoding.DER)
KEY = CERT.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
ROOT = x509.load_pem_x509_certificate(CA.cert_pem.bytes()).public_bytes(serialization.Encoding.DER)
CHAIN = [LEAF, ROOT]


def test_the_key_is_found_in_the_certificate() -> None:
    assert tlsa.key_of(LEAF) == KEY


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize("usage", [2, 3])
def test_each_combination_matches_its_certificate_and_no_other(
    usage: int, selector: int, matching: int
) -> None:
    certificate = LEAF if usage == 3 else ROOT
    data = KEY if selector and usage == 3 else tlsa.associated(certificate, selector, 0)
    hashed = {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}
    record = tlsa.Record(usage, selector, matching, hashed[matching])
    assert record.problem == ""
    assert tlsa.matches(record, CHAIN)
    other = x509.load_pem_x509_certificate(
        trustme.CA().issue_cert("mail.example.net").cert_chain_pems[0].bytes()
    ).public_bytes(serialization.Encoding.DER)
    assert not tlsa.matches(record, [other])


def test_usage_3_looks_at_the_host_s_own_certificate_only() -> None:
    record = tlsa.Record(3, 0, 1, hashlib.sha256(ROOT).digest())
    assert not tlsa.matches(record, CHAIN)


def test_usage_2_looks_at_what_has_issued_something() -> None:
    record = tlsa.Record(2, 0, 1, hashlib.sha256(LEAF).digest())
    assert not tlsa.matches(record, CHAIN)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("3 1 1 " + "00" * 32, ""),
        ("2 0 2 " + "00" * 64, ""),
        # RFC 7672 section 3.1.3.
        ("0 0 1 " + "00" * 32, "usage 0 does not count at port 25"),
        ("1 1 1 " + "00" * 32, "usage 1 does not count at port 25"),
        ("3 2 1 " + "00" * 32, "there is no selector 2"),
        ("3 1 3 " + "00" * 32, "there is no matching type 3"),
        ("3 1 1 " + "00" * 31, "its data has 31 bytes, not 32"),
        ("3 1 2 " + "00" * 32, "its data has 32 bytes, not 64"),
    ],
)
def test_what_cannot_be_used_at_port_25_says_why(text: str, problem: str) -> None:
    found = tlsa.parse(text).problem
    assert found.startswith(problem)
    assert bool(found) is bool(problem)


@pytest.mark.parametrize("text", ["", "3 1 1", "a b c d", "3 1 1 xyz"])
def test_what_is_no_record_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        tlsa.parse(text)


def test_blanks_in_the_data_do_not_count() -> None:
    assert str(tlsa.parse("3 1 1 00ff 00FF")) == "3 1 1 00ff00ff"


def test_digests_tell_usage_3_and_leave_the_rest_unknown() -> None:
    seen = tlsa.Shown(
        "192.0.2.1", hashlib.sha256(LEAF).hexdigest(), hashlib.sha256(KEY).hexdigest()
    )
    for selector, data in ((0, LEAF), (1, KEY)):
        assert seen.match(tlsa.Record(3, selector, 1, hashlib.sha256(data).digest())) is True
        assert seen.match(tlsa.Record(3, selector, 1, bytes(32))) is False
        assert seen.match(tlsa.Record(3, selector, 2, bytes(64))) is None
    assert seen.match(tlsa.Record(2, 0, 1, bytes(32))) is None
    whole = tlsa.Shown("192.0.2.1", "", "", chain=tuple(CHAIN))
    assert whole.match(tlsa.Record(2, 0, 1, hashlib.sha256(ROOT).digest())) is True


def test_the_name_of_rfc_6698_section_3() -> None:
    assert tlsa.name_of("mail.example.com") == "_25._tcp.mail.example.com"


def test_every_certificate_that_a_host_serves_counts() -> None:
    def certificate(digest: str, kind: str) -> dict[str, str]:
        return {"sha256": digest, "spki_sha256": digest, "key_type": kind}

    seen = {
        "host": "M.example.net",
        "address": "192.0.2.1",
        "port": 25,
        "certificate": certificate("aa" * 32, "EC"),
        "served": [
            {"key": "RSA", "status": "served", "certificate": certificate("bb" * 32, "RSA")},
            {"key": "", "status": "same"},
        ],
    }
    other_port = {**seen, "port": 465, "certificate": certificate("cc" * 32, "EC")}
    silent = {**seen, "address": "192.0.2.2", "certificate": None, "served": ()}
    endpoints = [seen, other_port, silent]
    found = tlsa.shown(endpoints, "m.example.net")
    assert [(one.key_type, one.sha256[:2]) for one in found] == [("EC", "aa"), ("RSA", "bb")]
    assert tlsa.unseen(endpoints, "m.example.net") == ["no certificate was seen at 192.0.2.2"]
    record = (3, 1, 1, bytes.fromhex("aa" * 32))
    answers = {"m.example.net": Answer(RECORDS, (record,), secure=True)}
    told = [
        one
        for one in tlsa.told(Domain("example.net"), answers, endpoints)
        if one.question == "tlsa_matches"
    ]
    assert sorted(one.value or "unknown" for one in told) == ["differs", "matches", "unknown"]
