# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""THE judge: demands and answers to outcomes, outcomes to findings; a pure function.

Each demand has exactly one outcome. There is no way to "met" but a known answer that passes the
demand's test, and a result with an outcome "not known" is never compliant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Optional

from .._model.demand import (
    BROKEN,
    MET,
    NOT_ASKED,
    NOT_KNOWN,
    Answer,
    Outcome,
    count,
    known,
    unknown,
)
from .._model.finding import Finding, reaches
from .._model.intent import Intent, Listener
from .._model.observation import INCONCLUSIVE, NOT_PROBED, OPEN, REFUSED, RESET, Observation
from .._model.rules import RULES, UNSEEN
from . import answers
from .answers_reach import Context
from .asked import ENDPOINT, HOST, SERVICE, Asked, Bound, demands
from .meets import TESTS

_SIGNS_OF_LIFE = (OPEN, REFUSED, RESET, INCONCLUSIVE)


@dataclass(frozen=True)
class Judgement:
    """The outcome of each demand, and the findings that tell those that are broken or not known."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]

    def compliant(self, fail_on: str = "error") -> bool:
        """Tell whether everything is known, and no finding is as severe as ``fail_on``."""
        return not reaches(self.findings, fail_on) and not count(self.outcomes)[NOT_KNOWN]


def judge(
    intent: Intent,
    observations: Sequence[Observation],
    now: Optional[datetime] = None,
    asked: Optional[Asked] = None,
) -> Judgement:
    """Return what came of everything that ``intent`` and its policy demand, port by port.

    ``asked`` says which options of the check add questions. Every listener of the intent needs an
    observation on every address; where one is missing, its demands are not known.
    """
    moment = now or datetime.now(timezone.utc)
    verdicts = list(_Judge(intent, observations, moment, asked or Asked()).verdicts())
    outcomes = tuple(_outcome(one) for one in verdicts)
    return Judgement(outcomes, tuple(_findings(intent, verdicts)))


@dataclass(frozen=True)
class _Verdict:
    """A demand with its answer, and the words of its breaking, None where it is not broken."""

    bound: Bound
    answer: Answer
    outcome: str
    words: Optional[str] = None
    listener: Optional[Listener] = None
    address: str = ""


class _Judge:
    """The facts of one judgement, so that its steps need not pass them on."""

    def __init__(
        self, intent: Intent, observations: Sequence[Observation], now: datetime, asked: Asked
    ) -> None:
        self._intent = intent
        self._observations = observations
        self._now = now
        self._asked = asked
        self._addresses = sorted({seen.address for seen in observations if seen.address})
        self._alive = {seen.address for seen in observations if seen.reach in _SIGNS_OF_LIFE}

    def verdicts(self) -> Iterator[_Verdict]:
        """Yield a verdict for each demand: on the host, then listener by listener."""
        resolved = answers.resolution(self._observations)
        for bound in demands(self._intent, HOST, None, self._asked):
            yield _verdict(bound, resolved)
        for listener in self._intent.listeners:
            group = self._group(listener)
            yield from self._service(listener, group)
            wanted = list(demands(self._intent, ENDPOINT, listener, self._asked))
            for seen in group:
                endpoint = answers.Endpoint(seen, self._context(listener, seen))
                for bound in wanted:
                    answer = endpoint.answer(bound.question)
                    yield _verdict(bound, answer, listener, seen.address)

    def _context(self, listener: Listener, seen: Observation) -> Context:
        alive = seen.address in self._alive
        return Context(self._intent, listener, self._now, alive, self._asked)

    def _group(self, listener: Listener) -> list[Observation]:
        """Return the observations of a listener, one made up for each that is missing."""
        found = [
            seen
            for seen in self._observations
            if (seen.service, seen.port) == (listener.service, listener.port)
        ]
        if not found:
            return [self._missing(listener, "", "no observation of it")]
        looked_at = {seen.address for seen in found}
        return found + [
            self._missing(listener, address, f"no observation of it on {address}")
            for address in self._addresses
            if address not in looked_at
        ]

    def _missing(self, listener: Listener, address: str, why: str) -> Observation:
        return Observation(
            listener.service,
            self._intent.host,
            address,
            listener.port,
            listener.protocol,
            listener.tls,
            reach=NOT_PROBED,
            reach_detail=why,
        )

    def _service(self, listener: Listener, group: Sequence[Observation]) -> Iterator[_Verdict]:
        """Judge a service as it is intended, and its addresses against each other."""
        given = self._intent.policy.standing(listener.service, listener.port)
        found = {
            # A service of the user's own has no standing; nothing speaks against it.
            "standing": known(given.standing if given else "accepted"),
            "intended_tls": known(listener.tls),
            "agreement": answers.agreement(group),
        }
        for bound in demands(self._intent, SERVICE, listener, self._asked):
            yield _verdict(bound, found[bound.question], listener)


def _verdict(
    bound: Bound, answer: Answer, listener: Optional[Listener] = None, address: str = ""
) -> _Verdict:
    """Pair a demand with its answer."""
    outcome, words = MET, None
    if bound.not_asked or answer.moot:
        outcome = NOT_ASKED
    elif answer.unknown:
        outcome = NOT_KNOWN
    else:
        words = TESTS[bound.demand.test](answer, bound.wanted)
        outcome = MET if words is None else BROKEN
        if words is None and answer.rest:
            outcome, answer = NOT_KNOWN, unknown(answer.rest, "not-known")
    return _Verdict(bound, answer, outcome, words, listener, address)


def _outcome(one: _Verdict) -> Outcome:
    """Return a verdict in the form that results bear."""
    answer = one.answer
    detail = {
        MET: answer.evidence,
        BROKEN: _message(one) if one.outcome == BROKEN else "",
        NOT_KNOWN: answer.unknown,
        NOT_ASKED: one.bound.not_asked or answer.moot,
    }[one.outcome]
    return Outcome(
        one.bound.demand.id,
        one.outcome,
        one.bound.demand.subject,
        one.listener.service if one.listener else "",
        one.listener.port if one.listener else 0,
        one.address,
        one.bound.item,
        detail,
    )


def _message(one: _Verdict) -> str:
    facts = {**one.bound.facts, **one.answer.facts, "seen": one.words or ""}
    return one.bound.demand.message.format(**facts)


def _findings(intent: Intent, verdicts: Sequence[_Verdict]) -> Iterator[Finding]:
    """Tell what is broken, and what is not known where nothing that is broken tells it already."""
    told = {
        (one.bound.demand.id, *_place(one))
        for one in verdicts
        if one.outcome == BROKEN and one.bound.severity == "error"
    }
    gaps: dict[tuple[str, ...], list[_Verdict]] = {}
    for one in verdicts:
        if one.outcome == NOT_KNOWN and not _told(one, told):
            gaps.setdefault(_gap(one), []).append(one)
    begun: set[tuple[str, ...]] = set()
    for one in verdicts:
        if one.outcome == BROKEN:
            yield _broken(intent, one)
        elif one.outcome == NOT_KNOWN and _gap(one) in gaps and _gap(one) not in begun:
            begun.add(_gap(one))
            if not _told_below(one, gaps):
                yield _not_known(intent, one, gaps[_gap(one)])


def _place(one: _Verdict) -> tuple[str, str]:
    listener = one.listener
    return (f"{listener.service} {listener.port}" if listener else "", one.address)


def _told(one: _Verdict, told: set[tuple[str, str, str]]) -> bool:
    """Tell whether the breaking of another demand, an error, is the reason for this gap."""
    service, address = _place(one)
    return (one.answer.rule, service, address) in told


def _gap(one: _Verdict) -> tuple[str, ...]:
    """Return what unknown answers have in common that one finding tells: rule, reason, place."""
    return (_rule(one), one.answer.unknown, *_place(one))


def _rule(one: _Verdict) -> str:
    return one.answer.rule if one.answer.rule in UNSEEN else "not-known"


def _told_below(one: _Verdict, gaps: Mapping[tuple[str, ...], Sequence[_Verdict]]) -> bool:
    """Tell whether a gap of a service or the host is told for one of its endpoints already."""
    subject, (service, _address) = one.bound.demand.subject, _place(one)
    if subject == ENDPOINT:
        return False
    return any(
        gap[0] == _rule(one)
        and others[0].bound.demand.subject == ENDPOINT
        and (subject == HOST or gap[2] == service)
        for gap, others in gaps.items()
    )


def _broken(intent: Intent, one: _Verdict) -> Finding:
    bound = one.bound
    return Finding(
        rule=bound.demand.id,
        severity=bound.severity,
        message=_message(one),
        cause=bound.demand.cause,
        remedy=bound.demand.remedy,
        clause=bound.clause,
        policy=intent.policy.name,
        disagrees=bound.disagrees,
        host=intent.host,
        service=one.listener.service if one.listener else "",
        port=one.listener.port if one.listener else 0,
        address=one.address,
    )


def _not_known(intent: Intent, one: _Verdict, gaps: Sequence[_Verdict]) -> Finding:
    """Return one finding about all gaps that have the same reason."""
    rule = RULES[_rule(one)]
    questions = dict.fromkeys(
        gap.bound.item or answers.WORDS[gap.bound.demand.question] for gap in gaps
    )
    what = ", ".join(list(questions)[:_FEW])
    if len(questions) > _FEW:
        what += f" and {len(questions) - _FEW} more"
    return Finding(
        rule=rule.id,
        severity=rule.severity,
        message=rule.message.format(what=what, seen=one.answer.unknown),
        cause=rule.cause,
        remedy=rule.remedy,
        clause=rule.clause,
        policy=intent.policy.name,
        host=intent.host,
        service=one.listener.service if one.listener else "",
        port=one.listener.port if one.listener else 0,
        address=one.address,
    )


_FEW = 3
