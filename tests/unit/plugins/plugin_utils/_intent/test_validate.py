# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a bad intent is told what is wrong, all at once, and that a good one passes."""

from __future__ import annotations

import datetime
import sys
from typing import Any

import pytest
import yaml
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.fixes import fix
from ansible_collections.postmaster.mailports.plugins.module_utils._check.options import (
    probe_options,
    request_from,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import FIXED, RULES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.safe_text import printable
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.request import Target
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent import schema
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.accepts import accepts
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import (
    SCHEMA_FILE,
    IntentError,
    validated,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.amount import examples

OWN = {"port": 10, "protocol": "smtp", "tls": "starttls"}
NAMES = "smtp, submission, submissions, submission_alt, pop3, pop3s, imap, imaps"
KEYS = "host, server_name, addresses, policy, services"
SERVICE_KEYS = "state, port, protocol, tls, login"
POLICY_KEYS = "extends, name, tls_min, certificate_days, rsa_bits, ec_bits, severities, services"
CHANGEABLE = ", ".join(rule for rule in RULES if rule not in FIXED)


def with_service(**given: Any) -> dict[str, Any]:
    """Return an intent whose smtp service is described by ``given``."""
    return {"host": "h", "services": {"smtp": given}}


def with_services(services: Any) -> dict[str, Any]:
    """Return an intent with these services."""
    return {"host": "h", "services": services}


def with_policy(**policy: Any) -> dict[str, Any]:
    """Return an intent with a policy of its own."""
    return {"host": "h", "policy": policy}


def nested(depth: int) -> Any:
    """Return lists within lists."""
    value: Any = 0
    for _unused in range(depth):
        value = [value]
    return value


ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)

BAD_KEY = (
    r"policy.severities: the key 'port-open\x1b' has unprintable characters"
    "\n"
    rf"policy.severities: 'port-open\x1b' is not one of {CHANGEABLE}"
)

BAD: list[tuple[Any, str]] = [
    (None, "the intent: None is not a mapping"),
    ([], "the intent: a list is not a mapping"),
    ("host: h", "the intent: 'host: h' is not a mapping"),
    (3, "the intent: 3 is not a mapping"),
    ({}, "the intent: host is missing"),
    ({"host": "h", "port": 1}, f"the intent: 'port' is not one of {KEYS}"),
    ({"host": "h", "a": 1, "b": 2}, f"the intent: 'a', 'b' is not one of {KEYS}"),
    # The host.
    ({"host": ""}, "host: '' is not a host name or address"),
    ({"host": 5}, "host: 5 is not a string"),
    ({"host": None}, "host: None is not a string"),
    ({"host": True}, "host: True is not a string"),
    ({"host": ["h"]}, "host: a list is not a string"),
    ({"host": {"password": "secret"}}, "host: a mapping is not a string"),
    ({"host": datetime.date(2026, 1, 2)}, "host: datetime.date(2026, 1, 2) is not a string"),
    ({"host": b"h"}, "host: b'h' is not a string"),
    ({"host": "a b"}, "host: 'a b' is not a host name or address"),
    ({"host": "a/b"}, "host: 'a/b' is not a host name or address"),
    ({"host": "u@h"}, "host: 'u@h' is not a host name or address"),
    ({"host": "{{ host }}"}, "host: '{{ host }}' is not a host name or address"),
    ({"host": "h:25"}, "host: 'h:25' is not a host name or address"),
    ({"host": "a..b"}, "host: 'a..b' is not a host name or address"),
    ({"host": "a" * 64}, f"host: '{'a' * 64}' is not a host name or address"),
    ({"host": "a" * 254}, f"host: '{'a' * 118}… is longer than 253 characters"),
    ({"host": "127.0.0.1%lo"}, "host: '127.0.0.1%lo' is not a host name or address"),
    ({"host": "fe80::1%"}, "host: 'fe80::1%' is not a host name or address"),
    ({"host": "fe80::1%a{b"}, "host: 'fe80::1%a{b' is not a host name or address"),
    ({"host": "h", "server_name": "a b"}, "server_name: 'a b' is not a host name or address"),
    ({"host": "h", "server_name": "a..b"}, "server_name: 'a..b' is not a host name or address"),
    # Text that would steer a terminal.
    ({"host": "h\x1b[2J"}, r"host: 'h\x1b[2J' has unprintable characters"),
    ({"host": "::1%\x9b"}, r"host: '::1%\x9b' has unprintable characters"),
    ({"host": "h\n"}, r"host: 'h\n' has unprintable characters"),
    ({"host": "h\u202e"}, r"host: 'h\u202e' has unprintable characters"),
    (with_policy(severities={"port-open\x1b": "off"}), BAD_KEY),
    (with_policy(name="a\x1b"), r"policy.name: 'a\x1b' has unprintable characters"),
    (
        with_policy(services={"smtp": {"note": "a\r"}}),
        r"policy.services.smtp.note: 'a\r' has unprintable characters",
    ),
    (with_services({"own\n": OWN}), r"services: the key 'own\n' has unprintable characters"),
    # Keys that are no text.
    (
        {"host": "h", 1: 2},
        f"the intent: the key 1 is not a string\nthe intent: 1 is not one of {KEYS}",
    ),
    (
        {"host": "h", None: 2},
        f"the intent: the key None is not a string\nthe intent: None is not one of {KEYS}",
    ),
    (with_services({25: OWN}), "services: the key 25 is not a string"),
    (with_services({(1, 2): OWN}), "services: the key (1, 2) is not a string"),
    # Addresses.
    ({"host": "h", "addresses": []}, "addresses: a list is empty"),
    ({"host": "h", "addresses": "ipv4"}, "addresses: 'ipv4' is not a list"),
    ({"host": "h", "addresses": [4]}, "addresses.0: 4 is not a string"),
    ({"host": "h", "addresses": ["ipv4", "ipv4"]}, "addresses: 'ipv4' is given twice"),
    (
        {"host": "h", "addresses": ["::1", "h"]},
        "addresses.1: 'h' is not an address, ipv4 or ipv6",
    ),
    (
        {"host": "h", "addresses": ["127.0.0.1%x"]},
        "addresses.0: '127.0.0.1%x' is not an address, ipv4 or ipv6",
    ),
    # The policy.
    ({"host": "h", "policy": "x"}, "policy: 'x' is not one of rfc8314, starttls_first"),
    ({"host": "h", "policy": 5}, "policy: 5 is not a string or a mapping"),
    ({"host": "h", "policy": None}, "policy: None is not a string or a mapping"),
    ({"host": "h", "policy": []}, "policy: a list is not a string or a mapping"),
    (with_policy(port=1), f"policy: 'port' is not one of {POLICY_KEYS}"),
    (with_policy(extends="x"), "policy.extends: 'x' is not one of rfc8314, starttls_first"),
    (with_policy(name=""), "policy.name: '' is empty"),
    (with_policy(name="a" * 81), f"policy.name: '{'a' * 81}' is longer than 80 characters"),
    (with_policy(name=1), "policy.name: 1 is not a string"),
    (
        with_policy(tls_min="SSLv3"),
        "policy.tls_min: 'SSLv3' is not one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3",
    ),
    (
        with_policy(tls_min=1.2),
        "policy.tls_min: 1.2 is not one of TLSv1, TLSv1.1, TLSv1.2, TLSv1.3",
    ),
    (with_policy(certificate_days=-1), "policy.certificate_days: -1 is not between 0 and 825"),
    (
        with_policy(certificate_days="9 days"),
        "policy.certificate_days: '9 days' is not a whole number",
    ),
    (with_policy(rsa_bits=512), "policy.rsa_bits: 512 is not between 1024 and 16384"),
    (with_policy(ec_bits=522), "policy.ec_bits: 522 is not between 160 and 521"),
    (
        with_policy(severities={"port-open": "fatal"}),
        "policy.severities.port-open: 'fatal' is not one of info, warning, error, off",
    ),
    (
        with_policy(severities={"port-open": False}),
        "policy.severities.port-open: False is not one of info, warning, error, off",
    ),
    (
        with_policy(severities={"not-probed": "off"}),
        f"policy.severities: 'not-probed' is not one of {CHANGEABLE}",
    ),
    (with_policy(services={"x": {}}), f"policy.services: 'x' is not one of {NAMES}"),
    (
        with_policy(services={"smtp": {"standing": "x"}}),
        (
            "policy.services.smtp.standing: 'x' is not one of recommended, accepted, deprecated, "
            "forbidden"
        ),
    ),
    # The services.
    (with_services(None), "services: None is not a mapping"),
    (with_services(["smtp"]), "services: a list is not a mapping"),
    (with_services({"smtp": "open"}), "services.smtp: 'open' is not a mapping or nothing"),
    (with_services({"smtp": []}), "services.smtp: a list is not a mapping or nothing"),
    (with_service(prot=1), f"services.smtp: 'prot' is not one of {SERVICE_KEYS}"),
    (with_service(state="on"), "services.smtp.state: 'on' is not one of open, closed"),
    (with_service(state=True), "services.smtp.state: True is not one of open, closed"),
    (with_service(state=None), "services.smtp.state: None is not one of open, closed"),
    (
        with_service(tls="ssl"),
        "services.smtp.tls: 'ssl' is not one of implicit, starttls, cleartext",
    ),
    (
        with_service(protocol="lmtp"),
        "services.smtp.protocol: 'lmtp' is not one of smtp, imap, pop3",
    ),
    (with_service(login=1), "services.smtp.login: 1 is not one of none, optional, required"),
    (with_service(port=0), "services.smtp.port: 0 is not between 1 and 65535"),
    (with_service(port=65536), "services.smtp.port: 65536 is not between 1 and 65535"),
    (with_service(port=-1), "services.smtp.port: -1 is not between 1 and 65535"),
    (with_service(port="smtp"), "services.smtp.port: 'smtp' is not a whole number"),
    (with_service(port="+25"), "services.smtp.port: '+25' is not a whole number"),
    (with_service(port="２５"), "services.smtp.port: '２５' is not a whole number"),
    (with_service(port="99999"), "services.smtp.port: 99999 is not between 1 and 65535"),
    (with_service(port=25.0), "services.smtp.port: 25.0 is not a whole number"),
    (with_service(port=True), "services.smtp.port: True is not a whole number"),
    (with_service(port=None), "services.smtp.port: None is not a whole number"),
    (with_service(port=float("nan")), "services.smtp.port: nan is not a whole number"),
    (
        with_service(port=float("inf")),
        (
            "services.smtp.port: inf is not a whole number\n"
            "services.smtp.port: inf is not between 1 and 65535"
        ),
    ),
    (with_service(port=16**5000), "services.smtp.port: is a number of more than 64 bits"),
    (
        with_services({"smtps": {}}),
        (
            f"services.smtps: 'smtps' is not one of {NAMES} "
            "(that port is called 'submissions' here); "
            "a service of your own needs port, protocol, tls"
        ),
    ),
    (
        with_services({"own": {"port": 10, "tls": "implicit"}}),
        f"services.own: 'own' is not one of {NAMES}; a service of your own needs protocol",
    ),
    (with_services({"own": None}), "services.own: None is not a mapping"),
    (
        with_services({"a b": OWN}),
        "services: 'a b' is not a service name (letters, digits, '_', '.', '-')",
    ),
    (
        with_services({"": OWN}),
        "services: '' is not a service name (letters, digits, '_', '.', '-')",
    ),
    (
        with_services({"smtp": {"port": 587}, "submission": {}}),
        "services.submission.port: 587 is smtp's port already",
    ),
    (
        with_services({"one": OWN, "two": OWN}),
        "services.two.port: 10 is one's port already",
    ),
    # More than any intent has.
    ({"host": nested(9)}, "host.0.0.0.0.0.0.0.0: is nested more than 8 deep"),
    ({"host": nested(100_000)}, "host.0.0.0.0.0.0.0.0: is nested more than 8 deep"),
    ({"host": ENDLESS}, "host.0.0.0.0.0.0.0.0: is nested more than 8 deep"),
    ({"host": ["x"] * 30_000}, "the intent: holds more than 20000 values"),
    ({"host": "h", 16**5000: 1}, "the intent: has a key of more than 64 bits"),
]


def message_of(data: Any) -> list[str]:
    """Return the lines behind the first of the message about a bad intent."""
    with pytest.raises(IntentError) as caught:
        validated(data)
    first, *lines = str(caught.value).split("\n")
    assert first == "The intent is not valid."
    return lines


@pytest.mark.parametrize(("data", "message"), BAD, ids=[message[:50] for _data, message in BAD])
def test_bad_intent_gets_its_message(data: Any, message: str) -> None:
    assert message_of(data) == message.split("\n")


def test_all_that_is_wrong_is_told_at_once() -> None:
    data = {
        "host": 1,
        "policy": {"rsa_bits": 1, "services": {"x": {}}},
        "services": {"smtp": {"port": 0, "tls": "ssl"}, "imap": 3, "own": {}},
        "extra": True,
    }
    assert message_of(data) == [
        f"the intent: 'extra' is not one of {KEYS}",
        "host: 1 is not a string",
        "policy.rsa_bits: 1 is not between 1024 and 16384",
        f"policy.services: 'x' is not one of {NAMES}",
        "services.imap: 3 is not a mapping or nothing",
        (
            f"services.own: 'own' is not one of {NAMES}; a service of your own needs "
            "port, protocol, tls"
        ),
        "services.smtp.port: 0 is not between 1 and 65535",
        "services.smtp.tls: 'ssl' is not one of implicit, starttls, cleartext",
    ]


def test_what_only_code_can_see_is_told_at_once_too() -> None:
    data = {
        "host": "a..b",
        "server_name": "c..d",
        "addresses": ["x", "y"],
        "services": {"one": OWN, "two": OWN},
    }
    assert [line.split(":")[0] for line in message_of(data)] == [
        "host",
        "server_name",
        "addresses.0",
        "addresses.1",
        "services.two.port",
    ]


def test_a_flood_of_errors_is_cut_and_counted() -> None:
    lines = message_of(with_services({f"s{index}": {} for index in range(100)}))
    assert len(lines) == 26
    assert lines[-1] == "... and 75 more"


def test_contents_of_mappings_are_never_shown() -> None:
    text = "\n".join(message_of({"host": {"k": "hunter2"}, "addresses": [{"k": "hunter2"}]}))
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("Straße.example", "xn--strae-oqa.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
    ],
)
def test_a_name_in_other_letters_is_that_of_idna_2008(name: str, label: str) -> None:
    """IDNA 2003, which Python itself knows, makes another domain of the last two."""
    assert validated({"host": name, "server_name": name}) == {"host": label, "server_name": label}


