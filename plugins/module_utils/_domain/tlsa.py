# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DANE for SMTP (RFC 6698, 7671, 7672): the DNS says which certificate a mail host must show."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._model.services import SERVICES
from .._probe import der
from .demand import Demand, Told
from .intent import Domain
from .names import same
from .question import Answer, Question, Steps, ask_all

PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)
# RFC 7672 section 3.1.3: at port 25 the other two count as unusable.
USABLE = (DANE_TA, DANE_EE)
_HASHES = {1: hashlib.sha256, 2: hashlib.sha512}
_LENGTHS = {1: 32, 2: 64}
PORT = SERVICES["smtp"].port


@dataclass(frozen=True)
class Record:
    """One TLSA record: usage, selector (0 certificate, 1 key), matching (0 all, 1, 2 hashes)."""

    usage: int
    selector: int
    matching: int
    data: bytes

    def __str__(self) -> str:
        """Return the record as zone files write it."""
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()}"

    @property
    def problem(self) -> str:
        """Why a sender of mail would not use this record, "" where it would."""
        if self.usage not in USABLE:
            return f"usage {self.usage} does not count at port 25; 3 and 2 do"
        if self.selector not in (0, 1):
            return f"there is no selector {self.selector}"
        if self.matching not in (0, 1, 2):
            return f"there is no matching type {self.matching}"
        wanted = _LENGTHS.get(self.matching, len(self.data))
        if len(self.data) != wanted or not self.data:
            return f"its data has {len(self.data)} bytes, not {wanted or 'any'}"
        return ""


def parse(text: str) -> Record:
    """Return the record that ``text`` is, as in a zone file. Raises ValueError."""
    parts = text.split(None, 3)
    if len(parts) != 4 or not all(part.isdigit() for part in parts[:3]):
        raise ValueError(f"{text[:80]!r} is not usage, selector, matching type and hex")
    data = bytes.fromhex("".join(parts[3].split()))
    return Record(int(parts[0]), int(parts[1]), int(parts[2]), data)


def key_of(certificate: bytes) -> bytes:
    """Return the SubjectPublicKeyInfo of a DER certificate (RFC 5280). Raises DerError."""
    whole = der.Reader(certificate, "certificate").take(der.SEQUENCE)
    body = der.Reader(der.Reader(whole.body, "certificate").take(der.SEQUENCE).body, "certificate")
    body.optional(0xA0)
    for _serial_signature_issuer_validity_subject in range(5):
        body.take()
    return body.take(der.SEQUENCE).raw


def associated(certificate: bytes, selector: int, matching: int) -> bytes:
    """Return what a record with these numbers holds for a certificate (RFC 6698 section 2.1)."""
    data = key_of(certificate) if selector == 1 else certificate
    return _HASHES[matching](data).digest() if matching in _HASHES else data


def matches(record: Record, chain: Sequence[bytes]) -> bool:
    """Tell whether a usable record matches a chain of DER certificates, the host's own first.

    Usage 3 is about the host's own certificate, usage 2 about those above it that the host sent:
    an anchor must have issued something. Whether a chain leads to it, and names the host, is for
    who builds chains (RFC 7671 section 5.2).
    """
    candidates = chain[:1] if record.usage == DANE_EE else chain[1:]
    return not record.problem and any(
        associated(one, record.selector, record.matching) == record.data for one in candidates
    )


@dataclass(frozen=True)
class Shown:
    """What one address showed: digests of the host's own certificate and of its key, in hex, and
    the whole chain where the probe has it. ``key_type`` tells several certificates apart."""

    address: str
    sha256: str
    spki_sha256: str
    key_type: str = ""
    chain: tuple[bytes, ...] = ()

    def match(self, record: Record) -> Optional[bool]:
        """Tell whether a record matches; None where what was seen is not enough to tell."""
        if self.chain:
            return matches(record, self.chain)
        if record.usage != DANE_EE or record.matching != 1 or record.selector not in (0, 1):
            return None
        return record.data.hex() == (self.spki_sha256 if record.selector else self.sha256)


