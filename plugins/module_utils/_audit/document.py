# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of an audit: results put together, merged and summed up, as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._model.finding import NEVER, Finding
from .._model.rules import DRIFT, NOT_PROBED, RULES, SEVERITIES
from .._model.safe_text import printable

FORMAT_VERSION = 1
# The verdicts on an endpoint, the best first.
OK, WAIVED, UNKNOWN = "ok", "waived", "not probed"
VERDICTS = (OK, WAIVED, *SEVERITIES, UNKNOWN)
_UNKNOWN_BY = ("not-probed", "inconclusive")
# A document and a host of it, as plain data (schemas/findings.schema.json).
Document = Mapping[str, Any]
Host = Mapping[str, Any]

_PARTS: tuple[tuple[str, Any], ...] = (
    ("intent", {}),
    ("summary", {}),
    ("findings", []),
    ("observations", []),
)


class DocumentError(ValueError):
    """Data that is no document of an audit; one line that says why."""


def document(
    results: Iterable[Mapping[str, Any]], generated: str, fail_on: str = "error"
) -> dict[str, Any]:
    """Return the results of port_check, each with ``host`` and ``vantage`` if it has them, as one.

    ``generated`` is the time of the audit (ISO 8601, UTC). Shape: {format, generated, compliant,
    fail_on, vantages, previous, changes, hosts}. A result without ``compliant`` is one that
    port_check could not give; it makes the whole non-compliant.
    """
    return _whole([_host(result) for result in results], generated, fail_on)


def _host(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "host": host_of(result),
        "vantage": result.get("vantage", ""),
        "audited": was_audited(result),
        "compliant": result.get("compliant", False),
        "message": str(result.get("msg") or result.get("message") or ""),
        **{key: result.get(key, empty) for key, empty in _PARTS},
    }


def _whole(hosts: list[dict[str, Any]], generated: str, fail_on: str) -> dict[str, Any]:
    hosts.sort(key=lambda host: (host["host"], host["vantage"]))
    return {
        "format": FORMAT_VERSION,
        "generated": generated,
        "compliant": bool(hosts) and all(host["compliant"] for host in hosts),
        "fail_on": fail_on,
        "vantages": sorted({host["vantage"] for host in hosts if host["vantage"]}),
        "previous": "",
        "changes": [],
        "hosts": hosts,
    }


def merge(documents: Sequence[Document]) -> dict[str, Any]:
    """Return what one audit of all the hosts, from all the vantages, would have given.

    The latest time stands for all. What several documents say of one host from one vantage is
    taken from the latest of them. Changes and findings of drift belong to a history and are left
    out. Raises DocumentError for none, and for audits that measure compliance differently.
    """
    for one in documents:
        check(one)
    levels = sorted({one.get("fail_on", "error") for one in documents})
    if len(levels) != 1:
        raise DocumentError(f"cannot merge audits that fail on {' and '.join(levels) or 'nothing'}")
    latest: dict[tuple[str, str], str] = {}
    for one in documents:
        for host in one["hosts"]:
            key = (host["host"], host.get("vantage", ""))
            latest[key] = max(latest.get(key, ""), one["generated"])
    hosts: dict[str, dict[str, Any]] = {}
    for one in documents:
        for host in one["hosts"]:
            if latest[host["host"], host.get("vantage", "")] == one["generated"]:
                plain = _without_drift({"vantage": "", **host})
                hosts.setdefault(json.dumps(plain, sort_keys=True), plain)
    generated = max(one["generated"] for one in documents)
    return _whole([hosts[key] for key in sorted(hosts)], generated, levels[0])


def _without_drift(host: dict[str, Any]) -> dict[str, Any]:
    kept = [one for one in host["findings"] if one["rule"] not in DRIFT]
    return host if len(kept) == len(host["findings"]) else with_findings(host, kept)


def whole(audit: Document) -> dict[str, Any]:
    """Return a document that is whole, also one that an earlier version wrote with fewer keys.

    Raises DocumentError for what is no document.
    """
    check(audit)
    return {**_whole([], audit["generated"], "error"), **audit}


