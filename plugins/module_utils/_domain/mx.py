# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MX (RFC 5321 section 5.1): where mail for a domain goes; null MX (RFC 7505): that none does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .demand import Demand, Told
from .intent import Domain
from .names import among, is_literal, same
from .question import Answer, Question, Steps, ask_all

NULL = "null"
INVALID_NULL = "invalid null MX"
NONE = "none"
SOME = "records"


@dataclass(frozen=True)
class Host:
    """The addresses of one mail host."""

    a: Answer
    aaaa: Answer

    @property
    def addresses(self) -> tuple[str, ...]:
        """All addresses that are known, IPv4 first."""
        return (*self.a.records, *self.aaaa.records)

    @property
    def families(self) -> str:
        """Which families it has: both, ipv4, ipv6 or none; "" where that is not known."""
        if not (self.a.known and self.aaaa.known):
            return ""
        names = [name for name, one in (("ipv4", self.a), ("ipv6", self.aaaa)) if one.records]
        return "both" if len(names) == 2 else (names or ["none"])[0]


@dataclass(frozen=True)
class Mx:
    """The MX records of a domain and the hosts behind them, the intended ones among them."""

    answer: Answer
    hosts: Mapping[str, Host]

    @property
    def kind(self) -> str:
        """What the records are: NULL, INVALID_NULL, NONE or SOME; "" where that is not known."""
        if not self.answer.known:
            return ""
        names = [name for _preference, name in self.answer.records]
        if "." in names:
            return NULL if names == ["."] else INVALID_NULL
        return SOME if names else NONE

    @property
    def targets(self) -> list[str]:
        """The mail hosts in order of preference, without a null MX."""
        return [name for _preference, name in sorted(self.answer.records) if name != "."]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "kind": self.kind,
            "answer": self.answer.to_dict(),
            "hosts": {
                name: {"a": host.a.to_dict(), "aaaa": host.aaaa.to_dict()}
                for name, host in self.hosts.items()
            },
        }


def gather(domain: Domain) -> Steps[Mx]:
    """Ask for the MX records and for the addresses of every host in them or in the intent."""
    question = Question(domain.domain, "MX")
    first = [question, *_addresses(domain.mail_hosts)]
    answers = yield from ask_all(first)
    mx = Mx(answers[question], {})
    others = [
        name for name in mx.targets if not is_literal(name) and not among(name, domain.mail_hosts)
    ]
    answers = {**answers, **(yield from ask_all(_addresses(others)))}
    hosts = {
        name: Host(answers[Question(name, "A")], answers[Question(name, "AAAA")])
        for name in dict.fromkeys([*domain.mail_hosts, *others])
    }
    return Mx(mx.answer, hosts)


def _addresses(names: Any) -> list[Question]:
    return [Question(name, kind) for name in dict.fromkeys(names) for kind in ("A", "AAAA")]


def host_of(mx: Mx, name: str) -> Host:
    """Return the host of a name, whatever its case."""
    return next(host for known, host in mx.hosts.items() if same(known, name))


def told(domain: Domain, seen: Mx) -> Iterator[Told]:
    """Yield what the records say of each question."""
    about = domain.domain
    if not seen.kind:
        why = f"{about} MX: {seen.answer.words}"
        asked = "mx_records" if domain.takes_mail else "mx_null"
        for question in ("mx_records", "mx_null"):
            if question != asked:
                yield Told(question, about, not_asked="the intent asks for the opposite")
        for question in (asked, "mx_hosts", "mx_duplicates", *_OF_TARGET):
            yield Told(question, about, unknown=why)
        return
    listed = ", ".join(f"{preference} {name}" for preference, name in sorted(seen.answer.records))
    words = {SOME: listed, NULL: "a null MX (0 .)", NONE: "no MX record"}.get(
        seen.kind, f"a null MX beside other records ({listed})"
    )
    if domain.takes_mail:
        yield Told("mx_records", about, seen.kind, words)
        yield Told("mx_null", about, not_asked="by the intent, the domain takes mail")
    else:
        yield Told("mx_null", about, seen.kind, words)
        yield Told("mx_records", about, not_asked="by the intent, the domain takes no mail")
    yield from _hosts(domain, seen, listed)
    if not seen.targets:
        for question in _OF_TARGET:
            yield Told(question, about, not_asked="there is no mail host in the DNS")
    for name in dict.fromkeys(one.lower() for one in seen.targets):
        yield from _target(name, seen)


def _hosts(domain: Domain, seen: Mx, listed: str) -> Iterator[Told]:
    """Hold the hosts in the DNS against those in the intent, in order of preference."""
    about = domain.domain
    targets = [name.lower() for name in seen.targets]
    unique = list(dict.fromkeys(targets))
    value = "unique" if len(unique) == len(targets) else "twice"
    yield Told("mx_duplicates", about, value, listed or "none")
    if not domain.mail_hosts or seen.kind != SOME:
        why = "there are none" if domain.mail_hosts else "the intent names no mail hosts"
        yield Told("mx_hosts", about, not_asked=why)
        return
    wanted = [name.lower() for name in domain.mail_hosts]
    missing = [name for name in wanted if name not in unique]
    more = [name for name in unique if name not in wanted]
    if missing:
        yield Told("mx_hosts", about, "missing", f"{', '.join(missing)} is missing from {listed}")
    elif more:
        yield Told("mx_hosts", about, "unexpected", f"{', '.join(more)} is not in the intent")
    elif unique != wanted and _ordered(seen, unique, wanted):
        yield Told("mx_hosts", about, "order", f"{listed}; the intent has {', '.join(wanted)}")
    else:
        yield Told("mx_hosts", about, "intended", listed)