def shown(endpoints: Sequence[Mapping[str, Any]], host: str) -> list[Shown]:
    """Return what a probe (port_info's endpoints) saw of one host at port 25.

    A host may serve a certificate for each type of key; each of them counts.
    """
    found = []
    for one in _at_relay(endpoints, host):
        rows = [one, *(row for row in one.get("served") or () if row.get("status") == "served")]
        for certificate in (row.get("certificate") for row in rows):
            if certificate:
                found.append(
                    Shown(
                        one.get("address", ""),
                        certificate["sha256"],
                        certificate["spki_sha256"],
                        certificate.get("key_type", ""),
                    )
                )
    return list(dict.fromkeys(found))


def unseen(endpoints: Sequence[Mapping[str, Any]], host: str) -> list[str]:
    """Return why certificates of a host at port 25 are not known, one line each."""
    found = []
    for one in _at_relay(endpoints, host):
        if not one.get("certificate"):
            found.append(f"no certificate was seen at {one.get('address', '')}")
        for row in one.get("served") or ():
            if row.get("status") == "unknown" and row.get("key"):
                why = row.get("detail") or "no reason given"
                found.append(f"whether {one.get('address', '')} serves {row['key']}: {why}")
    return found


def _at_relay(endpoints: Sequence[Mapping[str, Any]], host: str) -> list[Mapping[str, Any]]:
    return [one for one in endpoints if one.get("port") == PORT and same(one.get("host", ""), host)]


def name_of(host: str, port: int = PORT) -> str:
    """Return the name of a host's records (RFC 6698 section 3)."""
    return f"_{port}._tcp.{host}"


def gather(hosts: Sequence[str]) -> Steps[dict[str, Answer]]:
    """Ask for the records of each host."""
    questions = {host: Question(name_of(host), "TLSA") for host in hosts}
    answers = yield from ask_all(list(questions.values()))
    return {host: answers[question] for host, question in questions.items()}


_OF_RECORDS = ("tlsa_secure", "tlsa_usable", "tlsa_matches", "tlsa_idle", "tlsa_intended")


def told(
    domain: Domain,
    seen: Mapping[str, Answer],
    endpoints: Optional[Sequence[Mapping[str, Any]]] = None,
) -> Iterator[Told]:
    """Yield what the records of each host say; ``endpoints`` are what a probe saw, None for none.

    Records that are there are judged whether DANE is wanted or not: senders follow them.
    """
    if not seen:
        for question in ("tlsa_present", *_OF_RECORDS):
            yield Told(question, domain.domain, not_asked="there is no mail host")
    for host, answer in seen.items():
        yield from _host(domain, host, answer, endpoints)


def _host(
    domain: Domain,
    host: str,
    answer: Answer,
    endpoints: Optional[Sequence[Mapping[str, Any]]],
) -> Iterator[Told]:
    about = name_of(host)
    if not answer.known:
        for question in ("tlsa_present", *_OF_RECORDS):
            yield Told(question, about, unknown=answer.words)
        return
    records = [Record(*one) for one in answer.records]
    if domain.dane != "required":
        yield Told("tlsa_present", about, not_asked="the intent does not require DANE")
    else:
        value = "some" if records else "none"
        yield Told("tlsa_present", about, value, _listed(records) or "no TLSA record")
    if not records:
        for question in _OF_RECORDS:
            yield Told(question, about, not_asked="there are no TLSA records")
        return
    yield _secure(about, answer)
    usable = [record for record in records if not record.problem]
    problems = "; ".join(f"{record}: {record.problem}" for record in records if record.problem)
    value = "all" if not problems else ("some" if usable else "none")
    yield Told("tlsa_usable", about, value, problems or _listed(records))
    yield from _matched(about, usable, host, endpoints)
    yield _intended(domain, about, host, records)


def _listed(records: Sequence[Record]) -> str:
    return ", ".join(map(str, records))


def _secure(about: str, answer: Answer) -> Told:
    if answer.secure is None:
        why = "no resolver is trusted to validate DNSSEC, so it is not judged"
        return Told("tlsa_secure", about, not_asked=why)
    words = "signed and validated" if answer.secure else "not protected by DNSSEC"
    return Told("tlsa_secure", about, "secure" if answer.secure else "insecure", words)