def check(data: Any) -> None:
    """Raise DocumentError unless ``data`` looks like a document of a format that we can read."""
    if not isinstance(data, Mapping) or not isinstance(data.get("hosts"), (list, tuple)):
        raise DocumentError("this is no document of an audit")
    if not isinstance(data.get("generated"), str):
        raise DocumentError("this document does not say when it was made")
    if data.get("format") != FORMAT_VERSION:
        raise DocumentError(f"format {printable(str(data.get('format')), 20)} cannot be read here")
    for host in data["hosts"]:
        if not isinstance(host, Mapping) or not {"host", "audited", "compliant"} <= set(host):
            raise DocumentError("a host of this document is not described")


def with_findings(
    host: Host, findings: Sequence[Mapping[str, Any]], fail_on: str = ""
) -> dict[str, Any]:
    """Return a host with other findings and their sum; and with ``fail_on``, its verdict anew."""
    counted = counts(findings)
    changed = {
        **host,
        "findings": list(findings),
        "summary": {**host["summary"], "findings": counted},
    }
    if fail_on and host["audited"]:
        level = SEVERITIES.index("error" if fail_on == NEVER else fail_on)
        gaps = host["summary"].get("demands", {}).get("not_known", 0)
        # What is not known may hide behind a finding that is waived.
        changed["compliant"] = not gaps and not any(counted[name] for name in SEVERITIES[level:])
    return changed


def with_hosts(audit: Document, hosts: Sequence[Host]) -> dict[str, Any]:
    """Return a document with its hosts changed, and the verdict that follows."""
    compliant = bool(hosts) and all(host["compliant"] for host in hosts)
    return {**audit, "hosts": list(hosts), "compliant": compliant}


def to_json(audit: Document) -> str:
    """Return a document as text, the same text for the same document."""
    return json.dumps(audit, indent=2, sort_keys=True) + "\n"


def host_of(result: Mapping[str, Any]) -> str:
    """Return the host that a result is about."""
    intent = result.get("intent") or {}
    return str(intent.get("host", "") or result.get("host", "an unnamed host"))


def was_audited(result: Mapping[str, Any]) -> bool:
    """Tell whether port_check gave this result, which may be part of a document by now."""
    return bool(result.get("audited", "compliant" in result))


def counts(findings: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many findings there are of each severity; waived ones do not count."""
    found = dict.fromkeys(SEVERITIES, 0)
    for one in findings:
        if not one.get("waived"):
            found[one["severity"]] += 1
    return found


def verdict(findings: Iterable[Mapping[str, Any]]) -> str:
    """Return one of VERDICTS for the findings about an endpoint."""
    worst = OK
    for one in findings:
        if one.get("waived"):
            level = WAIVED
        else:
            level = UNKNOWN if one["rule"] in _UNKNOWN_BY else one["severity"]
        if VERDICTS.index(level) > VERDICTS.index(worst):
            worst = level
    return worst


def findings_of(audit: Document) -> Iterator[dict[str, Any]]:
    """Yield every finding of a document, and one for each host that could not be audited."""
    for host in audit["hosts"]:
        yield from findings_of_host(host)


def findings_of_host(host: Host) -> Iterator[dict[str, Any]]:
    """Yield the findings of a host, with its vantage; or the one that it could not be audited,
    where nobody knows what there was to be probed."""
    if not host["audited"] and not host["findings"]:
        yield {**_not_audited(host).to_dict(), "vantage": host.get("vantage", ""), "waived": None}
        return
    for one in host["findings"]:
        yield {"waived": None, **one, "vantage": host.get("vantage", "")}


def _not_audited(host: Host) -> Finding:
    rule = RULES["not-probed"]
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        message=rule.message.format(seen=host["message"] or "there is no result"),
        cause=NOT_PROBED,
        remedy=rule.remedy,
        clause=rule.clause,
        policy=host["summary"].get("policy", ""),
        host=host["host"],
    )
