# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reverse DNS (RFC 1912 section 2.1): the address of a sender has a name that has the address."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .demand import Demand, Told
from .intent import Domain
from .names import among
from .question import Answer, Question, Steps, ask_all

CONFIRMED = "confirmed"
# More names than these are nobody's intent; each costs two questions.
MAX_NAMES = 10


@dataclass(frozen=True)
class Reverse:
    """One address: its names, and the addresses of each name."""

    address: str
    answer: Answer
    forward: Mapping[str, Answer]

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The names that have this address."""
        return tuple(name for name, one in self.forward.items() if self.address in one.records)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "address": self.address,
            "answer": self.answer.to_dict(),
            "forward": {name: one.to_dict() for name, one in self.forward.items()},
            "confirmed": list(self.confirmed),
        }


def addresses_of(domain: Domain) -> list[str]:
    """Return the single addresses that send for the domain; networks have no one name."""
    found = []
    for sender in domain.senders:
        try:
            found.append(str(ipaddress.ip_address(sender)))
        except ValueError:
            continue
    return found


def gather(addresses: Iterable[str]) -> Steps[dict[str, Reverse]]:
    """Ask for the names of each address, and for the addresses of those names."""
    pointers = {
        address: Question(ipaddress.ip_address(address).reverse_pointer, "PTR")
        for address in dict.fromkeys(addresses)
    }
    answers = yield from ask_all(list(pointers.values()))
    forward = {
        address: _forward(address, answers[question].records[:MAX_NAMES])
        for address, question in pointers.items()
    }
    found = yield from ask_all([one for several in forward.values() for one in several])
    return {
        address: Reverse(
            address, answers[question], {one.name: found[one] for one in forward[address]}
        )
        for address, question in pointers.items()
    }


def _forward(address: str, names: Sequence[str]) -> list[Question]:
    kind = "AAAA" if ":" in address else "A"
    return [Question(name, kind) for name in names]


def told(domain: Domain, seen: Mapping[str, Reverse]) -> Iterator[Told]:
    """Yield whether each sender's address is confirmed, and by a name of the intent."""
    if not seen:
        why = "the intent names no single address that sends"
        yield Told("reverse_confirmed", domain.domain, not_asked=why)
        yield Told("reverse_name", domain.domain, not_asked=why)
    for address, one in seen.items():
        yield from _told(domain, address, one)


def _told(domain: Domain, address: str, one: Reverse) -> Iterator[Told]:
    names = ", ".join(one.answer.records)
    unclear = [
        f"{name}: {answer.words}" for name, answer in one.forward.items() if not answer.known
    ]
    if not one.answer.known:
        yield Told("reverse_confirmed", address, unknown=f"PTR: {one.answer.words}")
        yield Told("reverse_name", address, unknown=f"PTR: {one.answer.words}")
        return
    if not names:
        yield Told("reverse_confirmed", address, "no name", "the address has no name (no PTR)")
        yield Told("reverse_name", address, not_asked="the address has no name")
        return
    if one.confirmed:
        yield Told("reverse_confirmed", address, CONFIRMED, names)
    elif unclear:
        yield Told("reverse_confirmed", address, unknown="; ".join(unclear))
    else:
        words = f"{names}, which does not have this address"
        yield Told("reverse_confirmed", address, "not confirmed", words)
    wanted = [*domain.mail_hosts, *(intent.server_name for intent in domain.ports)]
    if not wanted:
        yield Told("reverse_name", address, not_asked="the intent names no hosts")
    elif any(among(name, wanted) for name in one.answer.records):
        yield Told("reverse_name", address, "intended", names)
    else:
        yield Told("reverse_name", address, "other", f"{names}; the hosts are {', '.join(wanted)}")


DEMANDS = (
    Demand(
        "reverse-not-confirmed",
        "address",
        "reverse_confirmed",
        (CONFIRMED,),
        "error",
        "{about}: reverse and forward DNS do not agree: {seen}",
        "Large receivers refuse mail from an address whose name does not lead back to it.",
        "Have the owner of the address (the hoster) set its PTR to the host name, and publish that "
        "name's A or AAAA record with the address.",
        "RFC 1912 section 2.1, RFC 8601 section 2.7.3",
    ),
    Demand(
        "reverse-other-name",
        "address",
        "reverse_name",
        ("intended",),
        "warning",
        "{about}: its name is not one of the intended hosts: {seen}",
        "Receivers compare the reverse name with the name in EHLO; a generic one costs trust.",
        "Have the PTR changed to the host name that the server uses in EHLO.",
        "RFC 5321 section 4.1.4",
    ),
)
