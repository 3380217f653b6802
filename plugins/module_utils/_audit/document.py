# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of an audit: results of port_check as plain data, with the verdicts on them."""

from __future__ import annotations

import calendar
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._model.finding import NEVER, Finding
from .._model.rules import NOT_PROBED, RULES, SEVERITIES
from .._model.safe_text import printable
from .outcomes import gaps

FORMAT_VERSION = 1
_MOST_NAMES = 3
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
    ("demands", []),
    ("observations", []),
)


class DocumentError(ValueError):
    """The data is not the document of an audit; the text is one line that says why."""


def document(
    results: Iterable[Mapping[str, Any]], generated: str, fail_on: str = "error"
) -> dict[str, Any]:
    """Return one document of results of port_check, each with ``name``, ``host`` and ``vantage``
    where they are known.

    ``generated`` is the time of the audit (ISO 8601, UTC). Shape: {format, generated, compliant,
    fail_on, vantages, expected, previous, changes, hosts}. A result without ``compliant`` stands
    for a host that could not be checked, and makes the audit non-compliant.
    """
    return assembled([_host(result, generated) for result in results], generated, fail_on)


def _host(result: Mapping[str, Any], generated: str) -> dict[str, Any]:
    return {
        "name": name_of(result),
        "host": host_of(result),
        "vantage": result.get("vantage", ""),
        "generated": generated,
        "audited": was_audited(result),
        "compliant": result.get("compliant", False),
        "message": str(result.get("msg") or result.get("message") or ""),
        **{key: result.get(key, empty) for key, empty in _PARTS},
    }


def assembled(hosts: list[dict[str, Any]], generated: str, fail_on: str) -> dict[str, Any]:
    """Return a document of hosts, sorted by name and vantage."""
    hosts.sort(key=key_of)
    return {
        "format": FORMAT_VERSION,
        "generated": generated,
        "compliant": bool(hosts) and all(host["compliant"] for host in hosts),
        "fail_on": fail_on,
        "vantages": sorted({host["vantage"] for host in hosts if host["vantage"]}),
        "expected": [],
        "previous": "",
        "changes": [],
        "hosts": hosts,
    }


def with_all_keys(audit: Document) -> dict[str, Any]:
    """Return a document with the keys that an earlier version did not write yet.

    Raises DocumentError for anything that is not a document.
    """
    check(audit)
    hosts = [
        {
            "name": host["host"],
            "vantage": "",
            "demands": [],
            "generated": audit["generated"],
            **host,
        }
        for host in audit["hosts"]
    ]
    return {**assembled([], audit["generated"], "error"), **audit, "hosts": hosts}


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
        bad = any(counted[name] for name in counting(fail_on))
        # Something unknown may hide behind a finding that is waived.
        changed["compliant"] = not bad and not gaps(host)
    return changed


def first_names(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are, for one line of text."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


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
    return str(intent.get("host") or result.get("host") or result.get("name") or "an unnamed host")


def name_of(result: Mapping[str, Any]) -> str:
    """Return the name of a host in reports: the one in the inventory, where that is known."""
    return str(result.get("name") or host_of(result))


def title_of(result: Mapping[str, Any]) -> str:
    """Return the name of a host for people, with the host that was probed if it is another."""
    name, host = name_of(result), host_of(result)
    return name if name == host else f"{name} ({host})"


def key_of(host: Host) -> tuple[str, str, str]:
    """Return what tells the hosts of a document apart: name, probed host and vantage."""
    return name_of(host), host["host"], host.get("vantage", "")


def saw_ports(host: Host) -> bool:
    """Tell whether a host was audited by probing its ports, not only by reading its files."""
    return bool(host["audited"] and host["observations"])


@dataclass(frozen=True)
class Tally:
    """How many hosts are as intended from every vantage, are not, or could not be audited from at
    least one vantage. Each host counts once, however many vantages saw it."""

    hosts: int
    good: int
    bad: int
    not_audited: int


def tally(hosts: Iterable[Mapping[str, Any]]) -> Tally:
    """Return how many hosts are as intended; ``hosts`` may also be results of port_check."""
    rows: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for host in hosts:
        rows.setdefault((name_of(host), host_of(host)), []).append(host)
    good = bad = 0
    for seen in rows.values():
        good += all(one.get("compliant", False) for one in seen)
        bad += any(was_audited(one) and not one.get("compliant", False) for one in seen)
    return Tally(len(rows), good, bad, len(rows) - good - bad)


def seconds(time_text: str) -> int | None:
    """Return a time (ISO 8601, UTC) as seconds since 1970, None for anything else."""
    try:
        return calendar.timegm(time.strptime(time_text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return None


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
    """Yield the findings of a host, each with the host's name and vantage.

    A host that could not be audited and has no findings, because its intent is not known either,
    yields one finding that says so.
    """
    about = {"host": name_of(host), "vantage": host.get("vantage", "")}
    if not host["audited"] and not host["findings"]:
        yield {**_not_audited(host).to_dict(), **about, "waived": None}
        return
    for one in host["findings"]:
        yield {"waived": None, **one, **about}


def _not_audited(host: Host) -> Finding:
    rule = RULES["not-probed"]
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        message=rule.message.format(
            seen=host["message"].replace("\n", "; ") or "there is no result"
        ),
        cause=NOT_PROBED,
        remedy=rule.remedy,
        clause=rule.clause,
        policy=host["summary"].get("policy", ""),
        host=host["host"],
    )
