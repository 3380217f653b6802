# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is demanded of DMARC, and what the records say to it (RFC 9989)."""

from __future__ import annotations

from collections.abc import Iterator

from .demand import Demand, Told
from .dmarc import Dmarc, Record, is_permitted, strength, unclear_words
from .intent import Domain

_OF_RECORD = (
    "dmarc_syntax",
    "dmarc_policy",
    "dmarc_subdomains",
    "dmarc_testing",
    "dmarc_removed",
    "dmarc_reports",
    "dmarc_intended",
    "dmarc_permission",
)


def told(domain: Domain, seen: Dmarc) -> Iterator[Told]:
    """Yield what the record that applies says of each question."""
    about = domain.domain
    found = seen.found
    unclear = "; ".join(unclear_words(found))
    record = seen.record
    # A record of a parent counts only where nearer names surely have none.
    if found.unclear and (record is None or found.source != about):
        for question in ("dmarc_record", *_OF_RECORD):
            yield Told(question, about, unknown=unclear)
        return
    if found.several and (record is None or about in found.several):
        words = f"there are several DMARC records at _dmarc.{found.several[0]}"
        yield Told("dmarc_record", about, "several", words)
        record = None
    elif record is None:
        words = "there is no usable DMARC record"
        yield Told("dmarc_record", about, "none", words)
    else:
        yield Told("dmarc_record", about, "valid", f"the record at _dmarc.{found.source}")
    if record is None:
        for question in _OF_RECORD:
            yield Told(question, about, not_asked=words)
        return
    yield from _record(domain, seen, record)


def policies(seen: Dmarc, record: Record) -> tuple[str, str]:
    """Return what applies to the domain itself and, at the weakest, to those below it."""
    own = record.applied
    if seen.found.source != seen.found.domain:
        own = record.for_subdomain(exists=True)
    weakest = min((record.for_subdomain(True), record.for_subdomain(False)), key=strength)
    return own, weakest


def _record(domain: Domain, seen: Dmarc, record: Record) -> Iterator[Told]:
    about = domain.domain
    own, weakest = policies(seen, record)
    yield Told("dmarc_policy", about, own, f"the policy {own}")
    weaker = strength(weakest) < strength(own)
    yield Told(
        "dmarc_subdomains", about, "weaker" if weaker else "same", f"the policy {weakest} below it"
    )
    yield Told("dmarc_testing", about, "yes" if record.testing else "no", _testing(record))
    removed = ", ".join(f"{name}=" for name in record.removed)
    yield Told("dmarc_removed", about, "some" if removed else "none", removed or "none")
    problems = "; ".join(record.problems)
    yield Told("dmarc_syntax", about, "wrong" if problems else "right", problems or "no error")
    reports = ", ".join(record.reports)
    yield Told("dmarc_reports", about, "wanted" if reports else "none", reports or "no rua=")
    yield from _intended(domain, record, own)
    yield from _permissions(about, seen)


def _testing(record: Record) -> str:
    return "t=y" if record.testing else "no t=y"


def _intended(domain: Domain, record: Record, own: str) -> Iterator[Told]:
    about, wanted = domain.domain, domain.dmarc
    if wanted is None:
        yield Told("dmarc_intended", about, not_asked="the intent does not mention DMARC")
        return
    wrong = []
    if own != wanted.policy:
        wrong.append(f"the policy is {own}, not {wanted.policy}")
    if wanted.subdomains and (record.subdomains or record.policy) != wanted.subdomains:
        wrong.append(f"for subdomains it is not {wanted.subdomains}")
    missing = [one for one in wanted.reports if one not in record.reports]
    missing += [one for one in wanted.failures if one not in record.failures]
    if missing:
        wrong.append(f"{', '.join(missing)} is missing")
    value = "other" if wrong else "intended"
    yield Told("dmarc_intended", about, value, "; ".join(wrong) or "as in the intent")


