# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift: what changed between two audits of the same hosts, as findings and as changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._model.finding import Finding
from .._model.finding_row import subject
from .._model.observation import ACCEPTED, FILTERED, OPEN, REFUSED, UNREACHABLE
from .._model.rules import DRIFT, RULES, SEVERITIES, UNSEEN
from .._model.services import TLS_VERSIONS
from .document import (
    Document,
    Host,
    check,
    findings_of_host,
    first_names,
    key_of,
    name_of,
    with_findings,
    with_hosts,
)

_CLOSED = (REFUSED, FILTERED, UNREACHABLE)
# The kinds of change: a drift finding, a finding that is new or gone, a host that is new or gone.
DRIFTED, NEW, RESOLVED, ADDED, REMOVED = "drift", "new", "resolved", "host_added", "host_removed"
# In the order in which they are shown, each with its words.
KINDS = {
    DRIFTED: "drift",
    NEW: "new",
    RESOLVED: "resolved",
    ADDED: "new host",
    REMOVED: "host gone",
}


def with_drift(previous: Document, audit: Document) -> dict[str, Any]:
    """Return an audit with its drift findings, ``changes`` and ``previous`` since an earlier audit.

    A change is {kind, host, vantage, rule, severity, service, port, address, message}; ``kind`` is
    one of KINDS. Something that one of the two audits did not see is not a change. Raises
    DocumentError.
    """
    check(previous)
    before: dict[tuple[str, str, str], list[Host]] = {}
    for host in previous["hosts"]:
        before.setdefault(key_of(host), []).append(host)
    hosts, changes = [], []
    for host in audit["hosts"]:
        same = before.get(key_of(host), [])
        old = same.pop(0) if same else None
        if old is None:
            changes.append(_change(ADDED, host, message="is audited for the first time"))
            changes += [
                _change(NEW, host, one) for one in findings_of_host(host) if not one["waived"]
            ]
            hosts.append(host)
            continue
        drifted = [one.to_dict() for one in _drifted(old, host)]
        plain = [one for one in host["findings"] if one["rule"] not in DRIFT]
        if drifted or len(plain) != len(host["findings"]):
            host = with_findings(host, [*plain, *drifted], audit.get("fail_on", "error"))
        hosts.append(host)
        changes += [_change(DRIFTED, host, one) for one in drifted]
        changes += _came_and_went(old, host)
    gone = [host for same in before.values() for host in same]
    changes += [_change(REMOVED, host, message="is no longer audited") for host in gone]
    order = {kind: number for number, kind in enumerate(KINDS)}
    changes.sort(
        key=lambda one: (order[one["kind"]], -SEVERITIES.index(one["severity"]), *_place(one))
    )
    return {**with_hosts(audit, hosts), "previous": previous["generated"], "changes": changes}


