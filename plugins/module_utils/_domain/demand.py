# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is demanded of a domain, what was learnt of it, and the pairing of the two.

A row of demands is plain data. Whoever looked at a standard tells one thing a question and
subject; every demand of that question then has exactly one outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .._model.demand import BROKEN, MET, NOT_ASKED, NOT_KNOWN
from .._model.rule import SEVERITIES
from .._model.safe_text import printable


@dataclass(frozen=True)
class Demand:
    """One demand. ``met_by`` are the values that meet it; any other breaks it. ``message`` has the
    places ``{about}`` (the subject) and ``{seen}``; ``cause`` says why it matters, ``remedy`` what
    to do. ``also`` holds the ids that profiles give it."""

    id: str
    subject: str
    question: str
    met_by: tuple[str, ...]
    severity: str
    message: str
    cause: str
    remedy: str
    clause: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What was learnt of one question about one subject: a value, or why there is none.

    Exactly one of ``value``, ``unknown`` (why it was not learnt) and ``not_asked`` (by whose wish,
    or because there is nothing to ask about) is not empty. ``seen`` tells the value in words.
    """

    question: str
    about: str
    value: str = ""
    seen: str = ""
    unknown: str = ""
    not_asked: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of one demand for one subject."""

    demand: str
    domain: str
    about: str
    outcome: str
    severity: str
    message: str
    cause: str
    remedy: str
    clause: str
    also: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**asdict(self), "also": list(self.also)}


def outcomes(domain: str, demands: Sequence[Demand], told: Iterable[Told]) -> list[Outcome]:
    """Return one outcome for each demand and subject, in the order of the demands.

    A demand that nobody has told anything about is not known: "met" needs a positive answer.
    """
    by_question: dict[str, list[Told]] = {}
    for one in told:
        by_question.setdefault(one.question, []).append(one)
    nothing = Told("", domain, unknown="nobody has looked")
    return [
        _outcome(domain, demand, one)
        for demand in demands
        for one in by_question.get(demand.question, [nothing])
    ]


def _outcome(domain: str, demand: Demand, told: Told) -> Outcome:
    about = printable(told.about, 300)
    seen = printable(told.seen or told.value, 400)
    message = demand.message.format(about=about, seen=seen)
    severity = demand.severity
    if told.not_asked:
        outcome, message = NOT_ASKED, f"{about}: not asked: {printable(told.not_asked, 400)}"
    elif told.value and not told.unknown:
        outcome = MET if told.value in demand.met_by else BROKEN
        if outcome == MET:
            message = f"{about}: {seen}"
    else:
        # Not to know is as bad as the worst that could be there.
        outcome, severity = NOT_KNOWN, "error"
        why = printable(told.unknown or "no reason was given", 400)
        message = f"{about}: {demand.question} is not known: {why}"
    return Outcome(
        demand.id,
        domain,
        about,
        outcome,
        severity,
        message,
        demand.cause,
        demand.remedy,
        demand.clause,
        demand.also,
    )


def holds(found: Iterable[Outcome], fail_on: str = "error") -> bool:
    """Tell whether nothing is unknown, and nothing broken is as severe as ``fail_on`` or more."""
    floor = SEVERITIES.index(fail_on)
    return not any(
        one.outcome == NOT_KNOWN
        or (one.outcome == BROKEN and SEVERITIES.index(one.severity) >= floor)
        for one in found
    )
