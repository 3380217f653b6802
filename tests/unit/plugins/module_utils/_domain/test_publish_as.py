# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the shapes in which records are published, by what the modules and zone files want."""

from __future__ import annotations

from typing import Any

import dns.rdata
import dns.zone
import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import publish_as
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.publish import (
    Record,
    records,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.complete_domain import SPKI, domain

RECORDS = records(domain())


def test_the_zone_file_is_read_back_as_it_was_meant() -> None:
    text = publish_as.zone_file(RECORDS)
    header = "example.net. 60 IN SOA ns hostmaster 1 1 1 1 1\nexample.net. 60 IN NS ns\n"
    zone = dns.zone.from_text(header + text, origin="example.net.", relativize=False)
    for record in RECORDS:
        found = zone.find_rdataset(record.name + ".", record.type)
        assert found.ttl == record.ttl
        assert len(found) == len(record.values)
        if record.type == "TXT":
            assert {b"".join(one.strings).decode() for one in found} == set(record.values)


@given(st.text(max_size=700))
def test_any_text_survives_the_zone_file(text: str) -> None:
    (value,) = publish_as.quoted(Record("example.net", "TXT", (text,)))
    read = dns.rdata.from_text("IN", "TXT", value)
    assert b"".join(read.strings) == text.encode()
    assert all(len(one) <= 255 for one in read.strings)


def one_of(form: str, kind: str, **wanted: Any) -> dict[str, Any]:
    """Return the first arguments of a type."""
    made = publish_as.SHAPES[form](RECORDS, "example.net")
    return next(
        one
        for one in made
        if one["type"] == kind and all(one.get(key) == value for key, value in wanted.items())
    )


@pytest.mark.parametrize("form", ["community.dns", "hetzner"])
def test_record_sets_take_text_without_quotes(form: str) -> None:
    one = one_of(form, "TXT", record="_dmarc.example.net")
    assert one == {
        "zone_name": "example.net",
        "record": "_dmarc.example.net",
        "type": "TXT",
        "ttl": 3600,
        "value": ["v=DMARC1; p=reject; rua=mailto:dmarc@example.net"],
        "state": "present",
    }


def test_nsupdate_and_route53_take_quoted_text() -> None:
    quoted = ['"v=DMARC1; p=reject; rua=mailto:dmarc@example.net"']
    one = one_of("nsupdate", "TXT", record="_dmarc.example.net.")
    assert (one["zone"], one["value"]) == ("example.net.", quoted)
    one = one_of("route53", "TXT", record="_dmarc.example.net")
    assert (one["zone"], one["value"], one["overwrite"]) == ("example.net", quoted, True)


def test_cloudflare_takes_its_records_apart() -> None:
    assert one_of("cloudflare", "MX") == {
        "zone": "example.net",
        "type": "MX",
        "ttl": 3600,
        "state": "present",
        "record": "@",
        "value": "mail.example.net",
        "priority": 10,
    }
    srv = one_of("cloudflare", "SRV")
    assert (srv["service"], srv["proto"], srv["port"]) == ("submissions", "tcp", 465)
    assert (srv["record"], srv["value"], srv["weight"]) == ("@", "mail.example.net", 1)
    tlsa = one_of("cloudflare", "TLSA")
    assert (tlsa["record"], tlsa["port"], tlsa["proto"]) == ("mail", 25, "tcp")
    assert (tlsa["cert_usage"], tlsa["selector"], tlsa["hash_type"]) == (3, 1, 1)
    assert tlsa["value"] == SPKI
    caa = one_of("cloudflare", "CAA")
    assert (caa["flag"], caa["tag"], caa["value"]) == (0, "issue", "ca.example.org")
    # What cannot be written there is left out, and says the same.
    made = publish_as.cloudflare(RECORDS, "example.net")
    assert not [one for one in made if one["value"] in ("", ".")]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (Record("example.net", "MX", ("0 .",)), "publish it by hand"),
        (Record("_25._tcp.m.example.net", "TLSA", ("3 1 0 00",)), "use matching type 1"),
    ],
)
def test_what_cloudflare_cannot_write_is_refused(record: Record, words: str) -> None:
    with pytest.raises(publish_as.ShapeError, match=words):
        publish_as.cloudflare([record], "example.net")
