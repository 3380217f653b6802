# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers: findings that are accepted, in comments of the text or in a file of waivers."""

from __future__ import annotations

import datetime
import difflib
import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...module_utils._model.finding import Finding
from ...module_utils._model.rules import RULES
from .facts import Fact, Flaw, Place
from .tree.nodes import Items, Scalar, Table, TreeError, target
from .tree.yaml import read_yaml

_INLINE = re.compile(
    r"(?:#|;|//|<!--|--|/\*|\"\s*:\s*\")\s*mailports:\s*ignore\s+([a-z-]+(?:\s*,\s*[a-z-]+)*)"
    r"[ \t]*[-:]*[ \t]*([^\n]*?)\s*(?:-->|\*/|\",?)?\s*$"
)
HINT = "see mailports-lint --explain"
# The keys of a waiver in a file; line is optional.
REQUIRED = ("rule", "file", "reason", "owner", "expires")
_COMMENT = re.compile(r"\s*(?:#|;|//|<!--|--|/\*|\{?\s*\"[^\"]*\"\s*:\s*\"mailports:)")
# In these a comment behind a value is a part of the value.
_NO_TRAILING = re.compile(r"(?:main|master)\.cf(?:\.[\w.]+)?$")
# Findings about waivers and about unread files cannot be waived.
NEVER_WAIVED = ("waiver-expired", "waiver-without-reason", "not-read")


class WaiverError(ValueError):
    """A waiver file cannot be used; the message says why."""


@dataclass(frozen=True)
class Waiver:
    """One accepted finding. ``file`` is a pattern, ``line`` 0 for any; ``place`` is its own."""

    rule: str
    file: str
    line: int
    reason: str
    owner: str
    expires: datetime.date
    place: Place

    def covers(self, finding: Finding) -> bool:
        """Tell whether a finding is meant."""
        return (
            self.rule == finding.rule
            and self.matches(finding.file)
            and self.line in (0, finding.line)
        )

    def matches(self, file: str) -> bool:
        """Tell whether a file is meant."""
        name = file.replace("\\", "/").removeprefix("./")
        return fnmatch.fnmatchcase(name, self.file) or name.endswith("/" + self.file)


def inline(
    text: str, findings: Sequence[Finding], name: str = ""
) -> tuple[list[Finding], list[Fact]]:
    """Return the findings that no comment of a text excuses, and facts about faulty comments.

    A comment excuses what is found on its own line, or on the next line that is no comment.
    """
    if "mailports:" not in text:
        return list(findings), []
    excused: dict[tuple[int, str], int] = {}
    facts: list[Fact] = []
    lines = text.split("\n")
    for index, line in enumerate(lines):
        match = _INLINE.search(line) if "mailports:" in line else None
        if match is None:
            continue
        rules = [one.strip() for one in match[1].split(",")]
        place, alone = Place(index + 1), bool(_COMMENT.match(line))
        if not match[2]:
            seen = ", ".join(sorted(set(rules)))
            facts.append(Flaw("waiver-without-reason", place, {"seen": seen}))
            continue
        facts += [_misspelt(one, place) for one in rules if one not in RULES]
        if not alone and _NO_TRAILING.search(name):
            message = "in Postfix's files, a waiver after a value becomes part of the value"
            remedy = "Put the comment on a line of its own, above the setting."
            facts.append(Flaw("waiver-without-reason", place, {"message": message}, remedy=remedy))
            continue
        at = index
        if alone:
            at += 1
            while at < len(lines) and (not lines[at].strip() or _COMMENT.match(lines[at])):
                at += 1
        excused.update({(at + 1, one): index + 1 for one in rules if one in RULES})
    kept = []
    used = set()
    for finding in findings:
        key = (finding.line, finding.rule)
        if finding.rule in NEVER_WAIVED or key not in excused:
            kept.append(finding)
        else:
            used.add(key)
    facts += [_stale(rule, Place(excused[line, rule])) for line, rule in set(excused) - used]
    return kept, facts


def _misspelt(rule: str, place: Place) -> Flaw:
    known = ", ".join(difflib.get_close_matches(rule, RULES, 1)) or HINT
    message = f"a waiver names {rule}, but there is no such rule"
    remedy = f"Name a rule that exists: {known}."
    return Flaw("waiver-without-reason", place, {"message": message}, remedy=remedy)


