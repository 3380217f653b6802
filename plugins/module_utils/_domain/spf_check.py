# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF's check_host() (RFC 7208 section 4 and 5): may this address send mail for this domain?

A generator that asks questions, so that a test's table or the DNS can answer.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

from . import spf_macro
from .question import Answer, Question, Steps, ask, ask_all
from .spf_macro import Address, Mail
from .spf_record import Mechanism, Record, SpfError, is_explanation, is_spf, joined, parse

# RFC 7208 section 4.6.4.
MAX_LOOKUPS = 10
MAX_VOID = 2
MAX_NAMES = 10
NONE, PASS, FAIL, NEUTRAL = "none", "pass", "fail", "neutral"
TEMPERROR, PERMERROR = "temperror", "permerror"
_FAMILY = {4: "A", 6: "AAAA"}


@dataclass(frozen=True)
class Verdict:
    """The result for one mail, and why. ``matched`` is the term that decided, "" for none, and
    ``where`` the domain whose record holds it; ``lookups`` and ``voids`` are what it took."""

    result: str
    matched: str = ""
    where: str = ""
    problem: str = ""
    explanation: str = ""
    lookups: int = 0
    voids: int = 0


class _Ended(Exception):
    """An error that ends the whole evaluation."""

    def __init__(self, result: str, problem: str) -> None:
        super().__init__(problem)
        self.result = result


@dataclass
class _State:
    """What one evaluation has used up, and the client's validated names once they are known."""

    mail: Mail
    lookups: int = 0
    voids: int = 0
    path: list[str] = field(default_factory=list)

    def count(self, term: str, domain: str) -> None:
        """Count a term that looks something up. Raises _Ended."""
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            problem = (
                f"{term} of {domain} is look-up number {self.lookups}; {MAX_LOOKUPS} are allowed"
            )
            raise _Ended(PERMERROR, problem)

    def seen(self, question: Question, answer: Answer) -> Answer:
        """Return an answer that says something. Raises _Ended for one that does not."""
        if not answer.known:
            raise _Ended(TEMPERROR, f"{question}: {answer.words}")
        if answer.absent:
            self.voids += 1
            if self.voids > MAX_VOID:
                problem = f"{question} is empty look-up number {self.voids}; {MAX_VOID} are allowed"
                raise _Ended(PERMERROR, problem)
        return answer


def check_host(mail: Mail, domain: Optional[str] = None) -> Steps[Verdict]:
    """Return the verdict of RFC 7208 for one mail; ``domain`` is the sender's where not given."""
    state = _State(mail)
    name = mail.sender_domain if domain is None else domain
    name = name[:-1] if name.endswith(".") else name
    if not is_domain(name):
        return Verdict(NONE, problem=f"{name!r} is not a full domain name")
    try:
        verdict = yield from _evaluate(state, name)
        if verdict.result == FAIL:
            verdict = yield from _explained(state, verdict)
    except _Ended as end:
        verdict = Verdict(
            end.result, problem=str(end), where=state.path[-1] if state.path else name
        )
    return replace(verdict, lookups=state.lookups, voids=state.voids)


def is_domain(name: str) -> bool:
    """Tell whether ``name`` is a domain of at least two labels that the DNS can hold (4.3)."""
    labels = name.split(".")
    return len(labels) > 1 and can_exist(name)


def can_exist(name: str) -> bool:
    """Tell whether a name fits the DNS: labels of 1 to 63 octets, 253 in all (RFC 1035)."""
    labels = name.encode("utf-8", "surrogateescape").split(b".")
    return len(name) <= spf_macro.MAX_NAME and all(0 < len(label) < 64 for label in labels)