def _permissions(about: str, seen: Dmarc) -> Iterator[Told]:
    if not seen.permissions:
        yield Told("dmarc_permission", about, not_asked="no report goes to another organization")
    for receiver, answer in seen.permissions.items():
        name = f"{seen.found.source}._report._dmarc.{receiver}"
        if not answer.known:
            yield Told("dmarc_permission", receiver, unknown=f"{name}: {answer.words}")
        else:
            given = is_permitted(answer)
            words = f"{name} {'says so' if given else 'has no v=DMARC1'}"
            yield Told("dmarc_permission", receiver, "given" if given else "missing", words)


DEMANDS = (
    Demand(
        "dmarc-record",
        "domain",
        "dmarc_record",
        ("valid",),
        "error",
        "{about}: receivers find no DMARC policy to follow: {seen}",
        "Anybody can send mail in the name of the domain, and receivers cannot tell.",
        "Publish one record at _dmarc that begins with v=DMARC1 and has p=.",
        "RFC 9989 section 4.10.1",
        ("TR-03182-06-M",),
    ),
    Demand(
        "dmarc-syntax",
        "domain",
        "dmarc_syntax",
        ("right",),
        "warning",
        "{about}: parts of the DMARC record are ignored: {seen}",
        "Receivers skip what they cannot read, so the record says less than you meant.",
        "Correct or remove the parts that the message names.",
        "RFC 9989 section 4.8",
    ),
    Demand(
        "dmarc-policy",
        "domain",
        "dmarc_policy",
        ("quarantine", "reject"),
        "warning",
        "{about}: receivers are asked to let forged mail pass: {seen}",
        "The policy none only collects reports.",
        "Once reports show that your own mail passes, publish p=quarantine, then p=reject.",
        "RFC 9989 section 4.7",
        ("TR-03182-06-M",),
    ),
    Demand(
        "dmarc-subdomains",
        "domain",
        "dmarc_subdomains",
        ("same",),
        "warning",
        "{about}: names below the domain are protected less than it is: {seen}",
        "Forgers use names below the domain, whether they exist or not.",
        "Raise sp= and np= to the policy of p=, or leave them out.",
        "RFC 9989 section 4.7",
    ),
    Demand(
        "dmarc-testing",
        "domain",
        "dmarc_testing",
        ("no",),
        "warning",
        "{about}: the policy is marked as a test: {seen}",
        "Receivers apply the next weaker policy.",
        "Remove t=y once reports show no trouble.",
        "RFC 9989 section 4.7",
    ),
    Demand(
        "dmarc-removed-tags",
        "domain",
        "dmarc_removed",
        ("none",),
        "info",
        "{about}: the record has tags that no longer exist: {seen}",
        "RFC 9989 removed them; receivers treat them differently.",
        "Remove them; use t=y instead of pct=.",
        "RFC 9989 Appendix C",
    ),
    Demand(
        "dmarc-reports",
        "domain",
        "dmarc_reports",
        ("wanted",),
        "warning",
        "{about}: no reports are asked for: {seen}",
        "Without reports, you do not notice when your own mail fails.",
        "Add rua=mailto: with an address that is read.",
        "RFC 9989 section 4.7",
        ("TR-03182-06-M", "TR-03182-09-M"),
    ),
    Demand(
        "dmarc-differs",
        "domain",
        "dmarc_intended",
        ("intended",),
        "error",
        "{about}: DMARC is not as in the intent: {seen}",
        "Receivers follow what the DNS says.",
        "Publish the record that the filter dns_records gives, or correct the intent.",
        "the intent",
    ),
    Demand(
        "dmarc-permission",
        "receiver of reports",
        "dmarc_permission",
        ("given",),
        "error",
        "{about}: does not say that it wants reports about this domain: {seen}",
        "Receivers send no reports to another organization that has not agreed to take them.",
        "Have that organization publish a TXT record v=DMARC1 at that name.",
        "RFC 9989 section 11.6",
    ),
)
