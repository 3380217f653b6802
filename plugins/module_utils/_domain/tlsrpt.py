# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLSRPT (RFC 8460): where senders report that TLS to a domain's mail hosts failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import tags
from .demand import Demand, Told
from .intent import Domain
from .question import Answer, Steps, ask

VERSION = "TLSRPTv1"
SCHEMES = ("mailto", "https")


@dataclass(frozen=True)
class Record:
    """One record: the URIs that reports go to."""

    reports: tuple[str, ...]


def parse(text: str) -> Record:
    """Return the record that ``text`` is (section 3). Raises TagError."""
    if not tags.begins(text, VERSION):
        raise tags.TagError(f"the record does not begin with v={VERSION}")
    found = tags.parse(text)
    if not found.get("rua"):
        raise tags.TagError("rua= (where reports go) is missing")
    uris = tags.words(found["rua"], ",")
    for uri in uris:
        scheme, _colon, rest = uri.partition(":")
        if scheme.lower() not in SCHEMES or not rest:
            raise tags.TagError(f"{uri!r} is neither mailto: nor https:")
        if scheme.lower() == "mailto" and "@" not in rest:
            raise tags.TagError(f"{uri!r} has no mail address")
    return Record(uris)


def gather(domain: str) -> Steps[Answer]:
    """Ask for the record."""
    return ask(f"_smtp._tls.{domain}", "TXT")


def told(domain: Domain, seen: Answer) -> Iterator[Told]:
    """Yield what the record says; where the intent has none, only what is there is judged."""
    about = f"_smtp._tls.{domain.domain}"
    later = ("tlsrpt_mail", "tlsrpt_intended")
    if not seen.known:
        for question in ("tlsrpt_record", *later):
            yield Told(question, about, unknown=seen.words)
        return
    texts = [text for text in map(tags.text_of, seen.records) if tags.begins(text, VERSION)]
    if not texts and domain.tlsrpt is None:
        for question in ("tlsrpt_record", *later):
            yield Told(question, about, not_asked="the intent does not ask for TLSRPT")
        return
    try:
        record = parse(texts[0]) if len(texts) == 1 else None
        words = f"{len(texts)} TLSRPT records" if texts else "no TLSRPT record"
        value = "several" if texts else "none"
    except tags.TagError as error:
        record, words, value = None, str(error), "invalid"
    if record is None:
        yield Told("tlsrpt_record", about, value, words)
        for question in later:
            yield Told(question, about, not_asked=f"there is no usable record: {words}")
        return
    listed = ", ".join(record.reports)
    yield Told("tlsrpt_record", about, "valid", listed)
    mail = all(uri.lower().startswith("mailto:") for uri in record.reports)
    yield Told("tlsrpt_mail", about, "mailto" if mail else "https", listed)
    if domain.tlsrpt is None:
        yield Told("tlsrpt_intended", about, not_asked="the intent does not mention TLSRPT")
        return
    missing = [uri for uri in domain.tlsrpt if uri not in record.reports]
    words = f"{', '.join(missing)} is missing from {listed}" if missing else listed
    yield Told("tlsrpt_intended", about, "other" if missing else "intended", words)


DEMANDS = (
    Demand(
        "tlsrpt-record",
        "domain",
        "tlsrpt_record",
        ("valid",),
        "error",
        "{about}: there should be one valid record, but there is {seen}",
        "You do not learn when senders cannot deliver because of TLS.",
        "Publish v=TLSRPTv1; rua=mailto: with an address that is read.",
        "RFC 8460 section 3",
        ("TR-03108-10-M",),
    ),
    Demand(
        "tlsrpt-https",
        "domain",
        "tlsrpt_mail",
        ("mailto",),
        "info",
        "{about}: reports are asked for over HTTPS: {seen}",
        "Where TLS is what fails, mail reaches you more reliably than HTTPS.",
        "Use mailto: addresses only.",
        "BSI TR-03108 version 2.0",
        ("TR-03108-10-M",),
    ),
    Demand(
        "tlsrpt-differs",
        "domain",
        "tlsrpt_intended",
        ("intended",),
        "error",
        "{about}: reports do not go where the intent says: {seen}",
        "Senders report to the addresses in the DNS.",
        "Publish the record that the filter dns_records gives, or correct the intent.",
        "the intent",
    ),
)
