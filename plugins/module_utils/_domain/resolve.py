# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the DNS: the only file that does, and the only room that may import dnspython.

dnspython (ISC licence; 2.3.0 or later) is needed on the machine that asks, and is imported when the
first question goes out, so that everything else here runs without it.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Optional

from .question import (
    BOGUS,
    GARBLED,
    INVALID,
    LAME,
    LOOP,
    NODATA,
    NXDOMAIN,
    RECORDS,
    REFUSED,
    SERVFAIL,
    TIMEOUT,
    Answer,
    Question,
)

TIMEOUT_SECONDS = 5.0
TRIES = 2
PORT = 53
# RFC 9715 section 3: fits any path, so that no answer comes in fragments.
PAYLOAD = 1232
MAX_CHAIN = 8
_EDE = 15
# RFC 8914 section 4: those that a validating resolver gives where a proof failed.
_EDE_BOGUS = (1, 2, 5, 6, 7, 8, 9, 10, 11, 12)
_EDE_LAME = (20, 22)


class ResolverError(Exception):
    """Nobody can be asked: dnspython or a resolver is missing; one line that says what to do."""


@dataclass(frozen=True)
class Settings:
    """Whom to ask, and how long. ``servers`` are addresses, empty for the machine's own;
    ``trusted`` is the user's word that they validate DNSSEC and that the way to them is safe."""

    servers: tuple[str, ...] = ()
    trusted: bool = False
    timeout: float = TIMEOUT_SECONDS
    port: int = PORT


def library() -> Any:
    """Return dnspython. Raises ResolverError where it is missing or too old."""
    try:
        import dns.edns
        import dns.exception
        import dns.flags
        import dns.message
        import dns.query
        import dns.rcode
        import dns.rdatatype
        import dns.resolver
        import dns.version
    except ImportError as error:
        raise ResolverError(
            "to ask the DNS, postmaster.mailports needs the Python library dnspython (2.3.0 or "
            f"later) on the machine that asks (Debian: python3-dnspython): {error}"
        ) from error
    if (dns.version.MAJOR, dns.version.MINOR) < (2, 3):
        raise ResolverError(
            f"dnspython {dns.version.version} is too old here; 2.3.0 or later is needed"
        )
    return dns


