# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DMARC (RFC 9989): what receivers shall do with mail that only claims to be from a domain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from . import tags
from .names import below, climb, labels
from .question import Answer, Question, Steps, ask_all

VERSION = "DMARC1"
POLICIES = ("none", "quarantine", "reject")
# RFC 9989 section 4.7 and Appendix C: tags of RFC 7489 that it has taken out.
REMOVED = ("pct", "rf", "ri")
_VALUES = {
    "p": POLICIES,
    "sp": POLICIES,
    "np": POLICIES,
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "psd": ("y", "n", "u"),
    "t": ("y", "n"),
}
_KNOWN = ("v", "rua", "ruf", "fo", *_VALUES)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s,!]+")
_SIZE = re.compile(r"![0-9]+[kmgt]?$", re.IGNORECASE)
_MAX_LABELS = 8


@dataclass(frozen=True)
class Record:
    """One policy record. ``policy`` is "" where p= is missing or wrong; ``problems`` say what is
    wrong, ``removed`` names tags that RFC 9989 no longer knows, ``unknown`` those that it never
    knew. ``reports`` and ``failures`` are URIs without a size limit."""

    policy: str
    subdomains: str
    nonexistent: str
    psd: str
    testing: bool
    strict_dkim: bool
    strict_spf: bool
    reports: tuple[str, ...]
    failures: tuple[str, ...]
    removed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def applied(self) -> str:
        """The policy for the domain itself (section 4.10.1); "" where DMARC is not applied.

        Without a usable p= a record still counts as none where reports are wanted.
        """
        broken = not self.policy or any(one.startswith(("sp=", "np=")) for one in self.problems)
        if broken:
            return "none" if self.reports else ""
        return self.policy

    def for_subdomain(self, exists: bool) -> str:
        """The policy for a subdomain without a record of its own, by whether it exists."""
        chosen = self.subdomains or self.policy
        if not exists and self.nonexistent:
            chosen = self.nonexistent
        return chosen if self.applied and self.policy else self.applied


def is_dmarc(text: str) -> bool:
    """Tell whether a TXT record is a DMARC record: v=DMARC1 first, in upper case."""
    return tags.begins(text, VERSION)


def parse(text: str) -> Record:
    """Return the record that ``text`` is; what is wrong in it is left out and told (section 4.8).

    Raises TagError where it does not begin with ``v=DMARC1``.
    """
    if not is_dmarc(text):
        raise tags.TagError(f"the record does not begin with v={VERSION}")
    found: dict[str, str] = {}
    problems: list[str] = []
    for spec in text.split(";"):
        try:
            one = tags.parse(spec)
        except tags.TagError as error:
            problems.append(str(error))
            continue
        for name, value in one.items():
            if name in found:
                problems.append(f"{name}= is given twice")
            else:
                found[name] = value
    values = {}
    for name, allowed in _VALUES.items():
        value = found.get(name, "").lower()
        if value in allowed:
            values[name] = value
        elif name in found:
            problems.append(f"{name}={found[name]} is not one of {', '.join(allowed)}")
    return Record(
        values.get("p", ""),
        values.get("sp", ""),
        values.get("np", ""),
        values.get("psd", "u"),
        values.get("t") == "y",
        values.get("adkim") == "s",
        values.get("aspf") == "s",
        _uris("rua", found, problems),
        _uris("ruf", found, problems),
        tuple(name for name in REMOVED if name in found),
        tuple(name for name in found if name not in _KNOWN and name not in REMOVED),
        tuple(problems),
    )


def _uris(name: str, found: Mapping[str, str], problems: list[str]) -> tuple[str, ...]:
    uris = []
    for part in tags.words(found[name], ",") if name in found else ():
        uri = _SIZE.sub("", part)
        if uri != part:
            problems.append(f"{name}={part}: receivers ignore the size limit behind the !")
        if _URI.fullmatch(uri) and ("@" in uri or not uri.lower().startswith("mailto:")):
            uris.append(uri)
        else:
            problems.append(f"{name}={part!r} is not an address for reports (mailto:...)")
    return tuple(uris)


def walk(domain: str) -> list[str]:
    """Return the names that the tree walk asks, at most eight (section 4.10)."""
    names = list(climb(domain))
    if len(names) <= _MAX_LABELS:
        return names
    return [names[0], *names[len(names) - _MAX_LABELS + 1 :]]


