# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is demanded of MTA-STS, and what record and policy say to it (RFC 8461)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import tags
from .demand import Demand, Told
from .intent import DAY, Domain
from .mta_sts import MtaSts, Policy, PolicyError, fetch_problem, matches, parse_policy, record_id

_OF_POLICY = (
    "mta_sts_mode",
    "mta_sts_max_age",
    "mta_sts_covers",
    "mta_sts_patterns",
    "mta_sts_intended",
)
_QUESTIONS = ("mta_sts_record", "mta_sts_fetch", "mta_sts_policy", *_OF_POLICY)
# What HTTPS failed at in a way that says nothing of the policy; senders would try again.
_UNKNOWN = ("timeout", "connect")


def told(domain: Domain, seen: MtaSts, targets: Sequence[str]) -> Iterator[Told]:
    """Yield what record and policy say; ``targets`` are the mail hosts in the DNS.

    Where the intent has no MTA-STS, only a record that is there is judged.
    """
    about = domain.domain
    wanted = domain.mta_sts is not None
    if not seen.answer.known:
        for question in _QUESTIONS:
            yield Told(question, about, unknown=f"_mta-sts.{about}: {seen.answer.words}")
        return
    if not wanted and not seen.texts:
        for question in _QUESTIONS:
            yield Told(question, about, not_asked="the intent does not ask for MTA-STS")
        return
    yield _record(about, seen)
    problem, words = fetch_problem(seen.fetched)
    where = f"https://mta-sts.{about}/.well-known/mta-sts.txt"
    if problem in _UNKNOWN:
        for question in _QUESTIONS[1:]:
            yield Told(question, about, unknown=f"{where}: {words}")
        return
    yield Told("mta_sts_fetch", about, problem or "served", words or where)
    policy = None
    if problem:
        yield Told("mta_sts_policy", about, not_asked=f"no policy was served: {words}")
    else:
        try:
            policy = parse_policy(seen.fetched.body)
            yield Told("mta_sts_policy", about, "valid", f"mode {policy.mode}")
        except PolicyError as error:
            yield Told("mta_sts_policy", about, "invalid", str(error))
    if policy is None:
        for question in _OF_POLICY:
            yield Told(question, about, not_asked="there is no usable policy")
        return
    yield from _policy(domain, policy, targets)


def _record(about: str, seen: MtaSts) -> Told:
    texts = seen.texts
    if len(texts) != 1:
        words = f"{len(texts)} records" if texts else "no record"
        return Told("mta_sts_record", about, "several" if texts else "none", words)
    try:
        return Told("mta_sts_record", about, "valid", f"id={record_id(texts[0])}")
    except tags.TagError as error:
        return Told("mta_sts_record", about, "invalid", str(error))


def _policy(domain: Domain, policy: Policy, targets: Sequence[str]) -> Iterator[Told]:
    about = domain.domain
    yield Told("mta_sts_mode", about, policy.mode, f"mode {policy.mode}")
    age = "short" if policy.max_age < DAY else "long"
    yield Told("mta_sts_max_age", about, age, f"max_age {policy.max_age} s")
    listed = ", ".join(policy.mx)
    if not targets or policy.mode == "none":
        why = "the policy asks for nothing" if targets else "there is no mail host in the DNS"
        yield Told("mta_sts_covers", about, not_asked=why)
        yield Told("mta_sts_patterns", about, not_asked=why)
    else:
        outside = [name for name in targets if not policy.allows(name)]
        words = f"{', '.join(outside)} is not covered by {listed}" if outside else listed
        yield Told("mta_sts_covers", about, "missing" if outside else "all", words)
        idle = [one for one in policy.mx if not any(matches(one, name) for name in targets)]
        words = f"{', '.join(idle)} matches no mail host" if idle else listed
        yield Told("mta_sts_patterns", about, "idle" if idle else "used", words)
    if domain.mta_sts is None:
        yield Told("mta_sts_intended", about, not_asked="the intent does not mention MTA-STS")
        return
    wanted = domain.mta_sts
    same = (policy.mode, policy.max_age) == (wanted.mode, wanted.max_age)
    words = (
        f"mode {policy.mode} and max_age {policy.max_age}; the intent has {wanted.mode} and "
        f"{wanted.max_age}"
    )
    yield Told("mta_sts_intended", about, "intended" if same else "other", words)


DEMANDS = (
    Demand(
        "mta-sts-record",
        "domain",
        "mta_sts_record",
        ("valid",),
        "error",
        "{about}: there should be one valid record at _mta-sts, but there is {seen}",
        "Without the record senders do not look for the policy.",
        "Publish v=STSv1; id= with a new id for each change of the policy.",
        "RFC 8461 section 3.1",
        ("TR-03108-07-R",),
    ),
    Demand(
        "mta-sts-fetch",
        "domain",
        "mta_sts_fetch",
        ("served",),
        "error",
        "{about}: the policy cannot be fetched over HTTPS: {seen}",
        "A sender that cannot fetch the policy delivers without its protection.",
        "Serve it at https://mta-sts.DOMAIN/.well-known/mta-sts.txt with a valid certificate, "
        "status 200, as text/plain.",
        "RFC 8461 section 3.3",
    ),
    Demand(
        "mta-sts-policy",
        "domain",
        "mta_sts_policy",
        ("valid",),
        "error",
        "{about}: the policy cannot be read: {seen}",
        "Senders ignore a policy with an error in it.",
        "Write version, mode, max_age and each mx on a line of its own; the filter mta_sts_policy "
        "gives the text.",
        "RFC 8461 section 3.2",
    ),
    Demand(
        "mta-sts-mode",
        "domain",
        "mta_sts_mode",
        ("enforce",),
        "warning",
        "{about}: the policy is not enforced: {seen}",
        "Senders deliver even if TLS fails; the mode testing only sends reports.",
        "Set mode: enforce once TLSRPT shows no failures, and publish a new id.",
        "RFC 8461 section 5",
    ),
    Demand(
        "mta-sts-max-age",
        "domain",
        "mta_sts_max_age",
        ("long",),
        "warning",
        "{about}: senders forget the policy within a day: {seen}",
        "Anyone who can block the fetch for that long removes the protection.",
        "Set max_age to weeks: two are 1209600 seconds.",
        "RFC 8461 sections 3.2 and 10",
    ),
    Demand(
        "mta-sts-not-covered",
        "domain",
        "mta_sts_covers",
        ("all",),
        "error",
        "{about}: the policy leaves out a mail host: {seen}",
        "Senders that enforce the policy do not deliver to that host.",
        "Add an mx line for it and publish a new id, or remove the host from the MX records.",
        "RFC 8461 section 4.1",
    ),
    Demand(
        "mta-sts-idle-pattern",
        "domain",
        "mta_sts_patterns",
        ("used",),
        "warning",
        "{about}: the policy names a host that is not a mail host: {seen}",
        "Whoever gets hold of that name can take mail for the domain.",
        "Remove the line and publish a new id.",
        "RFC 8461 section 4.1",
    ),
    Demand(
        "mta-sts-differs",
        "domain",
        "mta_sts_intended",
        ("intended",),
        "error",
        "{about}: the policy is not as in the intent: {seen}",
        "Senders follow what is served.",
        "Serve the policy that the filter mta_sts_policy gives, or correct the intent.",
        "the intent",
    ),
)
