# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CAA (RFC 8659): which certificate authorities may issue for a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .demand import Demand, Told
from .intent import Domain
from .names import climb
from .question import Answer, Question, Steps, ask_all

CRITICAL = 128
KNOWN = ("issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc")
_DOMAIN = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_PARAMETER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?[ \t]*=[ \t]*[!-:<-~]*")


@dataclass(frozen=True)
class Issue:
    """One issue property: the authority's domain, "" for nobody, and its parameters as written.

    ``problem`` says why a value cannot be read; it then allows nobody.
    """

    issuer: str
    parameters: tuple[str, ...] = ()
    problem: str = ""


def parse_issue(value: bytes) -> Issue:
    """Return what an issue or issuewild value says (section 4.2)."""
    text = value.decode("ascii", "backslashreplace")
    name, *rest = (part.strip(" \t") for part in text.split(";"))
    rest = [part for part in rest if part]
    if name and not _DOMAIN.fullmatch(name):
        return Issue("", problem=f"{name!r} is not the domain of an authority")
    for part in rest:
        if not _PARAMETER.fullmatch(part):
            return Issue("", problem=f"{part!r} is not a parameter of the form name=value")
    return Issue(name.lower(), tuple(rest))


def names(host: str) -> list[str]:
    """Return the names that an authority looks at, from the host upwards (section 3)."""
    return list(climb(host))


def gather(hosts: Sequence[str]) -> Steps[dict[str, dict[str, Answer]]]:
    """Ask for the records of each host and of all names above it, at once."""
    questions = {host: [Question(name, "CAA") for name in names(host)] for host in hosts}
    every = [question for several in questions.values() for question in several]
    answers = yield from ask_all(list(dict.fromkeys(every)))
    return {
        host: {question.name: answers[question] for question in several}
        for host, several in questions.items()
    }


@dataclass(frozen=True)
class Relevant:
    """The set of records that counts for a host: where it stands, the records, and the answer
    that is not known and stands before it, if any."""

    name: str
    records: tuple[Any, ...]
    unclear: str = ""


def relevant(answers: Mapping[str, Answer]) -> Relevant:
    """Return the first set of records on the way up (section 3)."""
    for name, answer in answers.items():
        if not answer.known:
            return Relevant(name, (), f"{name} CAA: {answer.words}")
        if answer.records:
            return Relevant(name, answer.records)
    return Relevant("", ())


def allowed(records: Sequence[Any], issuer: str, wildcard: bool = False) -> bool:
    """Tell whether an authority may issue (sections 4.2 to 4.4)."""
    if any(flags & CRITICAL and tag.lower() not in KNOWN for flags, tag, _value in records):
        return False
    issue = [parse_issue(value) for _flags, tag, value in records if tag.lower() == "issue"]
    wild = [parse_issue(value) for _flags, tag, value in records if tag.lower() == "issuewild"]
    chosen = wild if wildcard and wild else issue
    return not chosen or any(one.issuer == issuer.lower() and not one.problem for one in chosen)


def told(domain: Domain, seen: Mapping[str, Mapping[str, Answer]]) -> Iterator[Told]:
    """Yield for each host whether each authority of the intent may issue, and nobody else."""
    questions = ("caa_allows", "caa_limits", "caa_syntax")
    if not seen:
        for question in questions:
            yield Told(question, domain.domain, not_asked="there is no host that needs one")
    for host, answers in seen.items():
        found = relevant(answers)
        if found.unclear:
            for question in questions:
                yield Told(question, host, unknown=found.unclear)
            continue
        yield from _host(domain, host, found)


def _host(domain: Domain, host: str, found: Relevant) -> Iterator[Told]:
    if domain.issuers is None:
        for question in ("caa_allows", "caa_limits"):
            yield Told(question, host, not_asked="the intent names no authority")
    else:
        refused = [one for one in domain.issuers if not allowed(found.records, one)]
        words = f"{', '.join(refused)} may not issue, by the records at {found.name}"
        value = "refused" if refused else "allowed"
        yield Told("caa_allows", host, value, words if refused else ", ".join(domain.issuers))
        issuers = {
            parse_issue(value).issuer for _flags, tag, value in found.records if tag == "issue"
        }
        more = sorted(issuers - {one.lower() for one in domain.issuers} - {""})
        if not issuers:
            yield Told("caa_limits", host, "anybody", "no CAA record limits who may issue")
        else:
            words = f"{', '.join(more)} may issue too" if more else "nobody else"
            yield Told("caa_limits", host, "more" if more else "only", words)
    if not found.records:
        yield Told("caa_syntax", host, not_asked="there are no CAA records")
        return
    problems = [
        parse_issue(value).problem
        for _flags, tag, value in found.records
        if tag.lower() in ("issue", "issuewild") and parse_issue(value).problem
    ]
    value = "wrong" if problems else "right"
    yield Told("caa_syntax", host, value, "; ".join(problems) or "no error")


DEMANDS = (
    Demand(
        "caa-refuses",
        "mail host",
        "caa_allows",
        ("allowed",),
        "error",
        "{about}: the authority of its certificate may not issue for it: {seen}",
        "The next renewal fails, and the certificate expires.",
        'Add an issue record for the authority, such as 0 issue "letsencrypt.org".',
        "RFC 8659 section 4.2",
    ),
    Demand(
        "caa-open",
        "mail host",
        "caa_limits",
        ("only",),
        "info",
        "{about}: other authorities may issue certificates for it: {seen}",
        "One deceived authority is enough for a false certificate.",
        "Publish issue records for the authorities that you use, and for no others.",
        "RFC 8659 section 3",
    ),
    Demand(
        "caa-syntax",
        "mail host",
        "caa_syntax",
        ("right",),
        "warning",
        "{about}: a CAA record cannot be read: {seen}",
        "Authorities treat it as a record that allows nobody.",
        "Write the authority's domain, with any parameters after semicolons.",
        "RFC 8659 section 4.2",
    ),
)