def _ordered(seen: Mx, unique: list[str], wanted: list[str]) -> bool:
    """Tell whether a host that the intent puts later is preferred to an earlier one."""
    least = {
        name: min(one for one, other in seen.answer.records if other.lower() == name)
        for name in unique
    }
    return any(least[one] > least[two] for one, two in zip(wanted, wanted[1:]))


_OF_TARGET = ("mx_target_name", "mx_target_alias", "mx_target_addresses")


def _target(name: str, seen: Mx) -> Iterator[Told]:
    """Yield what one mail host is: a name, no alias, with addresses."""
    if is_literal(name):
        yield Told("mx_target_name", name, "address", f"the MX names the address {name}")
        for question in _OF_TARGET[1:]:
            yield Told(question, name, not_asked="it is an address, not a name")
        return
    yield Told("mx_target_name", name, "name", name)
    host = host_of(seen, name)
    chain = host.a.chain or host.aaaa.chain
    unknown = [one for one in (host.a, host.aaaa) if not one.known]
    if chain:
        yield Told("mx_target_alias", name, "alias", f"an alias of {' -> '.join(chain)}")
    elif len(unknown) == 2:
        yield Told("mx_target_alias", name, unknown=host.a.words)
    else:
        yield Told("mx_target_alias", name, "none", "no alias")
    if host.families:
        words = ", ".join(host.addresses) or "no address"
        yield Told("mx_target_addresses", name, host.families, words)
    else:
        kind = "A" if not host.a.known else "AAAA"
        yield Told("mx_target_addresses", name, unknown=f"{name} {kind}: {unknown[0].words}")


DEMANDS = (
    Demand(
        "mx-missing",
        "domain",
        "mx_records",
        (SOME,),
        "error",
        "{about}: there should be MX records, but there is {seen}",
        "Without MX, senders try the domain's own addresses; with a null MX they give up.",
        "Publish one MX record for each host in mail_hosts.",
        "RFC 5321 section 5.1",
    ),
    Demand(
        "mx-not-null",
        "domain",
        "mx_null",
        (NULL,),
        "error",
        "{about}: should take no mail, by the intent, but there is {seen}",
        "Senders retry for days before they learn that the domain takes no mail.",
        'Publish the single record "MX 0 ." and no other.',
        "RFC 7505 section 3",
        ("TR-03182-11-M",),
    ),
    Demand(
        "mx-hosts-differ",
        "domain",
        "mx_hosts",
        ("intended",),
        "error",
        "{about}: the mail hosts are not those of the intent: {seen}",
        "Mail goes to a host that is not meant to get it, or misses one that is.",
        "Make the MX records and mail_hosts list the same hosts in the same order.",
        "the intent",
    ),
    Demand(
        "mx-duplicate",
        "domain",
        "mx_duplicates",
        ("unique",),
        "warning",
        "{about}: a mail host is in more than one MX record: {seen}",
        "The second record gives no second chance: it is the same host.",
        "Keep one record for each host.",
        "RFC 5321 section 5.1",
    ),
    Demand(
        "mx-address-literal",
        "mail host",
        "mx_target_name",
        ("name",),
        "error",
        "{about}: {seen}, where a host name is required",
        "Senders look the address up as a name, find nothing and give up.",
        "Give the host a name with A and AAAA records, and put that name into the MX record.",
        "RFC 1035 section 3.3.9, RFC 5321 section 5.1",
    ),
    Demand(
        "mx-alias",
        "mail host",
        "mx_target_alias",
        ("none",),
        "error",
        "{about}: the MX points to {seen}",
        "An MX must name a host with addresses; some senders refuse an alias.",
        "Put the real name of the host into the MX record.",
        "RFC 2181 section 10.3, RFC 5321 section 5.1",
    ),
    Demand(
        "mx-no-address",
        "mail host",
        "mx_target_addresses",
        ("both", "ipv4", "ipv6"),
        "error",
        "{about}: the mail host has {seen}",
        "Nobody can connect to a host without an address.",
        "Publish its A and AAAA records.",
        "RFC 5321 section 5.1",
    ),
    Demand(
        "mx-one-family",
        "mail host",
        "mx_target_addresses",
        ("both",),
        "warning",
        "{about}: the mail host has addresses of one family only: {seen}",
        "Senders that have only the other family cannot reach it.",
        "Publish both an A and an AAAA record, once the host listens on both.",
        "RFC 5321 section 5.1, RFC 3974",
    ),
)