def _record(state: _State, domain: str) -> Steps[Optional[Record]]:
    """Return the SPF record of a domain, None where there is none (section 4.4 and 4.5)."""
    answer = yield from ask(domain, "TXT")
    if not answer.known:
        raise _Ended(TEMPERROR, f"{domain} TXT: {answer.words}")
    found = [text for text in map(joined, answer.records) if is_spf(text)]
    state.path.append(domain)
    if not found:
        return None
    if len(found) > 1:
        raise _Ended(PERMERROR, f"{domain} has {len(found)} SPF records; one is allowed")
    try:
        return parse(found[0])
    except SpfError as error:
        raise _Ended(PERMERROR, f"{domain}: {error}") from None


def _evaluate(state: _State, domain: str) -> Steps[Verdict]:
    """Return the verdict of one domain's record (section 4.6)."""
    record = yield from _record(state, domain)
    if record is None:
        return Verdict(NONE, where=domain, problem=f"{domain} has no SPF record")
    for mechanism in record.mechanisms:
        if (yield from _matches(state, mechanism, domain)):
            return Verdict(mechanism.result, mechanism.text, domain)
    if record.redirect and not any(one.name == "all" for one in record.mechanisms):
        return (yield from _redirected(state, record, domain))
    return Verdict(NEUTRAL, where=domain)


def _redirected(state: _State, record: Record, domain: str) -> Steps[Verdict]:
    """Return the verdict of the domain that redirect= names (section 6.1)."""
    term = f"redirect={record.redirect}"
    state.count(term, domain)
    target = yield from _target(state, record.redirect, domain)
    if not can_exist(target):
        raise _Ended(PERMERROR, f"{domain}: {term} leads to {target!r}, which is no name")
    verdict = yield from _evaluate(state, target)
    if verdict.result == NONE:
        raise _Ended(PERMERROR, f"{domain}: {term} leads to a domain without SPF")
    return verdict


def _target(state: _State, spec: str, domain: str) -> Steps[str]:
    """Return the name that a domain-spec stands for here (section 4.8)."""
    if not spec:
        return domain
    validated = "unknown"
    if spf_macro.needs_validated_name(spec):
        validated = yield from _validated_name(state, domain)
    return spf_macro.shortened(spf_macro.expand(spec, state.mail, domain, validated))


def _matches(state: _State, mechanism: Mechanism, domain: str) -> Steps[bool]:
    """Tell whether one mechanism matches the client (section 5)."""
    if mechanism.name == "all":
        return True
    address = state.mail.address
    if mechanism.network is not None:
        return address.version == mechanism.network.version and address in mechanism.network
    state.count(mechanism.text, domain)
    target = yield from _target(state, mechanism.domain, domain)
    if not can_exist(target):
        # RFC 7208 section 4.8: a name that cannot be looked up does not match.
        if mechanism.name == "include":
            raise _Ended(PERMERROR, f"{domain}: {mechanism.text}: {target!r} is no name")
        return False
    return (yield from _LOOKING[mechanism.name](state, mechanism, target))


def _include(state: _State, mechanism: Mechanism, target: str) -> Steps[bool]:
    """Section 5.2: the included domain's record must say pass; having none is an error."""
    verdict = yield from _evaluate(state, target)
    if verdict.result == NONE:
        raise _Ended(PERMERROR, f"{mechanism.text}: {target} has no SPF record")
    state.path.pop()
    return verdict.result == PASS


def _a(state: _State, mechanism: Mechanism, target: str) -> Steps[bool]:
    """Section 5.3: the client has one of the target's addresses."""
    return (yield from _has_address(state, [target], mechanism, counted=True))


def _mx(state: _State, mechanism: Mechanism, target: str) -> Steps[bool]:
    """Section 5.4: the client has an address of one of the target's mail hosts."""
    question = Question(target, "MX")
    answers = yield [question]
    records = state.seen(question, answers[question]).records
    if len(records) > MAX_NAMES:
        problem = (
            f"{mechanism.text}: {target} has {len(records)} MX records; {MAX_NAMES} are allowed"
        )
        raise _Ended(PERMERROR, problem)
    names = [name for _preference, name in sorted(records) if can_exist(name)]
    return (yield from _has_address(state, names, mechanism, counted=False))