def _matched(
    about: str,
    usable: Sequence[Record],
    host: str,
    endpoints: Optional[Sequence[Mapping[str, Any]]],
) -> Iterator[Told]:
    """Hold the records against what each address showed, and find those that match nothing."""
    if endpoints is None:
        for question in ("tlsa_matches", "tlsa_idle"):
            yield Told(question, about, not_asked="no probe of the ports was given")
        return
    if not usable:
        for question in ("tlsa_matches", "tlsa_idle"):
            yield Told(question, about, not_asked="there is no usable record")
        return
    certificates = shown(endpoints, host)
    for why in unseen(endpoints, host) if certificates else ():
        yield Told("tlsa_matches", about, unknown=why)
    if not certificates:
        for question in ("tlsa_matches", "tlsa_idle"):
            yield Told(question, about, unknown="the probe saw no certificate at port 25")
        return
    results = {(one, record): one.match(record) for one in certificates for record in usable}
    for one in certificates:
        mine = [results[one, record] for record in usable]
        where = f"{about} at {one.address}{f' ({one.key_type})' if one.key_type else ''}"
        if any(mine):
            yield Told("tlsa_matches", where, "matches", f"certificate {one.sha256}")
        elif None in mine:
            why = "a record that needs the whole chain was not compared"
            yield Told("tlsa_matches", where, unknown=why)
        else:
            words = f"certificate {one.sha256} with the key {one.spki_sha256}; {_listed(usable)}"
            yield Told("tlsa_matches", where, "differs", words)
    idle = [r for r in usable if not any(results[one, r] is not False for one in certificates)]
    yield Told("tlsa_idle", about, "some" if idle else "none", _listed(idle) or "none")


def _intended(domain: Domain, about: str, host: str, records: Sequence[Record]) -> Told:
    wanted = [parse(text) for name, text in domain.tlsa if name.lower() == host.lower()]
    if not wanted:
        return Told("tlsa_intended", about, not_asked="the intent names no TLSA records")
    missing = [record for record in wanted if record not in records]
    more = [record for record in records if record not in wanted]
    words = f"missing: {_listed(missing) or 'none'}; unexpected: {_listed(more) or 'none'}"
    return Told("tlsa_intended", about, "other" if missing or more else "intended", words)


DEMANDS = (
    Demand(
        "dane-missing",
        "mail host",
        "tlsa_present",
        ("some",),
        "error",
        "{about}: DANE is required, but there is {seen}",
        "Senders cannot tell the host from an impostor.",
        "Publish a 3 1 1 record for each certificate that the host serves.",
        "RFC 7672 section 2.2",
        ("TR-03108-05-M",),
    ),
    Demand(
        "dane-insecure",
        "mail host",
        "tlsa_secure",
        ("secure",),
        "error",
        "{about}: the records are {seen}",
        "Senders ignore TLSA records that DNSSEC does not protect.",
        "Sign the zone of the mail host and have its DS published.",
        "RFC 7672 section 2.2",
        ("TR-03108-05-M",),
    ),
    Demand(
        "dane-unusable",
        "mail host",
        "tlsa_usable",
        ("all",),
        "error",
        "{about}: a record cannot be used: {seen}",
        "Where no record can be used, senders must encrypt but check nothing.",
        "Replace it with 3 1 1 (the SHA-256 of the host's public key).",
        "RFC 7672 section 3.1",
    ),
    Demand(
        "dane-mismatch",
        "address",
        "tlsa_matches",
        ("matches",),
        "error",
        "{about}: the certificate matches no record: {seen}",
        "Senders that use DANE do not deliver to this host.",
        "Publish the record of the key in use; for the next change, publish the new key's record "
        "first and wait for its TTL.",
        "RFC 7672 section 3.1, RFC 7671 section 8.1",
        ("TR-03108-05-M",),
    ),
    Demand(
        "dane-idle-record",
        "mail host",
        "tlsa_idle",
        ("none",),
        "warning",
        "{about}: a record matches no certificate that was seen: {seen}",
        "It is the record of the next key, or one that was left behind.",
        "Remove it, unless it is for a key that is about to be used.",
        "RFC 7671 section 8",
    ),
    Demand(
        "dane-differs",
        "mail host",
        "tlsa_intended",
        ("intended",),
        "error",
        "{about}: the records are not those of the intent: {seen}",
        "Senders refuse a key without a record as soon as it is used.",
        "Publish the records that the filter dns_records gives, or correct the intent.",
        "the intent",
    ),
)