@dataclass
class Resolver:
    """Answers questions, one at a time and from many threads at once."""

    settings: Settings
    _dns: Any = field(default=None, repr=False)
    _servers: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Find the library and the servers. Raises ResolverError."""
        self._dns = library()
        self._servers = self.settings.servers or self._own_servers()

    def _own_servers(self) -> Sequence[str]:
        try:
            found = self._dns.resolver.Resolver().nameservers
        except self._dns.exception.DNSException as error:
            raise ResolverError(
                f"this machine has no resolver that could be asked ({error}); name one"
            ) from None
        servers: list[str] = []
        for one in found:
            address = str(getattr(one, "address", one))
            servers.append(address)
        return servers

    def __call__(self, question: Question) -> Answer:
        """Return the answer to one question; what goes wrong is a kind of answer too."""
        try:
            name = self._dns.name.from_text(question.name)
            kind = self._dns.rdatatype.from_text(question.type)
        except (self._dns.exception.DNSException, UnicodeError, ValueError) as error:
            return Answer(INVALID, detail=_line(error))
        chain: list[str] = []
        secure: list[Optional[bool]] = []
        while True:
            answer, alias = self._once(name, kind)
            chain += answer.chain
            secure.append(answer.secure)
            if len(chain) > MAX_CHAIN or len({one.lower() for one in chain}) < len(chain):
                return Answer(LOOP, chain=tuple(chain), detail=" -> ".join(chain[:MAX_CHAIN]))
            if alias is None:
                # A chain is as secure as its weakest link.
                weakest = next((one for one in secure if not one), answer.secure)
                return replace(answer, chain=tuple(chain), secure=weakest)
            name = self._dns.name.from_text(alias)

    def _once(self, name: Any, kind: Any) -> tuple[Answer, Optional[str]]:
        """Return an answer, and the alias to ask for where the answer ends at one."""
        response, problem = self._exchange(name, kind)
        if response is None:
            return problem, None
        return self._read(response, name, kind)

    def _exchange(self, name: Any, kind: Any, checking: bool = False) -> tuple[Any, Answer]:
        """Return the first useful response, else None and why. Each server gets TRIES chances."""
        failures: dict[str, Answer] = {}
        end = time.monotonic() + self.settings.timeout * TRIES
        for server in [one for _try in range(TRIES) for one in self._servers]:
            left = min(self.settings.timeout, end - time.monotonic())
            # Only silence is worth a second try; a server that failed has said so.
            if left <= 0 or failures.get(server, Answer(TIMEOUT)).kind != TIMEOUT:
                continue
            response, outcome = self._send(server, self._query(name, kind, checking), left)
            if response is not None:
                outcome = self._failure(response, server)
                if outcome.kind == RECORDS:
                    return response, outcome
            failures[server] = outcome
        # What a server says tells more than the silence of another.
        told = [one for one in failures.values() if one.kind != TIMEOUT]
        worst = [*told, *failures.values(), Answer(TIMEOUT, detail="no resolver is known")][0]
        if worst.kind == SERVFAIL and self.settings.trusted and not checking:
            worst = self._bogus_or(worst, name, kind)
        return None, worst

    def _query(self, name: Any, kind: Any, checking: bool) -> Any:
        dns = self._dns
        query = dns.message.make_query(name, kind, use_edns=0, want_dnssec=True, payload=PAYLOAD)
        query.flags |= dns.flags.RD | dns.flags.AD
        if checking:
            query.flags |= dns.flags.CD
        return query

    def _send(self, server: str, query: Any, seconds: float) -> tuple[Any, Answer]:
        """Ask one server by UDP, and by TCP where the answer was cut off."""
        dns = self._dns
        by_tcp = False
        try:
            response = dns.query.udp(
                query, server, seconds, self.settings.port, ignore_unexpected=True
            )
            if response.flags & dns.flags.TC:
                by_tcp = True
                response = dns.query.tcp(query, server, seconds, self.settings.port)
        except dns.exception.Timeout:
            how = " over TCP" if by_tcp else ""
            return None, Answer(TIMEOUT, tcp=by_tcp, detail=f"{server} was silent{how}")
        except (dns.exception.DNSException, ValueError, EOFError) as error:
            return None, Answer(GARBLED, tcp=by_tcp, detail=f"{server}: {_line(error)}")
        except OSError as error:
            detail = f"{server} cannot be reached: {error.strerror or error}"
            return None, Answer(TIMEOUT, tcp=by_tcp, detail=detail)
        response.mailports_tcp = by_tcp
        return response, Answer(RECORDS)

    def _failure(self, response: Any, server: str) -> Answer:
        """Return RECORDS for a response that can be read on, else which failure it is."""
        dns = self._dns
        code = response.rcode()
        told = self._extended(response)
        words = ", ".join(f"EDE {number}{f' ({text})' if text else ''}" for number, text in told)
        detail = f"{server}: {words}" if words else str(server)
        if code in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            answered = response.answer or response.flags & (dns.flags.RA | dns.flags.AA)
            return Answer(RECORDS) if answered else Answer(LAME, detail=detail)
        if code == dns.rcode.REFUSED:
            return Answer(REFUSED, detail=detail)
        if code != dns.rcode.SERVFAIL:
            return Answer(GARBLED, detail=f"{detail}: {dns.rcode.to_text(code)}")
        numbers = [number for number, _text in told]
        if self.settings.trusted and any(number in _EDE_BOGUS for number in numbers):
            return Answer(BOGUS, secure=False, detail=detail)
        if any(number in _EDE_LAME for number in numbers):
            return Answer(LAME, detail=detail)
        return Answer(SERVFAIL, detail=detail)

    def _extended(self, response: Any) -> list[tuple[int, str]]:
        """Return the extended errors (RFC 8914) of a response: number and words."""
        found = []
        for option in response.options:
            if int(option.otype) == _EDE and hasattr(option, "code"):
                found.append((int(option.code), str(option.text or "")))
        return found

    def _bogus_or(self, failed: Answer, name: Any, kind: Any) -> Answer:
        """Tell a failed proof from a server failure: without the proof (CD) it would answer."""
        response, _why = self._exchange(name, kind, checking=True)
        if response is None:
            return failed
        return Answer(
            BOGUS, secure=False, detail=f"{failed.detail}: it answers when told not to validate"
        )

    def _read(self, response: Any, name: Any, kind: Any) -> tuple[Answer, Optional[str]]:
        """Return what a good response says, following its aliases (RFC 1034 section 3.6.2)."""
        dns = self._dns
        secure = bool(response.flags & dns.flags.AD) if self.settings.trusted else None
        tcp = bool(response.mailports_tcp)
        chain: list[str] = []
        owner = name
        while len(chain) <= MAX_CHAIN:
            rrset = response.get_rrset(response.answer, owner, dns.rdataclass.IN, kind)
            if rrset is not None:
                wildcard = self._by_wildcard(response, owner, kind)
                records = tuple(_value(record) for record in rrset)
                answer = Answer(
                    RECORDS, records, tuple(chain), secure, int(rrset.ttl), wildcard, tcp
                )
                return answer, None
            alias = response.get_rrset(
                response.answer, owner, dns.rdataclass.IN, dns.rdatatype.CNAME
            )
            if alias is None:
                break
            owner = next(iter(alias)).target
            chain.append(_name(owner))
        if len(chain) > MAX_CHAIN:
            return Answer(LOOP, chain=tuple(chain), detail=" -> ".join(chain[:MAX_CHAIN])), None
        nothing = NXDOMAIN if response.rcode() == dns.rcode.NXDOMAIN else NODATA
        answer = Answer(nothing, (), tuple(chain), secure, tcp=tcp)
        # A server that only knows the alias leaves its target to us.
        unfinished = chain and nothing == NODATA and not self._is_final(response)
        return answer, chain[-1] if unfinished else None

    def _is_final(self, response: Any) -> bool:
        """Tell whether a chain ends here: a resolver follows it, and a SOA denies (RFC 2308)."""
        if response.flags & self._dns.flags.RA:
            return True
        return any(rrset.rdtype == self._dns.rdatatype.SOA for rrset in response.authority)

    def _by_wildcard(self, response: Any, owner: Any, kind: Any) -> Optional[bool]:
        """Tell from a signature's count of labels whether a wildcard answered (RFC 4034, 3.1.3)."""
        dns = self._dns
        signatures = response.get_rrset(
            response.answer, owner, dns.rdataclass.IN, dns.rdatatype.RRSIG, kind
        )
        if signatures is None:
            return None
        labels = len(owner.labels) - 1 - (owner.labels[0] == b"*")
        return any(int(one.labels) < labels for one in signatures)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _name(name: Any) -> str:
    return str(name.to_text(omit_final_dot=True)) if len(name.labels) > 1 else "."


def _value(record: Any) -> Any:
    """Return one record as the plain value that ``Answer`` promises."""
    kind = type(record).__name__
    maker = _VALUES.get(kind)
    return maker(record) if maker else record.to_text()


_VALUES: dict[str, Callable[[Any], Any]] = {
    "A": lambda one: one.address,
    # One spelling for one address.
    "AAAA": lambda one: str(ipaddress.ip_address(one.address)),
    "CNAME": lambda one: _name(one.target),
    "PTR": lambda one: _name(one.target),
    "NS": lambda one: _name(one.target),
    "MX": lambda one: (int(one.preference), _name(one.exchange)),
    "SRV": lambda one: (int(one.priority), int(one.weight), int(one.port), _name(one.target)),
    "TXT": lambda one: tuple(one.strings),
    "TLSA": lambda one: (int(one.usage), int(one.selector), int(one.mtype), bytes(one.cert)),
    "SMIMEA": lambda one: (int(one.usage), int(one.selector), int(one.mtype), bytes(one.cert)),
    "CAA": lambda one: (int(one.flags), one.tag.decode("ascii", "replace"), bytes(one.value)),
    "SOA": lambda one: _name(one.mname),
}
