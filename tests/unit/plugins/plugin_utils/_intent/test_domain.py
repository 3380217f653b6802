# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a domain's intent is accepted or refused with one clear message for each thing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import intent, mta_sts
from ansible_collections.postmaster.mailports.plugins.module_utils._model.safe_text import printable
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.domain import (
    SCHEMA_FILE,
    validated_domain,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.schema import IntentError
from hypothesis import given
from hypothesis import strategies as st
from jsonschema.validators import Draft202012Validator

from tests.support.complete_domain import ED25519, INTENT

SCHEMA = json.loads(Path(SCHEMA_FILE).read_text(encoding="utf-8"))
KEYS = SCHEMA["properties"]


def test_the_schema_is_sound_and_says_what_the_engine_takes() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["dmarc_policy"]["enum"] == list(intent.DMARC_POLICIES)
    assert KEYS["mta_sts"]["properties"]["mode"]["enum"] == list(intent.MTA_STS_MODES)
    age = KEYS["mta_sts"]["properties"]["max_age"]
    assert (age["maximum"], age["default"]) == (mta_sts.MAX_AGE, intent.MTA_STS_MAX_AGE)
    assert KEYS["dane"]["enum"] == list(intent.DANE)
    assert KEYS["spf"]["properties"]["strangers"]["enum"] == list(intent.STRANGERS)


def test_the_complete_domain_and_the_smallest_are_accepted() -> None:
    assert validated_domain(INTENT) == INTENT
    assert validated_domain({"domain": "example.net"}) == {"domain": "example.net"}


WRONG: list[tuple[Any, str]] = [
    ([], "the intent: a list is not a mapping"),
    ({}, "the intent: domain is missing"),
    ({"domain": "localhost"}, "domain: 'localhost' is not a domain or host name"),
    ({"domain": "192.0.2.1"}, "domain: '192.0.2.1' is not a domain or host name"),
    ({"domain": "a b"}, "domain: 'a b' is not a domain or host name"),
    ({"domain": 1}, "domain: 1 is not a string"),
    ({"mail_host": []}, "the intent: 'mail_host' is not one of domain, mail_hosts"),
    ({"mail_hosts": ["192.0.2.1"]}, "mail_hosts.0: '192.0.2.1' is not a domain or host name"),
    ({"mail_hosts": ["m.example.net"] * 2}, "mail_hosts: 'm.example.net' is given twice"),
    ({"senders": ["192.0.2.300"]}, "senders.0: '192.0.2.300' is not an address or a network"),
    ({"senders": ["192.0.2.1/33"]}, "senders.0: '192.0.2.1/33' is not an address or a network"),
    ({"dkim": {}}, "dkim: selectors is missing"),
    ({"dkim": {"selectors": []}}, "dkim.selectors: a list is empty"),
    ({"dkim": {"selectors": ["a b"]}}, "dkim.selectors.0: 'a b' is not a DKIM selector"),
    (
        {"dkim": {"selectors": ["a", "b"], "key": "/k"}},
        "dkim.key: is for one selector; with several, give keys",
    ),
    (
        {"dkim": {"selectors": ["a"], "public_keys": {"b": ED25519}}},
        "dkim.public_keys: 'b' is not one of a",
    ),
    (
        {"dkim": {"selectors": ["a"], "public_keys": {"a": ED25519}}},
        "dkim.public_keys.a: the key is not an RSA public key",
    ),
    (
        {"dkim": {"selectors": ["a"], "public_keys": {"a": "x y"}}},
        "dkim.public_keys.a: 'x y' is not a key in base64",
    ),
    (
        {"dmarc": {"policy": "rejct"}},
        "dmarc.policy: 'rejct' is not one of none, quarantine, reject",
    ),
    (
        {"dmarc": {"reports": "https://x/"}},
        "dmarc.reports: 'https://x/' is neither a mail address nor a mailto: URI",
    ),
    ({"tlsrpt": {"reports": "a b"}}, "tlsrpt.reports: 'a b' is not an address for reports"),
    ({"tlsrpt": {"reports": "nobody"}}, "tlsrpt.reports: 'mailto:nobody' is neither"),
    ({"mta_sts": {"max_age": -1}}, "mta_sts.max_age: -1 is not between 0 and 31557600"),
    ({"mta_sts": {"id": "2026-01"}}, "mta_sts.id: '2026-01' is not 1 to 32 letters and digits"),
    ({"dane": True}, "dane: True is not one of required, off"),
    (
        {"tlsa": {"m.example.net": ["3 1 1"]}},
        "tlsa.m.example.net.0: '3 1 1' is not a TLSA record",
    ),
    ({"tlsa": {"m.example.net": ["3 1 1 00"]}}, "tlsa.m.example.net.0: its data has 1 bytes"),
    ({"tlsa": {"m.example.net": ["1 1 1 00"]}}, "tlsa.m.example.net.0: usage 1 does not count"),
    ({"caa": {"issuers": ["x"]}}, "caa.issuers.0: 'x' is not a domain or host name"),
]


@pytest.mark.parametrize(("data", "words"), WRONG)
def test_what_is_wrong_is_told_with_key_found_and_allowed(data: Any, words: str) -> None:
    if isinstance(data, dict) and data and "domain" not in data:
        data = {"domain": "example.net", **data}
    with pytest.raises(IntentError) as error:
        validated_domain(data)
    lines = str(error.value).split("\n")
    assert lines[0] == "The intent is not valid."
    assert any(line.startswith(words) for line in lines[1:]), lines


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(IntentError) as error:
        validated_domain({"domain": "x", "senders": ["y"], "caa": {"issuers": ["z"]}})
    assert len(str(error.value).split("\n")) == 4


WORDS = st.sampled_from(sorted(KEYS)) | st.text(max_size=8)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(WORDS, ANYTHING, max_size=5) | ANYTHING)
def test_any_data_is_a_usable_domain_or_an_intent_error(data: Any) -> None:
    try:
        result = validated_domain(data)
    except IntentError as error:
        lines = str(error).split("\n")
    else:
        lines = []
        intent.expand(result)
    assert all(printable(line, len(line) + 1) == line for line in lines)
