# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits for tests, made by the real judge from observations: good, faulty, hostile and large."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._check.job import Plan, conclude
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
    Phase,
    Starttls,
    Tls,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.request import Request

NOW = "2026-11-25T02:00:00Z"
TIME = "%Y-%m-%dT%H:%M:%SZ"
EARLIER = "2026-11-24T02:00:00Z"
STEPS = ("connect", "greeting", "capabilities", "starttls", "tls", "capabilities_tls")
# The judge asks the real clock. Taken once, so that two audits made one after the other are equal.
STARTED = datetime.now(timezone.utc)
OLD = dict.fromkeys(("SSLv3", "TLSv1", "TLSv1.1"), ("refused", "alert"))


def certificate(host: str, days: int = 90, **changes: Any) -> dict[str, Any]:
    """Return what a certificate of a host says that is valid for so many days from now on."""
    return {
        "subject": f"CN={host}",
        "issuer": "CN=Test CA",
        "common_name": host,
        "names": [host],
        "dns_names": [host],
        "ip_addresses": [],
        "is_ca": False,
        "self_issued": False,
        "not_before": (STARTED - timedelta(60)).strftime(TIME),
        "not_after": (STARTED + timedelta(days, 3600)).strftime(TIME),
        "days_left": days,
        "serial": "01",
        "key_type": "EC",
        "key_bits": 256,
        "curve": "secp256r1",
        "signature": "ecdsa-with-SHA256",
        "signature_hash": "sha256",
        "sha256": f"{hash_of(host):064x}",
        "spki_sha256": f"{hash_of(host) + 1:064x}",
        **changes,
    }


def hash_of(text: str) -> int:
    """Return a number that is the same in every run, unlike that of hash()."""
    return int.from_bytes(text.encode("utf-8", "surrogatepass")[-24:], "big")


def good(listener: Any, host: str, address: str, days: int = 90) -> Observation:
    """Return what a probe sees of a listener that is as intended."""
    base = Observation(
        listener.service,
        host,
        address,
        listener.port,
        listener.protocol,
        listener.tls,
        reach="refused",
        reach_detail="Connection refused",
    )
    if listener.state != "open":
        return base
    starttls = listener.tls == "starttls"
    inside = Phase(("AUTH PLAIN",), ("PLAIN",), listener.login != "none")
    return replace(
        base,
        reach="open",
        reach_detail="",
        protocol_seen=listener.protocol,
        tls_mode=listener.tls,
        greeting=f"ready at {host}",
        clear=Phase(("STARTTLS",), (), False) if starttls else Phase(),
        secure=inside,
        starttls=Starttls(True, "accepted", "go ahead", 0) if starttls else Starttls(),
        tls=Tls(
            "established", "TLSv1.3", "TLS_AES_256_GCM_SHA384", trusted=True, name_matches=True
        ),
        versions=OLD,
        certificate=certificate(host, days),
        chain=(),
        served=({"key": "RSA", "sni": True, "status": "not_served", "detail": "not served"},),
        enforced="refused" if starttls and listener.login == "required" else "not_tried",
        times={step: 1.5 + index for index, step in enumerate(STEPS)},
    )


def result(
    host: str,
    changes: dict[str, dict[str, Any]] | None = None,
    vantage: str = "monitor",
    address: str = "198.51.100.1",
    days: int = 90,
    **intended: Any,
) -> dict[str, Any]:
    """Return the result of port_check on a host of which ``changes`` (by service) was seen."""
    intent = expand({"host": host, **intended})
    observations = [
        replace(good(one, host, address, days), **(changes or {}).get(one.service, {}))
        for one in intent.listeners
    ]
    request = Request(host, ())
    found, _failed = conclude(Plan(intent, None, request, "error"), observations)
    return {**found, "vantage": vantage}


CLEAR_LOGIN = {"clear": Phase(("STARTTLS", "AUTH PLAIN"), ("PLAIN",), True)}
OPENED = {"reach": "open", "reach_detail": "", "tls_mode": "cleartext", "protocol_seen": "imap"}
OLD_TLS = {"versions": {**OLD, "TLSv1": ("accepted", "")}}
FAULTS = {"submission": CLEAR_LOGIN, "imap": OPENED, "imaps": OLD_TLS}
GONE = {"host": "gone.example.net", "vantage": "monitor", "msg": "timed out"}


def small() -> dict[str, Any]:
    """Return an audit of a good host, a faulty one and one that could not be audited."""
    hosts = [result("good.example.net"), result("bad.example.net", FAULTS), GONE]
    return document(hosts, NOW)


HOSTILE = (
    "<script>window.owned=1</script><img src=x onerror=window.owned=1>",
    "\"'`]]>--><!--${7*7}{{7*7}}{%raw%}\\",
    "\x1b[2J\x1b]0;owned\x07\x9b31m\x00\x08",
    "\u202egnp.exe\u2066\u200f\u061c\u2028\u2029",
    "\udcff\udc80\ufffe\uffff",
    "[link](http://evil.example/) @everyone #1 |a|b| **bold** <http://evil.example>",
    "line\nsecond\r\n\n# heading\n* item\n| a |\n",
    "=cmd|'/c calc'!A1",
    "::stop-commands::x ##[group]y ##vso[task.setvariable variable=a]b ##teamcity[c]",
    "w " * 37 + "::stop-commands::x " * 9,
    "A" * 1_000_000,
)


def hostile() -> dict[str, Any]:
    """Return an audit in which every text that a stranger can choose is hostile."""
    hosts: list[dict[str, Any]] = []
    for number, text in enumerate(HOSTILE):
        worst = {
            "greeting": text,
            "reach_detail": text,
            "tls": Tls(
                "failed",
                version=text[:40],
                cipher=text,
                error=text,
                trusted=False,
                trust_error=text,
                trust_code=10,
                name_matches=False,
            ),
            "certificate": certificate(
                "h", subject=text, issuer=text, names=[text], signature=text, key_type=text
            ),
            "versions": {"TLSv1": ("accepted", text), "TLSv1.1": ("untried", text)},
            "clear": Phase((text,), (text,), True),
            "secure": Phase((text,), (text,), True),
            "starttls": Starttls(True, "refused", text, 3),
            "login": "refused",
            "login_reply": text,
        }
        opened = {**OPENED, "greeting": text, "clear": Phase((text,), (text,), True)}
        faults = {"submission": worst, "imap": opened, "pop3": {**opened, "protocol_seen": text}}
        hosts.append(result(f"h{number}.example.net", faults, vantage=f"v {text}"))
        hosts.append({"host": f"x {text}", "vantage": text, "msg": text})
    return document(hosts, NOW)


def large(hosts: int = 500) -> dict[str, Any]:
    """Return an audit of many hosts, a tenth of which is faulty, the same in every run."""
    chosen = random.Random(4)
    results = []
    for number in range(hosts):
        days = chosen.choice((9, 30, 45, 60, 61, 75, 89, 200, 364))
        faults = FAULTS if chosen.random() < 0.1 else {}
        name = f"mail{number:03}.example.net"
        made = result(name, faults, address=f"198.51.100.{number % 250}", days=days)
        for seen in made["observations"]:
            seen["times"] = {
                step: round(spent * chosen.uniform(0.5, 30), 3)
                for step, spent in seen["times"].items()
            }
        results.append(made)
    return document(results, NOW)
