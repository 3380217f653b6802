# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF (RFC 7208) of a domain: the record as written, and what it says for real senders."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Union

from .demand import Demand, Told
from .intent import Domain
from .question import Answer, Question, Steps, ask, ask_all, together
from .spf_check import FAIL, MAX_LOOKUPS, PASS, PERMERROR, TEMPERROR, Verdict, check_host
from .spf_macro import mail_of
from .spf_record import Record, SpfError, is_spf, joined, parse

# Nobody sends mail from these: the discard-only blocks of RFC 6666 and RFC 6890 (section 2.2.2).
STRANGERS = ("192.0.0.8", "100::1")
# Shorter prefixes than these let strangers send.
WIDEST = {4: 12, 6: 20}
_REFUSED = {"fail": ("fail",), "softfail": ("fail", "softfail"), "": ("fail", "softfail")}


Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


@dataclass(frozen=True)
class Spf:
    """The record's answer, and the verdicts by (identity, address).

    An identity is the domain as sender, or a host's name as it says it in HELO.
    """

    answer: Answer
    verdicts: Mapping[tuple[str, str], Verdict]

    @property
    def texts(self) -> list[str]:
        """The SPF records of the domain."""
        return [text for text in map(joined, self.answer.records) if is_spf(text)]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "answer": self.answer.to_dict(),
            "records": self.texts,
            "verdicts": [
                {"identity": identity, "address": address, **asdict(verdict)}
                for (identity, address), verdict in self.verdicts.items()
            ],
        }


def senders(domain: Domain) -> list[str]:
    """Return one address for each sender of the intent: of a network its first usable one."""
    found = []
    for sender in domain.senders:
        network = ipaddress.ip_network(sender, strict=False)
        found.append(str(next(iter(network.hosts()), network.network_address)))
    return found


def gather(domain: Domain) -> Steps[Spf]:
    """Ask for the record, and evaluate it for each sender and for strangers, all at once."""
    mine = senders(domain)
    host = domain.mail_hosts[0] if domain.mail_hosts else domain.domain
    steps: dict[Any, Steps[Any]] = {"": ask(domain.domain, "TXT")}
    for address in (*mine, *STRANGERS):
        mail = mail_of(address, f"postmaster@{domain.domain}", host)
        steps[domain.domain, address] = check_host(mail)
    for name in domain.mail_hosts:
        steps[name, ""] = _as_helo(name, mine)
    results = yield from together(steps)
    answer = results.pop("")
    for name in domain.mail_hosts:
        results.update(results.pop((name, "")))
    return Spf(answer, results)


def _as_helo(host: str, mine: Sequence[str]) -> Steps[dict[tuple[str, str], Verdict]]:
    """Evaluate a host's name in HELO for those senders that are its own addresses.

    A bounce has no sender: then this name is what SPF looks at (section 2.4).
    """
    questions = [Question(host, kind) for kind in ("A", "AAAA")]
    answers = yield from ask_all(questions)
    own = {address for one in questions for address in answers[one].records}
    found = yield from together(
        {
            (host, address): check_host(mail_of(address, "", host))
            for address in mine
            if address in own
        }
    )
    return found


_OF_RECORD = (
    "spf_syntax",
    "spf_lookups",
    "spf_reserve",
    "spf_ptr",
    "spf_all",
    "spf_idle",
    "spf_wide",
    "spf_unknown_terms",
)


def told(domain: Domain, seen: Spf) -> Iterator[Told]:
    """Yield what the record says of each question."""
    about = domain.domain
    yield from _senders(domain, seen)
    yield from _strangers(domain, seen)
    if not seen.answer.known:
        for question in ("spf_record", *_OF_RECORD):
            yield Told(question, about, unknown=f"{about} TXT: {seen.answer.words}")
        return
    texts = seen.texts
    words = texts[0] if len(texts) == 1 else f"{len(texts)} SPF records" if texts else "none"
    yield Told("spf_record", about, {0: "none", 1: "one"}.get(len(texts), "several"), words)
    record = None
    if len(texts) == 1:
        try:
            record = parse(texts[0])
            yield Told("spf_syntax", about, "right", "no error")
        except SpfError as error:
            yield Told("spf_syntax", about, "wrong", str(error))
    else:
        yield Told("spf_syntax", about, not_asked="there is not exactly one SPF record")
    if record is None:
        for question in _OF_RECORD[1:]:
            yield Told(question, about, not_asked="there is no SPF record that can be read")
        return
    yield from _record(about, record, seen)