def test_a_name_in_other_letters_is_refused_where_nothing_knows_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "idna", None)
    assert message_of({"host": "straße.example"}) == [
        "host: 'straße.example' is not in ASCII; write the name in its A-label form (xn--...)"
    ]


GOOD: list[dict[str, Any]] = [
    {"host": "mail.example.net"},
    {"host": "mail.example.net."},
    {"host": "192.0.2.1"},
    {"host": "2001:db8::1"},
    {"host": "fe80::1%eth0"},
    {"host": "h", "server_name": "other"},
    {"host": "h", "addresses": ["ipv4", "ipv6", "::1", "fe80::1%lo"]},
    {"host": "h", "policy": "starttls_first"},
    {"host": "h", "policy": {}},
    {"host": "h", "services": {}},
    {"host": "h", "services": {"smtp": None, "imaps": {}}},
    {"host": "h", "services": {"smtp": {"port": 587}, "submission": {"port": 25}}},
    {"host": "h", "services": {"own": OWN}},
    with_policy(
        extends="starttls_first",
        name="ours",
        tls_min="TLSv1.3",
        certificate_days=0,
        rsa_bits=3072,
        ec_bits=256,
        severities={"port-open": "off"},
        services={"smtp": {"standing": "forbidden", "clause": "c", "note": "n", "trust": "error"}},
    ),
]


