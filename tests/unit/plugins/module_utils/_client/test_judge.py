# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a domain that publishes our files meets every demand, and each demand breaks alone."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client import judge, pacc
from ansible_collections.postmaster.mailports.plugins.module_utils._client.demands import DEMANDS
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    SERVFAIL,
    TIMEOUT,
    Answer,
    Fetched,
)

from tests.support.clients import (
    ADDRESSES,
    DOMAIN,
    HOST,
    WEB,
    World,
    endpoint,
    intent,
    served,
)

AUTOCONFIG = f"https://autoconfig.{DOMAIN}/mail/config-v1.1.xml"
WELL_KNOWN = f"https://{DOMAIN}/.well-known/autoconfig/mail/config-v1.1.xml"
AUTODISCOVER = f"https://autodiscover.{DOMAIN}/autodiscover/autodiscover.xml"
PACC = f"https://ua-auto-config.{DOMAIN}/.well-known/user-agent-configuration.json"
Fault = Callable[[World], Any]


def only(world: World, url: str, answer: Any) -> World:
    """Leave one file of all, and no records."""
    for key in list(world.rows):
        if key.startswith("http"):
            world.rows[key] = Fetched(status=404)
        elif " SRV" in key or " TXT" in key:
            del world.rows[key]
    world.rows[url] = answer
    return world


def probe(world: World, service: str, **changes: Any) -> World:
    """Change what the probe saw of a service at one address."""
    seen = [endpoint(service, ADDRESSES[1], **changes)]
    kept = [
        one
        for one in world.endpoints or []
        if (one["service"], one["address"]) != (service, ADDRESSES[1])
    ]
    world.endpoints = [*kept, *seen]
    return world


def put(world: World, key: str, value: Any) -> World:
    world.rows[key] = value
    return world


TLS = endpoint("imaps")["tls"]
FAULTS: dict[str, tuple[Fault, set[str]]] = {
    "client-settings-missing": (
        lambda w: only(w, AUTOCONFIG, Fetched(status=404)),
        {"client-method-missing"},
    ),
    "client-method-missing": (lambda w: put(w, PACC, Fetched(status=404)), set()),
    "client-file-invalid": (lambda w: put(w, AUTODISCOVER, served(b"<a/>")), set()),
    "client-file-other-domain": (
        lambda w: w.replace("<domain>example.net", "<domain>example.org"),
        set(),
    ),
    "client-redirect": (
        lambda w: put(
            put(
                put(w, "files.example.org A", ["198.51.100.70"]),
                "https://files.example.org/x",
                w.rows[AUTOCONFIG],
            ),
            AUTOCONFIG,
            Fetched(status=301, location="https://files.example.org/x"),
        ),
        set(),
    ),
    "client-place-certificate": (
        lambda w: put(w, AUTOCONFIG, Fetched(problem="certificate", detail="expired")),
        set(),
    ),
    "client-settings-in-clear": (
        lambda w: put(w, AUTOCONFIG.replace("https", "http"), w.rows[AUTOCONFIG]),
        set(),
    ),
    "client-server-not-intended": (lambda w: w.intents.__setitem__(0, NO_POP3), set()),
    "client-server-cleartext": (
        lambda w: w.replace("STARTTLS", "plain", "config-v1.1"),
        {"client-server-not-intended", "client-server-no-login"},
    ),
    "client-server-read-differently": (
        lambda w: w.replace("<Encryption>SSL", "<Encryption>TLS"),
        {"client-server-not-intended", "client-server-other-tls", "client-answers-differ"},
    ),
    "client-server-one-user": (lambda w: w.replace("%EMAILADDRESS%", "shop@example.net"), set()),
    "client-server-closed": (lambda w: probe(w, "imaps", reach="refused"), set()),
    "client-server-other-tls": (lambda w: probe(w, "submission", tls_mode="implicit"), set()),
    "client-server-no-login": (
        lambda w: probe(w, "imaps", inside_tls={"mechanisms": ["CRAM-MD5"]}),
        set(),
    ),
    "client-server-certificate": (
        lambda w: probe(w, "imaps", tls={**TLS, "name_matches": False}),
        set(),
    ),
    "client-server-missing": (
        lambda w: w.replace('<incomingServer type="imap">', '<incomingServer type="ews">'),
        set(),
    ),
    "client-answers-differ": (
        lambda w: put(w, "_imaps._tcp.example.net SRV", [(0, 1, 993, "old.example.net")]),
        {"client-server-not-intended"},
    ),
    "client-pacc-digest": (
        lambda w: put(w, "_ua-auto-config.example.net TXT", [pacc.record(b"another")]),
        set(),
    ),
    "client-autodiscover-srv": (
        lambda w: put(w, "_autodiscover._tcp.example.net SRV", [(0, 0, 80, WEB)]),
        set(),
    ),
}
NO_POP3 = intent("submissions", "submission", "imaps")


