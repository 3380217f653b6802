# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data inside the HTML report: an audit as rows of numbers over one table of texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...module_utils._audit import fixes as _fixes
from ...module_utils._audit.document import (
    VERDICTS,
    Document,
    Host,
    findings_of_host,
    title_of,
    verdict,
)
from ...module_utils._audit.outcomes import of_endpoint
from ...module_utils._model.demand import OUTCOMES
from ...module_utils._model.rules import CAUSES, SEVERITIES
from ...module_utils._model.safe_text import printable
from ...module_utils._model.services import SERVICES

# The steps of a probe in the order in which they happen with STARTTLS; with implicit TLS the
# handshake comes second.
STEPS = (
    "connect",
    "greeting",
    "capabilities",
    "fallback",
    "starttls",
    "tls",
    "capabilities_tls",
    "fallback_tls",
    "login",
)
_LENGTH = 500
_STEP = {name: number for number, name in enumerate(STEPS)}
_SEVERITY = {name: number for number, name in enumerate(SEVERITIES)}
_VERDICT = {name: number for number, name in enumerate(VERDICTS)}
_CAUSE = {name: number for number, name in enumerate(CAUSES)}
_TRUTH = {None: 0, False: 1, True: 2}


class _Texts(dict[str, int]):
    """The number of each text; a text that is new gets the next number."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number

    def safe(self) -> list[str]:
        """Return the texts in the order of their numbers, each safe to show."""
        return [
            text
            if len(text) <= _LENGTH and text.isprintable()
            else printable(text.replace("\n", "; "), _LENGTH)
            for text in self
        ]


class _Model:
    """Collects the rows; the methods that make them, and assets/core.js, say what is in each."""

    def __init__(self, audit: Document) -> None:
        self._texts = _Texts({"": 0})
        self._fixes: dict[tuple[Any, ...], int] = {}
        self._fix_lines: dict[tuple[int, ...], int] = {}
        self._services: dict[str, int] = {}
        names = [one["service"] for host in audit["hosts"] for one in host["observations"]]
        known = set(names)
        for name in (*(row for row in SERVICES if row in known), *names):
            self._services.setdefault(name, len(self._services))
        self._generated = audit["generated"]
        self._demands: dict[tuple[int, ...], int] = {}
        self._demand_lists: dict[tuple[int, ...], int] = {}
        self._rows = [self._host(host) for host in audit["hosts"]]

    def data(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "services": [
                [self._texts[name], SERVICES[name].port if name in SERVICES else 0]
                for name in self._services
            ],
            "verdicts": VERDICTS,
            "severities": SEVERITIES,
            "causes": CAUSES,
            "steps": STEPS,
            "hosts": self._rows,
            "fixes": list(self._fix_lines),
            "outcomes": OUTCOMES,
            "demands": list(self._demands),
            "demandLists": list(self._demand_lists),
            "texts": self._texts.safe(),
        }

    def _host(self, host: Host) -> list[Any]:
        """Host: name, vantage, audited, compliant, message, policy, endpoints, findings,
        certificates, demands on the host itself."""
        text = self._texts
        certificates: dict[str, int] = {}
        rows: list[list[Any]] = []
        findings = list(findings_of_host(host))
        by_place: dict[tuple[str, int, str], list[Mapping[str, Any]]] = {}
        for one in findings:
            by_place.setdefault((one["service"], one["port"], one["address"]), []).append(one)
        wanted = {(one["service"], one["port"]): one for one in host["intent"].get("listeners", ())}
        speaks = {
            (one["port"], one["address"]): one["protocol_seen"] for one in host["observations"]
        }
        endpoints = [
            [
                *self._endpoint(seen, wanted, by_place, certificates, rows),
                self._outcomes(of_endpoint(host, seen)),
                *_times(seen),
            ]
            for seen in host["observations"]
        ]
        return [
            text[self._title(host)],
            text[host.get("vantage", "")],
            int(host["audited"]),
            int(host["compliant"]),
            text[host["message"]],
            text[host["summary"].get("policy", "")],
            endpoints,
            [self._finding(one, host, speaks) for one in findings],
            rows,
            self._outcomes([one for one in host["demands"] if not one["service"]]),
        ]

    def _title(self, host: Host) -> str:
        """Return the name of a host, with its time where that is not the time of the audit."""
        other = host["generated"] if host["generated"] != self._generated else ""
        return f"{title_of(host)}, audited {other}" if other else title_of(host)

    def _endpoint(
        self,
        seen: Mapping[str, Any],
        wanted: Mapping[tuple[str, int], Mapping[str, Any]],
        by_place: Mapping[tuple[str, int, str], list[Mapping[str, Any]]],
        certificates: dict[str, int],
        rows: list[list[Any]],
    ) -> list[Any]:
        """Endpoint: service, port, address, verdict, intended, reach, why, TLS mode, version,
        cipher, trusted, trust error, name matches, certificate, greeting, login in clear, login in
        TLS, its mechanisms, old versions, failure; then its demands, and step and milliseconds in
        turn."""
        text = self._texts
        service, port, address = seen["service"], seen["port"], seen["address"]
        about = by_place.get((service, port, address), ())
        everywhere = by_place.get((service, port, ""), ()) if address else ()
        meant = wanted.get((service, port))
        tls, clear, inside = seen["tls"], seen["before_tls"], seen["inside_tls"]
        failure, certificate = seen["failure"], seen["certificate"]
        return [
            self._services[service],
            port,
            text[address],
            _VERDICT[verdict((*about, *everywhere))] if about or everywhere else 0,
            text[f"{meant['state']}, {meant['tls']}" if meant else ""],
            text[seen["reach"]],
            text[seen["reach_detail"]],
            text[seen["tls_mode"]],
            text[tls["version"]],
            text[tls["cipher"]],
            _TRUTH[tls["trusted"]],
            text[tls["trust_error"] or tls["error"]],
            _TRUTH[tls["name_matches"]],
            self._certificate(certificate, certificates, rows) if certificate else -1,
            text[seen["greeting"]],
            _TRUTH[clear["login"]],
            _TRUTH[inside["login"]],
            text[", ".join(inside["mechanisms"] or clear["mechanisms"] or ())],
            text[_versions(seen["versions"]) if seen["versions"] else ""],
            text[f"{failure['step']}: {failure['detail'] or failure['kind']}" if failure else ""],
        ]

    def _outcomes(self, outcomes: Iterable[Mapping[str, Any]]) -> int:
        """Return the number of a list of outcomes, each the number of a row: demand, outcome, item
        and what was seen. Most endpoints share a list."""
        text = self._texts
        rows = [
            (
                text[one["demand"]],
                OUTCOMES.index(one["outcome"]),
                text[one["item"]],
                text[one["detail"]],
            )
            for one in outcomes
        ]
        numbers = tuple(self._demands.setdefault(row, len(self._demands)) for row in rows)
        return self._demand_lists.setdefault(numbers, len(self._demand_lists))

    def _certificate(
        self, certificate: Mapping[str, Any], known: dict[str, int], rows: list[list[Any]]
    ) -> int:
        """Certificate: subject, issuer, names, from, until, days left, key, signature, SHA-256."""
        mark = certificate["sha256"]
        if mark not in known:
            text = self._texts
            known[mark] = len(rows)
            rows.append(
                [
                    text[certificate["subject"]],
                    text[certificate["issuer"]],
                    text[", ".join(certificate["names"])],
                    text[certificate["not_before"]],
                    text[certificate["not_after"]],
                    certificate["days_left"],
                    text[f"{certificate['key_type']} {certificate['key_bits'] or ''}".strip()],
                    text[certificate["signature"]],
                    text[mark],
                ]
            )
        return known[mark]

    def _finding(
        self, one: Mapping[str, Any], host: Host, speaks: Mapping[tuple[int, str], str]
    ) -> list[Any]:
        """Finding: rule, severity, service or -1, port, address, message, cause, evidence, layer,
        remedy, clause, policy and the clause that disagrees with it, fix, waiver."""
        text = self._texts
        waived = one["waived"]
        service = one["service"]
        if service and service not in self._services:
            self._services[service] = len(self._services)
        return [
            text[one["rule"]],
            _SEVERITY[one["severity"]],
            self._services[service] if service else -1,
            one["port"],
            text[one["address"]],
            text[one["message"]],
            _CAUSE[one["cause"]],
            text[one["evidence"]],
            text[one["layer"]],
            text[one["remedy"]],
            text[one["clause"]],
            text[one["policy"]],
            text[one["disagrees"]],
            self._fix(one, host["intent"], speaks.get((one["port"], one["address"]), "")),
            text["{reason} ({owner}, until {expires})".format(**waived)] if waived else 0,
        ]

    def _fix(self, one: Mapping[str, Any], intent: Mapping[str, Any], speaks: str) -> int:
        """Return the number of a fix, which is a list of lines."""
        opened = [one["service"] for one in intent.get("listeners", ()) if one["state"] == "open"]
        key = (one["rule"], one["service"], one["port"], one["policy"], speaks, *opened)
        number = self._fixes.get(key)
        if number is None:
            lines = tuple(
                self._texts[line] for line in _fixes.fix(one, intent, speaks).splitlines()
            )
            number = self._fixes[key] = self._fix_lines.setdefault(lines, len(self._fix_lines))
        return number


def _versions(versions: Mapping[str, Mapping[str, str]]) -> str:
    return ", ".join([f"{name} {row['status']}" for name, row in versions.items()])


def _times(seen: Mapping[str, Any]) -> list[float]:
    """Return the number of each step of a probe and its milliseconds in turn."""
    steps = _in_order(seen["times"], seen["tls_expected"] == "implicit")
    return [part for name, spent in steps for part in (_STEP[name], round(spent, 1))]


def _in_order(times: Mapping[str, float], implicit: bool) -> Iterable[tuple[str, float]]:
    """Return the steps of a probe and their milliseconds, in the order in which they happened."""
    order: Sequence[str] = STEPS
    if implicit:
        order = ("connect", "tls", *(name for name in STEPS[1:] if name != "tls"))
    return [(name, times[name]) for name in order if name in times]


def embedded(audit: Document) -> str:
    """Return the data of an audit as JSON that cannot end the script element around it."""
    text = json.dumps(_Model(audit).data(), separators=(",", ":"))
    for sign in "&<>":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
