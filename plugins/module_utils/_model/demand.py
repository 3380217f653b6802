# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Demands, answers and outcomes: what is judged, what was learnt, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .rule import Rule

# The outcomes of a demand. "Met" takes a positive answer; "not known" is always an error.
MET = "met"
BROKEN = "broken"
NOT_KNOWN = "not_known"
NOT_ASKED = "not_asked"
OUTCOMES = (MET, BROKEN, NOT_KNOWN, NOT_ASKED)

# What a demand is about: one service on one address, one service as intended, or the whole host.
ENDPOINT = "endpoint"
SERVICE = "service"
HOST = "host"
SUBJECTS = (ENDPOINT, SERVICE, HOST)


@dataclass(frozen=True)
class By:
    """A value that the intent or the policy gives, named by its path: ``listener.protocol``."""

    path: str


@dataclass(frozen=True)
class Demand(Rule):
    """One row of what is demanded; the rule that it extends is told where it is broken.

    ``question`` is a key of the answers, ``test`` a key of the tests, ``wanted`` what the test
    holds the answer against. ``when`` limits the demand: attributes of the listener, or options
    of the check, mapped to the values for which it is made. ``each`` names a list (of TLS
    versions) and makes one demand of each item, whose question ends with it.
    """

    subject: str = ENDPOINT
    question: str = ""
    test: str = "is"
    wanted: Any = None
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    each: Optional[By] = None


@dataclass(frozen=True)
class Answer:
    """What was learnt about one question.

    Exactly one of three: a ``value`` that is known; ``unknown``, the reason why it is not; or
    ``moot``, the reason why the question has no subject (nothing listens, no TLS is spoken).
    ``words`` tell the value in a message, ``facts`` fill further places of it. ``evidence`` is
    what was seen. ``rest`` says that the value is only a part of the truth, and why: it can break a
    demand, and never meets one. ``rule`` tells an unknown answer: the id of a rule of NOT_KNOWN, or
    of the demand of the same subject whose breaking is the reason.
    """

    value: Any = None
    words: str = ""
    evidence: str = ""
    unknown: str = ""
    moot: str = ""
    rest: str = ""
    rule: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def known(value: Any, words: str = "", evidence: str = "", **facts: str) -> Answer:
    """Return an answer whose value was learnt."""
    return Answer(value, words or str(value), evidence, facts=facts)


def unknown(because: str, rule: str = "not-probed") -> Answer:
    """Return an answer that was not learnt, with the reason."""
    return Answer(unknown=because or "no reason given", rule=rule)


def moot(because: str) -> Answer:
    """Return an answer to a question that has no subject here."""
    return Answer(moot=because)


# What was learnt of one subject, by question.
Answers = Mapping[str, Answer]


@dataclass(frozen=True)
class Outcome:
    """What came of one demand. ``item`` is the one of several alike (a TLS version); ``detail``
    says what was seen, why it is not known, or by whose wish it was not asked."""

    demand: str
    outcome: str
    subject: str
    service: str = ""
    port: int = 0
    address: str = ""
    item: str = ""
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as plain data."""
        return dict(vars(self))


def count(outcomes: Any) -> dict[str, int]:
    """Return how many outcomes there are of each kind, of Outcome values or their plain form."""
    found = dict.fromkeys(OUTCOMES, 0)
    for one in outcomes:
        found[one["outcome"] if isinstance(one, Mapping) else one.outcome] += 1
    return found
