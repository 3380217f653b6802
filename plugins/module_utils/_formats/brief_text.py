# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong in an audit, in as many lines as a person reads; the rest is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._audit.document import Document, Host, counting, findings_of_host, title_of
from .._audit.drift import change_rows
from .._model.finding_row import sentence
from .._model.rules import SEVERITIES
from .._model.safe_text import printable
from .audit_text import sum_line, wrapped
from .pipelines import harmless_text

_MOST_CHANGES, _MOST_HOSTS, _MOST_FINDINGS = 10, 10, 6


def brief_text(audit: Document) -> str:
    """Return what changed, the worst hosts with their worst findings, and how many there are."""
    rows = change_rows(audit["changes"])
    lines = [f"{one['kind']}: {one['host']}: {one['what']}" for one in rows[:_MOST_CHANGES]]
    lines += _rest(len(rows), _MOST_CHANGES, "changes")
    bad = [host for host in audit["hosts"] if not host["compliant"]]
    bad.sort(key=lambda host: (host["audited"], -_counted(host, audit), title_of(host)))
    shown = [line for host in bad[:_MOST_HOSTS] for line in _host(host, audit)]
    shown += _rest(len(bad), _MOST_HOSTS, "hosts, see report.txt")
    safe = [line for text in lines for line in wrapped(printable(text, 1000), "")]
    return harmless_text("\n".join([*safe, *shown, sum_line(audit["hosts"]), ""]))


def _rest(number: int, shown: int, what: str) -> list[str]:
    return [f"... and {number - shown} more {what}"] if number > shown else []


def _counted(host: Host, audit: Document) -> int:
    """Return how many findings of a host count."""
    levels = counting(audit["fail_on"])
    return sum(one["severity"] in levels and not one.get("waived") for one in host["findings"])


def _host(host: Host, audit: Document) -> Iterator[str]:
    """Yield the lines of one host that is not as intended."""
    name = printable(title_of(host), 200)
    if host["vantage"]:
        name += f" from {printable(host['vantage'], 100)}"
    if not host["audited"]:
        yield from wrapped(f"{name}: NOT AUDITED: {_line(host['message'])}", "")
        return
    levels = counting(audit["fail_on"])
    found = [one for one in findings_of_host(host) if not one["waived"]]
    found = [one for one in found if one["severity"] in levels] or found
    found.sort(key=lambda one: -SEVERITIES.index(one["severity"]))
    yield f"{name}: NOT AS INTENDED"
    yield from _findings(found[:_MOST_FINDINGS])
    for line in _rest(len(found), _MOST_FINDINGS, "findings"):
        yield f"  {line}"


def _findings(findings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in findings:
        yield from wrapped(f"{one['severity']}: {_line(sentence(one))} [{one['rule']}]", "  ")
        yield from wrapped(f"remedy: {_line(one['remedy'])}", "      ")


def _line(text: str) -> str:
    return printable(text.replace("\n", "; "), 500)