def test_a_complete_domain_meets_every_demand() -> None:
    found = World().judge()
    assert {one.outcome for one in found} == {"met", "not_asked"}
    assert {one.demand for one in found if one.outcome == "met"} == {one.id for one in DEMANDS}
    json.dumps([one.to_dict() for one in found])


def test_there_is_a_fault_for_every_demand() -> None:
    assert set(FAULTS) == {one.id for one in DEMANDS}


@pytest.mark.parametrize("demand", FAULTS)
def test_each_demand_breaks_and_no_other(demand: str) -> None:
    fault, beside = FAULTS[demand]
    world = World()
    if demand == "client-answers-differ":
        world.endpoints = [
            *(world.endpoints or []),
            endpoint("imaps", host="old.example.net"),
        ]
    fault(world)
    assert world.broken() == {demand, *beside}


PACC_SMTP = (
    b'{"authentication": {"password": true}, "info": {"provider": {"name": "x"}},'
    b' "protocols": {"smtp": {"host": "mail.example.net"}}}'
)
MORE: dict[str, tuple[Fault, set[str]]] = {
    "over HTTP alone": (
        lambda w: only(w, AUTOCONFIG.replace("https", "http"), w.rows[AUTOCONFIG]),
        {"client-settings-missing", "client-settings-in-clear", "client-method-missing"},
    ),
    "POP3 is the only way to fetch, and PACC has none": (
        lambda w: [
            w.intents.__setitem__(0, intent("submissions", "pop3s")),
            only(w, PACC, served(PACC_SMTP, "application/json")),
            setattr(w, "methods", ("pacc",)),
            put(w, "_ua-auto-config.example.net TXT", [pacc.record(PACC_SMTP)]),
        ],
        {"client-server-missing"},
    ),
    "a redirect to clear": (
        lambda w: put(
            put(w, AUTOCONFIG.replace("https", "http"), w.rows[AUTOCONFIG]),
            AUTOCONFIG,
            Fetched(status=302, location=AUTOCONFIG.replace("https", "http")),
        ),
        {"client-redirect", "client-settings-in-clear"},
    ),
    "a circle": (
        lambda w: put(
            w,
            AUTOCONFIG,
            Fetched(status=302, location=f"{AUTOCONFIG}?emailaddress=postmaster@example.net"),
        ),
        {"client-redirect"},
    ),
    "a file without end": (
        lambda w: put(w, AUTOCONFIG, served(b"x", too_long=True)),
        {"client-file-invalid"},
    ),
    "a port that is filtered": (
        lambda w: probe(w, "pop3s", reach="filtered"),
        {"client-server-closed"},
    ),
    "no TLS at all": (
        lambda w: probe(w, "imaps", tls_mode="cleartext", tls={**TLS, "status": "not_tried"}),
        {"client-server-other-tls"},
    ),
    "a handshake that fails": (
        lambda w: probe(w, "imaps", tls={**TLS, "status": "failed", "error": "alert"}),
        {"client-server-other-tls"},
    ),
    "a certificate of a stranger": (
        lambda w: probe(w, "imaps", tls={**TLS, "trusted": False}),
        {"client-server-certificate"},
    ),
    "encrypted passwords that nobody takes": (
        lambda w: w.replace("password-cleartext", "password-encrypted"),
        {"client-server-no-login"},
    ),
    "no login for mail that goes out": (
        lambda w: w.replace("password-cleartext", "none"),
        {"client-server-no-login"},
    ),
    "another host": (
        lambda w: [
            w.replace(HOST, "old.example.net"),
            w.rows.update(
                {key: value for key, value in w.rows.items() if not key.endswith(" SRV")}
            ),
            w.rows.update({"_ua-auto-config.example.net TXT": [pacc.record(w.rows[PACC].body)]}),
            w.endpoints.extend(
                [
                    endpoint(name, host="old.example.net")
                    for name in ("imaps", "pop3s", "submissions", "submission")
                ]
            ),
        ],
        {"client-server-not-intended", "client-answers-differ"},
    ),
    "a record without PACC's version": (
        lambda w: put(w, "_ua-auto-config.example.net TXT", ["v=spf1 -all"]),
        {"client-pacc-digest"},
    ),
}


