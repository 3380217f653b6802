# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of an audit: results of port_check combined, merged and summed up, as plain data."""

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
# A document, and one of its hosts, as plain data (schemas/findings.schema.json).
Document = Mapping[str, Any]
Host = Mapping[str, Any]

_PARTS: tuple[tuple[str, Any], ...] = (
    ("intent", {}),
    ("summary", {}),
    ("findings", []),
    ("observations", []),
)


class DocumentError(ValueError):
    """The data is not the document of an audit; the text is one line that says why."""


def document(
    results: Iterable[Mapping[str, Any]], generated: str, fail_on: str = "error"
) -> dict[str, Any]:
    """Combine results of port_check, each with ``host`` and ``vantage`` where known, in a document.

    ``generated`` is the time of the audit (ISO 8601, UTC). Shape: {format, generated, compliant,
    fail_on, vantages, previous, changes, hosts}. A result without ``compliant`` stands for a host
    that could not be checked, and makes the audit non-compliant.
    """
    return _assembled([_host(result) for result in results], generated, fail_on)


def _host(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "host": host_of(result),
        "vantage": result.get("vantage", ""),
        "audited": was_audited(result),
        "compliant": result.get("compliant", False),
        "message": str(result.get("msg") or result.get("message") or ""),
        **{key: result.get(key, empty) for key, empty in _PARTS},
    }


def _assembled(hosts: list[dict[str, Any]], generated: str, fail_on: str) -> dict[str, Any]:
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
    """Return the document that one audit of all the hosts, from all the vantages, would have made.

    It bears the latest time of all. Where several documents have the same host from the same
    vantage, the latest of them counts. Changes and drift findings belong to one history and are
    left out. Raises DocumentError for no documents, and for documents with different ``fail_on``.
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
    return _assembled([hosts[key] for key in sorted(hosts)], generated, levels[0])


def _without_drift(host: dict[str, Any]) -> dict[str, Any]:
    kept = [one for one in host["findings"] if one["rule"] not in DRIFT]
    return host if len(kept) == len(host["findings"]) else with_findings(host, kept)


def with_all_keys(audit: Document) -> dict[str, Any]:
    """Return a document with the keys that an earlier version did not write yet.

    Raises DocumentError for anything that is not a document.
    """
    check(audit)
    return {**_assembled([], audit["generated"], "error"), **audit}


def check(data: Any) -> None:
    """Raise DocumentError unless ``data`` looks like a document whose format is known."""
    if not isinstance(data, Mapping) or not isinstance(data.get("hosts"), (list, tuple)):
        raise DocumentError("this is not the document of an audit (findings.json)")
    if not isinstance(data.get("generated"), str):
        raise DocumentError("the document of this audit does not say when it was made")
    if data.get("format") != FORMAT_VERSION:
        raise DocumentError(
            f"format {printable(str(data.get('format')), 20)} of an audit cannot be read, "
            f"only format {FORMAT_VERSION}"
        )
    for host in data["hosts"]:
        if not isinstance(host, Mapping) or not {"host", "audited", "compliant"} <= set(host):
            raise DocumentError("a host of this audit lacks its name or its verdict")


def with_findings(
    host: Host, findings: Sequence[Mapping[str, Any]], fail_on: str = ""
) -> dict[str, Any]:
    """Return a host with other findings, counted anew; with ``fail_on``, also judged anew."""
    counted = counts(findings)
    changed = {
        **host,
        "findings": list(findings),
        "summary": {**host["summary"], "findings": counted},
    }
    if fail_on and host["audited"]:
        changed["compliant"] = not any(counted[name] for name in counting(fail_on))
    return changed


def with_hosts(audit: Document, hosts: Sequence[Host]) -> dict[str, Any]:
    """Return a document with other hosts, and the verdict that follows from them."""
    compliant = bool(hosts) and all(host["compliant"] for host in hosts)
    return {**audit, "hosts": list(hosts), "compliant": compliant}


def to_json(audit: Document) -> str:
    """Return a document as JSON; the same document always gives the same text."""
    return json.dumps(audit, indent=2, sort_keys=True) + "\n"


def host_of(result: Mapping[str, Any]) -> str:
    """Return the name of the host that a result is about."""
    intent = result.get("intent") or {}
    return str(intent.get("host", "") or result.get("host", "an unnamed host"))


def was_audited(result: Mapping[str, Any]) -> bool:
    """Tell whether port_check could check the host of a result, or of a host in a document."""
    return bool(result.get("audited", "compliant" in result))


def counting(fail_on: str) -> tuple[str, ...]:
    """Return the severities that make a host non-compliant: ``fail_on`` and those above it.

    ``never`` decides only whether a task or the gate fails; compliance is then measured by error.
    """
    return SEVERITIES[SEVERITIES.index("error" if fail_on == NEVER else fail_on) :]


def counts(findings: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of findings of each severity, waived ones left out."""
    found = dict.fromkeys(SEVERITIES, 0)
    for one in findings:
        if not one.get("waived"):
            found[one["severity"]] += 1
    return found


def verdict(findings: Iterable[Mapping[str, Any]]) -> str:
    """Return the verdict on an endpoint, one of VERDICTS, from the findings about it."""
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
    """Yield the findings of a host, each with its vantage.

    A host that could not be audited and has no findings, because its intent is not known either,
    yields one finding that says so.
    """
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
