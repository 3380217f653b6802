# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNSSEC (RFC 4033): whether a trusted validating resolver vouches for a zone's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .demand import Demand, Told
from .intent import Domain
from .question import BOGUS, Answer, Question, Steps, ask_all


def gather(names: Sequence[str]) -> Steps[dict[str, Answer]]:
    """Ask for something that each name surely has an answer to, if only that it has none."""
    questions = {name: Question(name, "SOA") for name in dict.fromkeys(names)}
    answers = yield from ask_all(list(questions.values()))
    return {name: answers[question] for name, question in questions.items()}


def told(domain: Domain, seen: Mapping[str, Answer]) -> Iterator[Told]:
    """Yield for the domain and each mail host whether answers are secure, insecure or bogus."""
    for name, answer in seen.items():
        question = "dnssec_domain" if name == domain.domain else "dnssec_host"
        if answer.kind == BOGUS:
            yield Told("dnssec_valid", name, "bogus", answer.words)
            yield Told(question, name, "bogus", answer.words)
        elif not answer.known:
            yield Told("dnssec_valid", name, unknown=answer.words)
            yield Told(question, name, unknown=answer.words)
        elif answer.secure is None:
            why = "no resolver is trusted to validate DNSSEC, so it is not judged"
            yield Told("dnssec_valid", name, not_asked=why)
            yield Told(question, name, not_asked=why)
        else:
            words = "signed and validated" if answer.secure else "not signed"
            yield Told("dnssec_valid", name, "valid", words)
            if domain.dane == "required" or answer.secure:
                yield Told(question, name, "secure" if answer.secure else "insecure", words)
            else:
                yield Told(question, name, not_asked="the intent does not require DANE")
    for question in ("dnssec_host",):
        if len(seen) < 2:
            yield Told(question, domain.domain, not_asked="there is no mail host")


DEMANDS = (
    Demand(
        "dnssec-bogus",
        "name",
        "dnssec_valid",
        ("valid",),
        "error",
        "{about}: its DNSSEC signatures are wrong: {seen}",
        "For everybody whose resolver validates, the name does not exist.",
        "Sign the zone again, or have the parent's DS replaced by the one of the key in use.",
        "RFC 4035 section 5.5",
    ),
    Demand(
        "dnssec-domain",
        "domain",
        "dnssec_domain",
        ("secure",),
        "error",
        "{about}: the domain is {seen}",
        "Without DNSSEC an attacker can send the domain's mail elsewhere, and DANE has no effect.",
        "Sign the zone and have its DS published.",
        "RFC 7672 section 2.2.1",
        ("TR-03108-05-M",),
    ),
    Demand(
        "dnssec-host",
        "mail host",
        "dnssec_host",
        ("secure",),
        "error",
        "{about}: the mail host is {seen}",
        "TLSA records count only in a zone that DNSSEC protects.",
        "Sign the zone of the mail host and have its DS published.",
        "RFC 7672 section 2.2.1",
        ("TR-03108-05-M",),
    ),
)
