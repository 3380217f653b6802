# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as a short Markdown summary, such as a comment on a merge request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._audit.document import UNKNOWN, WAIVED, Document, counts, findings_of, verdict
from .._audit.drift import change_rows
from .._model.finding_row import sentence
from .._model.rules import SEVERITIES
from .._model.safe_text import printable

_MOST_RULES, _MOST_HOSTS, _MOST_CHANGES = 20, 20, 20
_LENGTH = 200


def to_markdown(audit: Document) -> str:
    """Return the verdict, what changed, the findings by rule and the hosts with the most of them.

    Text from outside stands in code spans, where it can be neither markup, link nor mention.
    """
    lines = [*_head(audit), *_changes(audit), *_rules(audit), *_hosts(audit)]
    return "\n".join(lines) + "\n"


def _head(audit: Document) -> Iterator[str]:
    hosts = audit["hosts"]
    good = sum(host["compliant"] for host in hosts)
    not_audited = sum(not host["audited"] for host in hosts)
    words = "as intended" if audit["compliant"] else "NOT as intended"
    yield f"## Mail ports: {words}"
    yield ""
    yield f"{good} of {len(hosts)} {'host is' if len(hosts) == 1 else 'hosts are'} as intended" + (
        f", {not_audited} could not be audited." if not_audited else "."
    )
    yield ""
    total = counts(findings_of(audit))
    waived = sum(bool(one["waived"]) for one in findings_of(audit))
    yield "| error | warning | info | waived |"
    yield "| ---: | ---: | ---: | ---: |"
    yield f"| {total['error']} | {total['warning']} | {total['info']} | {waived} |"


def _changes(audit: Document) -> Iterator[str]:
    if not audit.get("previous"):
        return
    changes = change_rows(audit["changes"])
    yield from ("", f"### Since {_code(audit['previous'])}", "")
    if not changes:
        yield "Nothing has changed."
    for one in changes[:_MOST_CHANGES]:
        rule = f" {_code(one['rule'])}" if one["rule"] else ""
        yield f"- **{one['kind']}**{rule} on {_code(one['host'])}: {_code(one['what'])}"
    yield from _rest(len(changes), _MOST_CHANGES, "changes")


def _rules(audit: Document) -> Iterator[str]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for one in findings_of(audit):
        if not one["waived"]:
            groups.setdefault(one["rule"], []).append(one)
    if not groups:
        return
    yield from ("", "### Findings", "", "| rule | severity | on | for example | what to do |")
    yield "| --- | --- | ---: | --- | --- |"
    ranked = sorted(groups.values(), key=_rank)
    for findings in ranked[:_MOST_RULES]:
        first = min(findings, key=lambda one: -SEVERITIES.index(one["severity"]))
        where = f"{first['host']}: {sentence(first)}"
        cells = (_code(first["rule"]), first["severity"], str(len(findings)), _code(where))
        yield f"| {' | '.join(cells)} | {_code(first['remedy'])} |"
    yield from _rest(len(ranked), _MOST_RULES, "rules")


def _rank(findings: Sequence[Mapping[str, Any]]) -> tuple[int, int, str]:
    worst = max(SEVERITIES.index(one["severity"]) for one in findings)
    return -worst, -len(findings), findings[0]["rule"]


def _hosts(audit: Document) -> Iterator[str]:
    bad = [host for host in audit["hosts"] if not host["compliant"]]
    if not bad:
        return
    yield from ("", "### Hosts not as intended", "", "| host | errors | warnings | verdict |")
    yield "| --- | ---: | ---: | --- |"
    rows = []
    for host in bad:
        number = counts(host["findings"])
        worst = verdict(host["findings"]) if host["audited"] else "not audited"
        words = "not probed" if worst == UNKNOWN else worst
        rows.append(
            (-number["error"], host["host"], number, "waived" if worst == WAIVED else words)
        )
    for _errors, name, number, words in sorted(rows, key=lambda row: row[:2])[:_MOST_HOSTS]:
        yield f"| {_code(name)} | {number['error']} | {number['warning']} | {words} |"
    yield from _rest(len(bad), _MOST_HOSTS, "hosts")


def _rest(number: int, shown: int, what: str) -> Iterator[str]:
    if number > shown:
        yield ""
        yield f"... and {number - shown} more {what}."


def _code(text: str) -> str:
    """Return text from outside as a code span that is safe in a table as well."""
    safe = printable(text, _LENGTH).replace("`", "'").replace("|", "\\|")
    return f"`{safe.strip() or '-'}`"