def _stale(rule: str, place: Place) -> Flaw:
    message = f"a waiver of {rule} no longer excuses anything"
    facts = {"message": message}
    return Flaw("waiver-without-reason", place, facts, severity="info", remedy="Remove the waiver.")


def read_waivers(text: str) -> tuple[list[Waiver], list[Fact]]:
    """Return the waivers of a file, and those that say too little as facts.

    The file is a YAML list of mappings with rule, file, reason, owner and expires (a date), and
    line where only one line is meant. Raises WaiverError.
    """
    try:
        documents = read_yaml(text)
    except TreeError as error:
        raise WaiverError(f"not YAML: {error}") from None
    found: list[Waiver] = []
    facts: list[Fact] = []
    for document in documents:
        if not isinstance(document, Items):
            raise WaiverError("not a list of waivers")
        for node in map(target, document.nodes):
            if not isinstance(node, Table):
                raise WaiverError(f"not a mapping; each waiver needs {', '.join(REQUIRED)}")
            waiver = _waiver(node)
            if waiver.reason and waiver.owner:
                found.append(waiver)
            else:
                seen = f"{waiver.rule} in {waiver.file}"
                facts.append(Flaw("waiver-without-reason", waiver.place, {"seen": seen}))
    return found, facts


def _waiver(table: Table) -> Waiver:
    known = {"rule", "file", "line", "reason", "owner", "expires"}
    where = f"line {table.line}"
    for key in table.keys:
        if key not in known:
            raise WaiverError(f"{where}: {key!r} is not one of {', '.join(sorted(known))}")
    rule = table.text("rule")
    if rule not in RULES:
        near = ", ".join(difflib.get_close_matches(rule, RULES, 1)) or HINT
        raise WaiverError(f"{where}: rule: there is no {rule!r}; did you mean: {near}?")
    if not table.text("file"):
        raise WaiverError(f"{where}: file is missing: a name or a pattern")
    try:
        expires = datetime.date.fromisoformat(table.text("expires"))
    except ValueError:
        raise WaiverError(f"{where}: expires is not a date such as 2027-01-31") from None
    line = table.text("line") or "0"
    if not line.isdigit():
        raise WaiverError(f"{where}: line is not a number")
    first = next((one for one, _node in table.items), Scalar(""))
    return Waiver(
        rule,
        table.text("file"),
        int(line),
        table.text("reason").strip(),
        table.text("owner").strip(),
        expires,
        Place(first.line or table.line),
    )


def waived(
    findings: Sequence[Finding],
    waivers: Sequence[Waiver],
    today: datetime.date,
    read: Iterable[str] = (),
) -> tuple[list[Finding], list[Fact]]:
    """Return the findings that no waiver in force covers; expired and stale ones are facts.

    ``read`` are the names of the files that were read: of others nothing is known.
    """
    kept = []
    used: set[Waiver] = set()
    expired: dict[Waiver, None] = {}
    for finding in findings:
        covering = [] if finding.rule in NEVER_WAIVED else _covering(finding, waivers)
        used.update(covering)
        if any(one.expires >= today for one in covering):
            continue
        expired.update(dict.fromkeys(covering))
        kept.append(finding)
    facts: list[Fact] = [
        Flaw(
            "waiver-expired",
            one.place,
            {"seen": f"{one.rule} in {one.file} ({one.owner})", "why": one.expires.isoformat()},
        )
        for one in expired
    ]
    names = list(read)
    for one in waivers:
        if one not in used and any(one.matches(name) for name in names):
            facts.append(_stale(f"{one.rule} in {one.file}", one.place))
    return kept, facts


def _covering(finding: Finding, waivers: Sequence[Waiver]) -> list[Waiver]:
    return [one for one in waivers if one.covers(finding)]


def known_fingerprints(text: str) -> Iterator[str]:
    """Yield the fingerprints of a baseline file: one a line, comments behind them."""
    for line in text.splitlines():
        word = line.split("#", 1)[0].strip()
        if word:
            yield word