def _record(about: str, record: Record, seen: Spf) -> Iterator[Told]:
    verdicts = [seen.verdicts[about, address] for address in STRANGERS]
    unclear = [one for one in verdicts if one.result == TEMPERROR]
    most = max(one.lookups for one in verdicts)
    broken = next((one.problem for one in verdicts if one.result == PERMERROR), "")
    if broken:
        yield Told("spf_lookups", about, "error", broken)
        yield Told("spf_reserve", about, not_asked="the record is an error")
    elif unclear:
        yield Told("spf_lookups", about, unknown=unclear[0].problem)
        yield Told("spf_reserve", about, unknown=unclear[0].problem)
    else:
        words = f"{most} of {MAX_LOOKUPS} look-ups"
        yield Told("spf_lookups", about, "within", words)
        yield Told("spf_reserve", about, "enough" if most < MAX_LOOKUPS - 1 else "little", words)
    ptr = any(one.name == "ptr" for one in record.mechanisms)
    yield Told("spf_ptr", about, "used" if ptr else "none", "ptr" if ptr else "no ptr")
    last = next((one for one in record.mechanisms if one.name == "all"), None)
    value = last.result if last else "redirect" if record.redirect else "missing"
    yield Told("spf_all", about, value, last.text if last else value)
    yield _idle(about, record)
    wide = [one.text for one in record.mechanisms if one.network and _is_wide(one.network)]
    yield Told("spf_wide", about, "some" if wide else "none", ", ".join(wide) or "none")
    unknown = ", ".join(record.unknown)
    yield Told("spf_unknown_terms", about, "some" if unknown else "none", unknown or "none")


def _is_wide(network: Network) -> bool:
    """Tell whether a network is more than one organization has."""
    return network.prefixlen < WIDEST[network.version]


def _idle(about: str, record: Record) -> Told:
    """Terms behind all, and redirect beside it, are never looked at (section 5.1)."""
    kinds = [one.name for one in record.mechanisms]
    behind = record.mechanisms[kinds.index("all") + 1 :] if "all" in kinds else ()
    words = [one.text for one in behind]
    if record.redirect and "all" in kinds:
        words.append(f"redirect={record.redirect}")
    return Told("spf_idle", about, "some" if words else "none", ", ".join(words) or "none")


def _senders(domain: Domain, seen: Spf) -> Iterator[Told]:
    mine = senders(domain)
    if not mine:
        for question in ("spf_sender", "spf_helo"):
            yield Told(question, domain.domain, not_asked="the intent names no senders")
        return
    for (identity, address), verdict in seen.verdicts.items():
        if address in STRANGERS and address not in mine:
            continue
        question = "spf_sender" if identity == domain.domain else "spf_helo"
        yield _verdict(question, f"{address} for {identity}", verdict)
    if all(identity == domain.domain for identity, _address in seen.verdicts):
        why = "no sender is an address of a mail host of the intent"
        yield Told("spf_helo", domain.domain, not_asked=why)


def _verdict(question: str, about: str, verdict: Verdict) -> Told:
    if verdict.result == TEMPERROR:
        return Told(question, about, unknown=verdict.problem)
    why = verdict.problem or (f"{verdict.matched} of {verdict.where}" if verdict.matched else "")
    words = f"{verdict.result} ({why})" if why else verdict.result
    return Told(question, about, verdict.result, words)


def _strangers(domain: Domain, seen: Spf) -> Iterator[Told]:
    """A stranger must be refused; where the intent leaves open how, softfail is told apart."""
    for address in STRANGERS:
        verdict = seen.verdicts[domain.domain, address]
        one = _verdict("spf_stranger", f"{address} for {domain.domain}", verdict)
        if one.value in _REFUSED[domain.strangers]:
            yield replace(one, value="refused")
        else:
            yield one
        if domain.strangers or one.value not in ("fail", "softfail"):
            why = "the intent says what strangers get" if domain.strangers else "it is no failure"
            yield Told("spf_softfail", one.about, not_asked=why)
        else:
            yield replace(one, question="spf_softfail")