@dataclass(frozen=True)
class Found:
    """What a tree walk found: the records that count by name, from the longest name on, the
    organizational domain ("" for none), and the names whose answer is not known."""

    domain: str
    records: Mapping[str, Record]
    several: tuple[str, ...]
    unclear: Mapping[str, Answer]

    @property
    def organizational(self) -> str:
        """The organizational domain (section 4.10.2); the domain itself where nothing is found."""
        last = ""
        for name, record in self.records.items():
            if record.psd == "n":
                return name
            if record.psd == "y" and len(labels(name)) < len(labels(self.domain)):
                parts = labels(self.domain)
                return ".".join(parts[len(parts) - len(labels(name)) - 1 :])
            last = name
        return last or self.domain

    @property
    def source(self) -> str:
        """The name whose record applies, "" for none (section 4.10.1)."""
        if self.domain in self.records:
            return self.domain
        organizational = self.organizational
        if organizational in self.records:
            return organizational
        return next((name for name, one in self.records.items() if one.psd == "y"), "")


def read(domain: str, answers: Mapping[str, Answer]) -> Found:
    """Return what the answers (by name without ``_dmarc``) mean for a domain."""
    records: dict[str, Record] = {}
    several = []
    unclear = {}
    for name in walk(domain):
        answer = answers[name]
        if not answer.known:
            unclear[name] = answer
            continue
        texts = [text for text in map(tags.text_of, answer.records) if is_dmarc(text)]
        if len(texts) > 1:
            several.append(name)
        if len(texts) != 1:
            continue
        record = parse(texts[0])
        if not record.applied:
            continue
        records[name] = record
        if record.psd in ("y", "n"):
            break
    return Found(domain, records, tuple(several), unclear)


def discover(domain: str) -> Steps[tuple[Found, dict[str, Answer]]]:
    """Walk the tree; all names are asked at once, since they do not depend on each other."""
    questions = {name: Question(f"_dmarc.{name}", "TXT") for name in walk(domain)}
    found = yield from ask_all(list(questions.values()))
    answers = {name: found[question] for name, question in questions.items()}
    return read(domain, answers), answers


def report_domain(uri: str) -> Optional[str]:
    """Return the domain that a report address is in; None where it has none."""
    scheme, _colon, rest = uri.partition(":")
    if scheme.lower() == "mailto":
        _local, at, host = rest.partition("?")[0].rpartition("@")
        return host.lower() if at and host else None
    host = rest[2:].partition("/")[0] if rest.startswith("//") else ""
    return host.rpartition("@")[2].partition(":")[0].lower() or None


def permission(domain: str, receiver: str) -> Question:
    """Return the question whether a receiver of reports wants those about another's domain."""
    return Question(f"{domain}._report._dmarc.{receiver}", "TXT")


def is_permitted(answer: Answer) -> bool:
    """Tell whether a receiver has said that it wants the reports."""
    return any(is_dmarc(text) for text in map(tags.text_of, answer.records))


def aligned(one: Found, other: Found, strict: bool) -> bool:
    """Tell whether two names are aligned (section 4.4): the same, or of one organization."""
    if one.domain.lower() == other.domain.lower():
        return True
    return not strict and one.organizational.lower() == other.organizational.lower()


@dataclass(frozen=True)
class Dmarc:
    """What the DNS says of DMARC for one domain; ``permissions`` are by receiver's domain."""

    found: Found
    answers: Mapping[str, Answer]
    permissions: Mapping[str, Answer]

    @property
    def record(self) -> Optional[Record]:
        """The record that applies, if any."""
        return self.found.records.get(self.found.source)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "source": self.found.source,
            "organizational": self.found.organizational,
            "answers": {name: one.to_dict() for name, one in self.answers.items()},
            "permissions": {name: one.to_dict() for name, one in self.permissions.items()},
        }


def gather(domain: str) -> Steps[Dmarc]:
    """Ask for the record that applies, and whether outside receivers of reports want them."""
    found, answers = yield from discover(domain)
    record = found.records.get(found.source)
    uris: Sequence[str] = (*record.reports, *record.failures) if record else ()
    owner = found.organizational
    outside = sorted({name for name in map(report_domain, uris) if name and not below(name, owner)})
    asked = {name: permission(found.source, name) for name in outside}
    replies = yield from ask_all(list(asked.values()))
    return Dmarc(found, answers, {name: replies[question] for name, question in asked.items()})


def strength(policy: str) -> int:
    """Return how strict a policy is, 0 for none."""
    return POLICIES.index(policy) if policy in POLICIES else -1


def unclear_words(found: Found) -> Iterator[str]:
    """Yield what is not known, name by name."""
    for name, answer in found.unclear.items():
        yield f"_dmarc.{name}: {answer.words}"