def _has_address(
    state: _State, names: Sequence[str], mechanism: Mechanism, counted: bool
) -> Steps[bool]:
    """Tell whether one of the names has an address in the client's network."""
    client = state.mail.address
    length = mechanism.cidr4 if client.version == 4 else mechanism.cidr6
    network = ipaddress.ip_network((client.packed, length), strict=False)
    questions = [Question(name, _FAMILY[client.version]) for name in names]
    answers = yield from ask_all(questions)
    for question in questions:
        answer = answers[question]
        if counted:
            state.seen(question, answer)
        elif not answer.known:
            raise _Ended(TEMPERROR, f"{question}: {answer.words}")
        if any(ipaddress.ip_address(text) in network for text in answer.records):
            return True
    return False


def _exists(state: _State, mechanism: Mechanism, target: str) -> Steps[bool]:
    """Section 5.7: the name has an IPv4 address, whatever the client's family."""
    del mechanism
    question = Question(target, "A")
    answers = yield [question]
    return bool(state.seen(question, answers[question]).records)


def _ptr(state: _State, mechanism: Mechanism, target: str) -> Steps[bool]:
    """Section 5.5: a name of the client's address lies below the target."""
    del mechanism
    names = yield from _validated_names(state)
    return any(_below(name, target) for name in names)


_LOOKING = {"include": _include, "a": _a, "mx": _mx, "exists": _exists, "ptr": _ptr}


def _below(name: str, domain: str) -> bool:
    name, domain = name.lower(), domain.lower().rstrip(".")
    return name == domain or name.endswith("." + domain)


def _validated_names(state: _State) -> Steps[list[str]]:
    """Return the names of the client's address that have that address (section 5.5).

    Errors of the DNS leave names out; they end nothing.
    """
    client = state.mail.address
    question = Question(reverse_name(client), "PTR")
    answers = yield [question]
    answer = answers[question]
    if not answer.known:
        return []
    state.seen(question, answer)
    names = [name for name in answer.records[:MAX_NAMES] if can_exist(name)]
    questions = [Question(name, _FAMILY[client.version]) for name in names]
    addresses = yield from ask_all(questions)
    return [
        one.name
        for one in questions
        if any(ipaddress.ip_address(text) == client for text in addresses[one].records)
    ]


def _validated_name(state: _State, domain: str) -> Steps[str]:
    """Return the value of the macro p: the domain itself, a name below it, any, or unknown."""
    names = yield from _validated_names(state)
    same = [name for name in names if name.lower() == domain.lower()]
    below = [name for name in names if _below(name, domain)]
    return [*same, *below, *names, "unknown"][0]


def reverse_name(address: Address) -> str:
    """Return the name under which the DNS holds the names of an address (RFC 1035, 3596)."""
    return address.reverse_pointer


def _explained(state: _State, verdict: Verdict) -> Steps[Verdict]:
    """Return the verdict with the explanation of exp=, if there is a usable one (section 6.2)."""
    answer = yield from ask(verdict.where, "TXT")
    records = [text for text in map(joined, answer.records) if is_spf(text)]
    spec = parse(records[0]).explanation if records else ""
    if not spec:
        return verdict
    target = yield from _target(state, spec, verdict.where)
    if not can_exist(target):
        return verdict
    answer = yield from ask(target, "TXT")
    if len(answer.records) != 1:
        return verdict
    text = b"".join(answer.records[0]).decode("latin-1")
    if not is_explanation(text):
        return verdict
    validated = "unknown"
    if spf_macro.needs_validated_name(text):
        validated = yield from _validated_name(state, verdict.where)
    explanation = spf_macro.expand(text, state.mail, verdict.where, validated)
    if not re.fullmatch("[ -~]*", explanation):
        return verdict
    return replace(verdict, explanation=explanation)