def _place(change: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what orders changes of one kind and severity."""
    keys = ("host", "vantage", "rule", "port", "service", "address", "message")
    return tuple(change[key] for key in keys)


def change_rows(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return changes for people, the same change on several ports or hosts in one row.

    A row is {kind, vantage, rule, severity, host, what}, all text; ``host`` names the first few
    hosts and counts the others.
    """
    places: dict[tuple[str, ...], list[str]] = {}
    keys = ("kind", "vantage", "rule", "severity", "message")
    for one in changes:
        about = subject(one)
        found = places.setdefault((one["host"], *(one[key] for key in keys)), [])
        if about and about not in found:
            found.append(about)
    hosts: dict[tuple[str, ...], list[str]] = {}
    for (host, *rest), where in places.items():
        hosts.setdefault((", ".join(where), *rest), []).append(host)
    return [
        {
            "kind": KINDS[kind],
            "vantage": vantage,
            "rule": rule,
            "severity": severity,
            "host": first_names(names),
            "what": f"{where} {message}".lstrip(),
        }
        for (where, kind, vantage, rule, severity, message), names in hosts.items()
    ]


def _change(
    kind: str, host: Host, finding: Mapping[str, Any] | None = None, message: str = ""
) -> dict[str, Any]:
    about = finding or {}
    return {
        "kind": kind,
        "host": name_of(host),
        "vantage": host.get("vantage", ""),
        "rule": about.get("rule", ""),
        "severity": about.get("severity", "info"),
        "service": about.get("service", ""),
        "port": about.get("port", 0),
        "address": about.get("address", ""),
        "message": about.get("message", message),
    }


def _came_and_went(old: Host, new: Host) -> Iterator[dict[str, Any]]:
    """Yield the findings that are new and those that are resolved, drift findings left out."""
    before, after = _by_place(old), _by_place(new)
    not_seen = {key[1:] for key in after if key[0] in UNSEEN}
    for key, findings in after.items():
        known = before.get(key, [])
        messages = [one["message"] for one in known]
        fresh = [one for one in findings if one["message"] not in messages]
        # As many as before: only their words differ, such as the number of days left.
        for one in fresh[: max(0, len(findings) - len(known))]:
            yield _change(NEW, new, one)
    for key, findings in before.items():
        if not new["audited"] or key[1:] in not_seen:
            continue
        messages = [one["message"] for one in after.get(key, [])]
        gone = [one for one in findings if one["message"] not in messages]
        for one in gone[: max(0, len(findings) - len(after.get(key, [])))]:
            yield _change(RESOLVED, new, one)


def _by_place(host: Host) -> dict[tuple[str, str, int, str], list[dict[str, Any]]]:
    places: dict[tuple[str, str, int, str], list[dict[str, Any]]] = {}
    for one in findings_of_host(host):
        if one["rule"] not in DRIFT:
            key = (one["rule"], one["service"], one["port"], one["address"])
            places.setdefault(key, []).append(one)
    return places


def _drifted(old: Host, new: Host) -> Iterator[Finding]:
    """Yield the drift of one host, endpoint by endpoint."""
    before = {_endpoint(seen): seen for seen in old["observations"]}
    wanted_before, wanted_now = _wanted(old), _wanted(new)
    for seen in new["observations"]:
        was = before.get(_endpoint(seen))
        if was is None:
            continue
        place = (seen["service"], seen["port"])
        wanted = place in wanted_now
        opened = was["reach"] in _CLOSED and seen["reach"] == OPEN
        # That a port is back that was missing is good news, and told as such.
        if opened and not (wanted and place in wanted_before):
            severity = "info" if wanted else ""
            words = was["reach"].replace("_", " ")
            yield _finding("drift-port-opened", new, seen, severity, before=words)
        yield from _certificate(was, seen, new)
        if was["before_tls"]["login"] is False and seen["before_tls"]["login"]:
            names = ", ".join(seen["before_tls"]["mechanisms"] or ()) or "no mechanism is named"
            yield _finding("drift-login-in-clear", new, seen, seen=names)
        for version in TLS_VERSIONS:
            if _status(was, version) == REFUSED and _status(seen, version) == ACCEPTED:
                yield _finding("drift-tls-version", new, seen, seen=version)


def _endpoint(seen: Mapping[str, Any]) -> tuple[str, int, str]:
    return seen["service"], seen["port"], seen["address"]


def _wanted(host: Host) -> set[tuple[str, int]]:
    """Return the listeners that are meant to be open."""
    return {
        (one["service"], one["port"])
        for one in host["intent"].get("listeners", ())
        if one["state"] == "open"
    }


def _certificate(was: Mapping[str, Any], seen: Mapping[str, Any], host: Host) -> Iterator[Finding]:
    old, new = was["certificate"], seen["certificate"]
    if not old or not new:
        return
    if old["issuer"] != new["issuer"]:
        facts = {"before": old["issuer"], "seen": new["issuer"]}
        yield _finding("drift-certificate-issuer", host, seen, **facts)
    if old["spki_sha256"] != new["spki_sha256"]:
        size = f" {new['key_bits']}" if new["key_bits"] else ""
        yield _finding("drift-certificate-key", host, seen, seen=f"{new['key_type']}{size}")


def _status(seen: Mapping[str, Any], version: str) -> str:
    """Return how a TLS version was answered; what the dialogue itself spoke was accepted."""
    if seen["tls"]["version"] == version:
        return ACCEPTED
    return str(seen["versions"].get(version, {}).get("status", ""))


def _finding(
    name: str, host: Host, at: Mapping[str, Any], severity: str = "", **facts: str
) -> Finding:
    rule = RULES[name]
    return Finding(
        rule=name,
        severity=severity or rule.severity,
        message=rule.message.format(**facts),
        cause=rule.cause,
        remedy=rule.remedy,
        clause=rule.clause,
        policy=host["summary"].get("policy", ""),
        host=host["host"],
        service=at["service"],
        port=at["port"],
        address=at["address"],
    )