DEMANDS = (
    Demand(
        "spf-record",
        "domain",
        "spf_record",
        ("one",),
        "error",
        "{about}: there should be one SPF record, but there is {seen}",
        "Without one nobody can tell who may send for the domain; two are an error for all.",
        "Publish one TXT record that begins with v=spf1.",
        "RFC 7208 sections 3.2 and 4.5",
        ("TR-03182-01-M",),
    ),
    Demand(
        "spf-syntax",
        "domain",
        "spf_syntax",
        ("right",),
        "error",
        "{about}: the SPF record cannot be read: {seen}",
        "One error anywhere makes every receiver ignore the whole record.",
        "Correct the term that the message names.",
        "RFC 7208 section 4.6",
    ),
    Demand(
        "spf-sender",
        "sender",
        "spf_sender",
        (PASS,),
        "error",
        "{about}: an intended sender does not pass SPF: {seen}",
        "Its mail is refused or treated as spam.",
        "Add the address to the record, or take it out of senders.",
        "RFC 7208 section 4",
        ("TR-03182-01-M",),
    ),
    Demand(
        "spf-helo",
        "sender",
        "spf_helo",
        (PASS, "none", "neutral"),
        "warning",
        "{about}: bounces of the server do not pass SPF: {seen}",
        "A bounce has no sender; receivers check the name in EHLO instead.",
        "Publish v=spf1 a -all at the name of the host.",
        "RFC 7208 sections 2.3 and 2.4",
    ),
    Demand(
        "spf-stranger",
        "stranger",
        "spf_stranger",
        ("refused",),
        "error",
        "{about}: an address that nobody sends from is not refused: {seen}",
        "Anybody can send in the name of the domain.",
        "End the record with -all, and keep +all, ?all and wide networks out of it.",
        "RFC 7208 sections 5.1 and 8.4",
        ("APP.5.3.A9",),
    ),
    Demand(
        "spf-softfail",
        "stranger",
        "spf_softfail",
        (FAIL,),
        "warning",
        "{about}: strangers are only suspected, not refused: {seen}",
        "Receivers that do not check DMARC let forged mail through.",
        "Publish -all, or say strangers: softfail in the intent if that is what you want.",
        "RFC 7208 section 8.5",
        ("APP.5.3.A9",),
    ),
    Demand(
        "spf-limits",
        "domain",
        "spf_lookups",
        ("within",),
        "error",
        "{about}: the record needs too many DNS look-ups: {seen}",
        "Beyond 10 look-ups, or 2 that find nothing, receivers treat the whole record as an error.",
        "Replace include, a and mx with ip4 and ip6 where the addresses are yours.",
        "RFC 7208 section 4.6.4",
    ),
    Demand(
        "spf-near-limit",
        "domain",
        "spf_reserve",
        ("enough",),
        "warning",
        "{about}: the record is close to the limit of DNS look-ups: {seen}",
        "One more include, yours or of a domain that you include, breaks it.",
        "Replace include, a and mx with ip4 and ip6 where the addresses are yours.",
        "RFC 7208 section 4.6.4",
    ),
    Demand(
        "spf-ptr",
        "domain",
        "spf_ptr",
        ("none",),
        "warning",
        "{about}: the record uses {seen}",
        "It is slow and unreliable, and should no longer be published.",
        "List the addresses with ip4 and ip6 instead.",
        "RFC 7208 section 5.5",
    ),
    Demand(
        "spf-all",
        "domain",
        "spf_all",
        ("fail", "softfail", "redirect"),
        "error",
        "{about}: the record does not refuse everybody else: {seen}",
        "Senders that no term names get the result neutral, as if there were no record.",
        "End the record with -all (or ~all).",
        "RFC 7208 section 5.1",
    ),
    Demand(
        "spf-wide-network",
        "domain",
        "spf_wide",
        ("none",),
        "warning",
        "{about}: a network lets in more than one organization: {seen}",
        "Everybody in it can send in the name of the domain.",
        "List only the addresses or networks that really send.",
        "RFC 7208 section 11.4",
    ),
    Demand(
        "spf-idle-terms",
        "domain",
        "spf_idle",
        ("none",),
        "warning",
        "{about}: the record has terms that are never evaluated: {seen}",
        "Receivers ignore every term that follows all.",
        "Make all the last term of the record.",
        "RFC 7208 sections 5.1 and 6.1",
    ),
    Demand(
        "spf-unknown-terms",
        "domain",
        "spf_unknown_terms",
        ("none",),
        "info",
        "{about}: the record has modifiers that no standard defines: {seen}",
        "Receivers ignore them.",
        "Remove them, or correct the spelling.",
        "RFC 7208 section 6",
    ),
)