def request_of(data: dict[str, Any]) -> Any:
    """Return the request that port_check would make of a valid intent."""
    params = {name: option.get("default") for name, option in probe_options().items()}
    intent = expand(data)
    targets = [
        Target(one.service, one.protocol, one.port, one.tls, one.login) for one in intent.listeners
    ]
    return request_from(
        params,
        intent.host,
        targets,
        intent.addresses,
        intent.server_name,
        intent.policy.too_old(),
    )


@pytest.mark.parametrize("data", GOOD, ids=lambda data: str(data)[:60])
def test_good_intent_passes_unchanged_and_makes_a_request(data: dict[str, Any]) -> None:
    result = validated(data)
    assert result == data
    assert result is not data
    assert request_of(result).host == data["host"]


def test_the_intent_that_a_fix_shows_is_one_that_passes() -> None:
    services = {"smtp": {}, "imaps": {"port": 10993}, "imap": {"state": "closed"}}
    finding = {"rule": "port-closed", "service": "imaps", "port": 10993, "policy": ""}
    (task,) = yaml.safe_load(fix(finding, expand({"host": "h", "services": services}).to_dict()))
    assert validated({**task["vars"]["mailports_intent"], "host": "h"})


def test_a_whole_number_may_come_as_text() -> None:
    """As it does from -e and from templates; a name of digits stays a name."""
    given = {
        "host": "h",
        "policy": {"extends": "rfc8314", "name": "7", "certificate_days": "30"},
        "services": {"imaps": {"port": "1993"}, "submission": {"port": 587}},
    }
    found = validated(given)
    assert found["services"] == {"imaps": {"port": 1993}, "submission": {"port": 587}}
    assert found["policy"] == {"extends": "rfc8314", "name": "7", "certificate_days": 30}
    assert given["services"]["imaps"] == {"port": "1993"}


