# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as a short Markdown summary, such as a comment on a merge request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._audit.document import (
    UNKNOWN,
    WAIVED,
    Document,
    counts,
    findings_of,
    tally,
    title_of,
    verdict,
)
from .._audit.drift import change_rows
from .._audit.outcomes import total
from .._model.demand import OUTCOMES
from .._model.finding_row import sentence
from .._model.rules import SEVERITIES
from .._model.safe_text import printable
from .pipelines import harmless_text

_MOST_RULES, _MOST_HOSTS, _MOST_CHANGES = 20, 20, 20
_LENGTH = 200


def to_markdown(audit: Document) -> str:
    """Return the verdict, what changed, the findings by rule and the hosts with the most of them.

    Text from outside stands in code spans, where it can be neither markup, link nor mention.
    """
    lines = [*_head(audit), *_changes(audit), *_rules(audit), *_hosts(audit)]
    return harmless_text("\n".join(lines) + "\n")


def _head(audit: Document) -> Iterator[str]:
    sums = tally(audit["hosts"])
    words = "as intended" if audit["compliant"] else "NOT as intended"
    yield f"## Mail ports: {words}"
    yield ""
    verb = "host is" if sums.hosts == 1 else "hosts are"
    lost = f", {sums.not_audited} could not be audited" if sums.not_audited else ""
    yield f"{sums.good} of {sums.hosts} {verb} as intended{lost}."
    yield ""
    number = counts(findings_of(audit))
    waived = sum(bool(one["waived"]) for one in findings_of(audit))
    yield "| error | warning | info | waived |"
    yield "| ---: | ---: | ---: | ---: |"
    yield f"| {number['error']} | {number['warning']} | {number['info']} | {waived} |"
    demands = total(audit["hosts"])
    if any(demands.values()):
        yield ""
        yield "| demands met | broken | not known | not asked |"
        yield "| ---: | ---: | ---: | ---: |"
        yield f"| {' | '.join(str(demands[name]) for name in OUTCOMES)} |"


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
            (-number["error"], title_of(host), number, "waived" if worst == WAIVED else words)
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
    safe = printable(text.replace("\n", "; "), _LENGTH).replace("`", "'").replace("|", "\\|")
    return f"`{safe.strip() or '-'}`"