@pytest.mark.parametrize("name", MORE)
def test_more_that_is_broken(name: str) -> None:
    fault, expected = MORE[name]
    world = World()
    fault(world)
    assert world.broken() == expected


UNKNOWN: dict[str, tuple[Fault, set[str]]] = {
    "the web server does not answer": (
        lambda w: only(w, AUTOCONFIG, Fetched(problem="timeout", detail="late")),
        {"client-settings-missing", "client-file-invalid", "client-method-missing"},
    ),
    "a record of services": (
        lambda w: put(w, "_imaps._tcp.example.net SRV", Answer(SERVFAIL)),
        {"client-answers-differ"},
    ),
    "whose servers take the domain's mail": (
        lambda w: put(w, "example.net MX", Answer(TIMEOUT)),
        {"client-file-invalid"},
    ),
    "one place does not answer": (
        lambda w: put(w, WELL_KNOWN, Fetched(status=503)),
        {"client-file-invalid"},
    ),
    "the name of the web server is not known": (
        lambda w: [
            w.rows.pop(f"autoconfig.{DOMAIN} CNAME"),
            put(w, f"autoconfig.{DOMAIN} A", Answer(SERVFAIL)),
            put(w, f"autoconfig.{DOMAIN} AAAA", Answer(TIMEOUT)),
        ],
        {"client-file-invalid"},
    ),
    "nobody has probed": (
        lambda w: setattr(w, "endpoints", []),
        {
            "client-server-closed",
            "client-server-other-tls",
            "client-server-no-login",
            "client-server-certificate",
        },
    ),
    "the probe could not look": (
        lambda w: probe(w, "imaps", reach="inconclusive"),
        {"client-server-closed"},
    ),
    "logins were not seen": (
        lambda w: probe(w, "imaps", inside_tls={"mechanisms": None}),
        {"client-server-no-login"},
    ),
    "nothing was verified": (
        lambda w: probe(w, "imaps", tls={**TLS, "trusted": None}),
        {"client-server-certificate"},
    ),
    "names were not compared": (
        lambda w: probe(w, "imaps", tls={**TLS, "name_matches": None}),
        {"client-server-certificate"},
    ),
    "the handshake was cut off": (
        lambda w: probe(w, "submission", tls={**TLS, "status": "not_tried"}),
        {"client-server-other-tls"},
    ),
    "the record beside PACC": (
        lambda w: put(w, "_ua-auto-config.example.net TXT", Answer(SERVFAIL)),
        {"client-pacc-digest"},
    ),
    "the record for Outlook": (
        lambda w: put(w, "_autodiscover._tcp.example.net SRV", Answer(TIMEOUT)),
        {"client-autodiscover-srv", "client-answers-differ"},
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_was_not_learnt_is_not_known(name: str) -> None:
    fault, expected = UNKNOWN[name]
    world = World()
    fault(world)
    assert world.unknown() == expected


def test_without_an_intent_and_a_probe_nothing_is_asked_of_them() -> None:
    world = World()
    found = judge.judge(world.look())
    not_asked = {one.demand for one in found if one.outcome == "not_asked"}
    met = {one.demand for one in found if one.outcome == "met"}
    assert {one.outcome for one in found} == {"met", "not_asked"}
    assert not_asked - met == {
        "client-method-missing",
        "client-server-not-intended",
        "client-server-closed",
        "client-server-other-tls",
        "client-server-no-login",
        "client-server-certificate",
        "client-server-missing",
    }


def test_text_of_strangers_is_fit_to_print() -> None:
    world = World().replace("<hostname>mail.example.net", "<hostname>##[error]&#x85;\u2028")
    world.rows[WELL_KNOWN] = Fetched(status=302, location="\x1b[31m##vso[x]")
    told = [one.message for one in world.judge()]
    assert any("error]" in one for one in told)
    for text in [*told, json.dumps(world.look().to_dict(), ensure_ascii=False)]:
        assert not any(mark in text for mark in ("\x85", "\x1b", "\u2028", "##[", "##vso["))