def test_values_with_tags_come_out_plain() -> None:
    """Ansible marks values with where they came from; modules and JSON want them plain."""
    tags = pytest.importorskip("ansible.module_utils._internal._datatag._tags")
    tagged = tags.Deprecated(msg="old").tag("mail.example.net")
    assert tagged.__class__ is not str
    result = validated({"host": tagged, "services": {tags.Deprecated(msg="old").tag("smtp"): {}}})
    assert result["host"].__class__ is str
    assert [key.__class__ for key in result["services"]] == [str]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"host": 1}, "host: 1 is not allowed"),
        ({"hots": "h"}, "the intent: host is missing"),
        ({"host": "h", "servics": {}}, "servics: a mapping is not allowed"),
        ({"host": "h", "services": {"imaps": {"prt": 9}}}, "services.imaps.prt: 9 is not allowed"),
        ({"host": "h", "services": {"smtp": {"tls": "ssl"}}}, "services.smtp.tls: 'ssl' is not"),
        ({"host": "h", "addresses": ["ipv4", 4]}, "addresses.1: 4 is not allowed"),
        ({"host": "h", "a": 1, "b": 2}, "several keys or values are not allowed"),
    ],
)
def test_without_jsonschema_the_message_says_where(
    monkeypatch: pytest.MonkeyPatch, data: dict[str, Any], wanted: str
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema.validators", None)
    schema._validator.cache_clear()
    assert validated({"host": "h"}) == {"host": "h"}
    with pytest.raises(schema.IntentError) as refused:
        validated(data)
    message = str(refused.value)
    assert wanted in message
    assert "pip install jsonschema" in message


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(1, 65535),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["h", "ipv4", "::1", "open", "closed", "implicit", "smtp", "rfc8314"]),
    st.dates(),
    st.binary(max_size=4),
)
WORDS = st.one_of(
    st.sampled_from(
        [*KEYS.split(", "), *SERVICE_KEYS.split(", "), *POLICY_KEYS.split(", "), *SERVICES]
    ),
    st.text(max_size=5),
    st.integers(),
    st.none(),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


def mostly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return mostly what fits, so that many cases get through to the end."""
    return st.one_of(good, good, good, ANYTHING)


SERVICE = st.fixed_dictionaries(
    {},
    optional={
        "state": mostly(st.sampled_from(["open", "closed"])),
        "port": mostly(st.integers(1, 65535)),
        "protocol": mostly(st.sampled_from(["smtp", "imap", "pop3"])),
        "tls": mostly(st.sampled_from(["implicit", "starttls", "cleartext"])),
        "login": mostly(st.sampled_from(["none", "optional", "required"])),
    },
)
SEVERITIES = mostly(st.sampled_from(["info", "warning", "error", "off"]))
POLICY = st.fixed_dictionaries(
    {},
    optional={
        "extends": mostly(st.sampled_from(["rfc8314", "starttls_first"])),
        "name": mostly(st.just("ours")),
        "tls_min": mostly(st.sampled_from(["TLSv1", "TLSv1.3"])),
        "certificate_days": mostly(st.integers(-1, 400)),
        "rsa_bits": mostly(st.integers(0, 20000)),
        "severities": mostly(st.dictionaries(st.sampled_from(list(RULES)) | WORDS, SEVERITIES)),
        "services": mostly(
            st.dictionaries(
                st.sampled_from(list(SERVICES)) | WORDS,
                st.dictionaries(
                    st.sampled_from(["standing", "note", "trust", "clause"]),
                    mostly(st.sampled_from(["deprecated", "error", "info"])),
                ),
            )
        ),
    },
)
INTENT = st.fixed_dictionaries(
    {"host": mostly(st.sampled_from(["h", "mail.example.net", "192.0.2.1", "fe80::1%eth0"]))},
    optional={
        "server_name": mostly(st.just("other")),
        "addresses": mostly(st.lists(st.sampled_from(["ipv4", "ipv6", "::1"]), min_size=1)),
        "policy": mostly(st.sampled_from(["rfc8314", "starttls_first"]) | POLICY),
        "services": mostly(
            st.dictionaries(st.sampled_from(list(SERVICES)) | WORDS, mostly(SERVICE))
        ),
    },
)


@settings(max_examples=examples(400))
@given(st.one_of(INTENT, INTENT, ANYTHING, st.dictionaries(WORDS, ANYTHING, max_size=5)))
def test_the_short_way_accepts_exactly_what_jsonschema_accepts(data: Any) -> None:
    if list(schema._excess(data)) or list(schema._text_errors(data)):
        return
    assert accepts(schema.schema(SCHEMA_FILE), data) is schema._validator(SCHEMA_FILE).is_valid(
        data
    )


def test_the_short_way_leaves_a_keyword_that_it_does_not_know_to_jsonschema() -> None:
    assert accepts({"type": "object"}, {})
    assert not accepts({"type": "object", "not": {"required": ["host"]}}, {})
    assert not accepts({"if": {"not": {"type": "string"}}, "else": {"type": "object"}}, {})
    assert not accepts({"type": "number"}, 1)
    assert not accepts({"enum": [1]}, True)


@settings(max_examples=examples(300))
@given(INTENT | ANYTHING | st.dictionaries(WORDS, ANYTHING, max_size=5))
def test_any_data_is_a_usable_intent_or_an_intent_error(data: Any) -> None:
    try:
        result = validated(data)
    except IntentError as error:
        for line in str(error).split("\n"):
            assert printable(line, len(line) + 1) == line
        return
    request = request_of(result)
    assert len({target.port for target in request.targets}) == len(request.targets)
    assert {row.port for row in SERVICES.values()} <= {target.port for target in request.targets}
