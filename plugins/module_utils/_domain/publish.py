# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that a domain's intent asks for, as data: what ``judge`` finds nothing against."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import dkim, mta_sts, tlsa
from .intent import Domain, Selector, srv_wanted
from .srv import OFF

TTL = 3600
# RFC 7671 section 8.1: what a change of keys has to wait for; BSI TR-03108 recommends 600.
TTL_TLSA = 600
# RFC 2782 and RFC 5321 leave numbers open; these leave room between hosts.
_STEP = 10


@dataclass(frozen=True)
class Record:
    """One set of records: its full name without the last dot, type, TTL in seconds, and values.

    Values are as in a zone file, but names come with their last dot and TXT is one plain text.
    """

    name: str
    type: str
    values: tuple[str, ...]
    ttl: int = TTL

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "name": self.name,
            "type": self.type,
            "ttl": self.ttl,
            "values": list(self.values),
        }


def records(domain: Domain) -> list[Record]:
    """Return every record that the intent asks for.

    Left out is what the intent does not know: addresses of hosts that it does not list, DKIM keys
    that it does not hold, and reverse names, which the owner of the addresses sets.
    """
    return [
        *_mx(domain),
        *_addresses(domain),
        *_spf(domain),
        *_dkim(domain),
        *_dmarc(domain),
        *_mta_sts(domain),
        *_tlsrpt(domain),
        *_tlsa(domain),
        *_srv(domain),
        *_caa(domain),
    ]


def _mx(domain: Domain) -> Iterator[Record]:
    if not domain.takes_mail:
        yield Record(domain.domain, "MX", ("0 .",))
    elif domain.mail_hosts:
        values = tuple(f"{(at + 1) * _STEP} {host}." for at, host in enumerate(domain.mail_hosts))
        yield Record(domain.domain, "MX", values)


def _addresses(domain: Domain) -> Iterator[Record]:
    """Addresses that the intents of the ports list for their hosts."""
    for intent in domain.ports:
        for kind, version in (("A", 4), ("AAAA", 6)):
            values = tuple(one for one in intent.addresses if _version(one) == version)
            if values:
                yield Record(intent.server_name, kind, values)


def _version(text: str) -> int:
    try:
        return ipaddress.ip_address(text).version
    except ValueError:
        return 0


def spf_text(domain: Domain) -> str:
    """Return the SPF record of a domain; addresses cost receivers no look-up."""
    terms = []
    for sender in domain.senders:
        network = ipaddress.ip_network(sender, strict=False)
        whole = network.prefixlen == network.max_prefixlen
        terms.append(f"ip{network.version}:{network.network_address if whole else network}")
    terms += [f"include:{name}" for name in domain.spf_include]
    return " ".join(["v=spf1", *terms, "~all" if domain.strangers == "softfail" else "-all"])


def _spf(domain: Domain) -> Iterator[Record]:
    if domain.takes_mail and not (domain.senders_named or domain.spf_include):
        # Who sends is not known here, and -all would have real mail refused.
        return
    yield Record(domain.domain, "TXT", (spf_text(domain),))
    for host in domain.mail_hosts:
        # For bounces, whose only identity is the name in HELO (RFC 7208 section 2.3). A host may
        # share its name with the domain.
        if host != domain.domain:
            yield Record(host, "TXT", (spf_text(domain),))


def dkim_text(selector: Selector) -> str:
    """Return the key record of a selector."""
    return f"v=DKIM1; k={selector.type}; p={selector.key}"


def _dkim(domain: Domain) -> Iterator[Record]:
    for selector in domain.dkim or ():
        if selector.key:
            name = dkim.name_of(selector.name, domain.domain)
            yield Record(name, "TXT", (dkim_text(selector),))


def _dmarc(domain: Domain) -> Iterator[Record]:
    if domain.dmarc is None:
        return
    tags = [f"v=DMARC1; p={domain.dmarc.policy}"]
    if domain.dmarc.subdomains:
        tags.append(f"sp={domain.dmarc.subdomains}")
    if domain.dmarc.reports:
        tags.append(f"rua={','.join(domain.dmarc.reports)}")
    if domain.dmarc.failures:
        tags.append(f"ruf={','.join(domain.dmarc.failures)}")
    yield Record(f"_dmarc.{domain.domain}", "TXT", ("; ".join(tags),))


def policy_text(domain: Domain) -> str:
    """Return the MTA-STS policy to serve, "" where the intent wants none (RFC 8461 section 3.2)."""
    if domain.mta_sts is None:
        return ""
    lines = [f"version: {mta_sts.VERSION}", f"mode: {domain.mta_sts.mode}"]
    lines += [f"mx: {host}" for host in domain.mail_hosts]
    lines.append(f"max_age: {domain.mta_sts.max_age}")
    return "".join(f"{line}\r\n" for line in lines)


def policy_id(domain: Domain) -> str:
    """Return the id of the policy: it changes when the policy does, and only then."""
    if domain.mta_sts is None:
        raise ValueError("the domain has no MTA-STS policy")
    given = domain.mta_sts.id
    return given or hashlib.sha256(policy_text(domain).encode()).hexdigest()[:32]


def _mta_sts(domain: Domain) -> Iterator[Record]:
    if domain.mta_sts is not None:
        value = f"v={mta_sts.VERSION}; id={policy_id(domain)}"
        yield Record(f"_mta-sts.{domain.domain}", "TXT", (value,))


def _tlsrpt(domain: Domain) -> Iterator[Record]:
    if domain.tlsrpt:
        value = f"v=TLSRPTv1; rua={','.join(domain.tlsrpt)}"
        yield Record(f"_smtp._tls.{domain.domain}", "TXT", (value,))


def _tlsa(domain: Domain) -> Iterator[Record]:
    hosts: dict[str, list[str]] = {}
    for host, text in domain.tlsa:
        hosts.setdefault(host, []).append(str(tlsa.parse(text)))
    for host, values in hosts.items():
        yield Record(tlsa.name_of(host), "TLSA", tuple(values), TTL_TLSA)


def _srv(domain: Domain) -> Iterator[Record]:
    for name, target in srv_wanted(domain).items():
        if target is None:
            yield Record(name, "SRV", (f"0 0 0 {OFF}",))
        else:
            port, host = target
            yield Record(name, "SRV", (f"0 1 {port} {host}.",))


def _caa(domain: Domain) -> Iterator[Record]:
    if domain.issuers is not None:
        values = tuple(f'0 issue "{issuer}"' for issuer in domain.issuers)
        yield Record(domain.domain, "CAA", values or ('0 issue ";"',))
