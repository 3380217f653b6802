# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that we ask no more than checkdmarc for the part that both look at, on the wire."""

from __future__ import annotations

import contextlib
from typing import Any

import checkdmarc
import dns.flags
import dns.resolver
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import (
    dmarc,
    mta_sts,
    mx,
    spf,
    tlsrpt,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    Fetch,
    Fetched,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.resolve import (
    Resolver,
    Settings,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.run import Run
from checkdmarc import dmarc as their_dmarc
from checkdmarc import mta_sts as their_mta_sts
from checkdmarc import smtp as their_smtp
from checkdmarc import smtp_tls_reporting as their_tlsrpt
from checkdmarc import spf as their_spf

from tests.hosts.names import text
from tests.support.complete_domain import DOMAIN, published
from tests.support.name_server import name_server, reply

ROWS = published()
SOA = "example.net. 60 IN SOA ns.example.net. h.example.net. 1 1 1 1 60"


def serve(query: Any, _by_tcp: bool) -> Any:
    """Answer from the complete domain's records."""
    question = query.question[0]
    name = question.name.to_text(omit_final_dot=True)
    kind = dns.rdatatype.to_text(question.rdtype)
    values = ROWS.get(f"{name} {kind}")
    if values:
        return reply(query, *(f"{name}. 60 IN {kind} {text(kind, one)}" for one in values))
    exists = any(key.partition(" ")[0].endswith(name) for key in ROWS)
    return reply(query, rcode=0 if exists else 3, authority=SOA)


def ours() -> int:
    """Return how many questions we put on the wire."""
    with name_server(serve) as (port, seen):
        resolver = Resolver(Settings(servers=("127.0.0.1",), port=port))

        def ask(question: Any) -> Any:
            if isinstance(question, Fetch):
                return Fetched(problem="connect")
            return resolver(question)

        domain = expand({"domain": DOMAIN})
        results = Run(ask).results(
            {
                "mx": mx.gather(domain),
                "spf": spf.gather(domain),
                "dmarc": dmarc.gather(DOMAIN),
                "mta_sts": mta_sts.gather(DOMAIN),
                "tlsrpt": tlsrpt.gather(DOMAIN),
            }
        )
        assert results["mx"].kind == "records"
        assert results["dmarc"].record.policy == "reject"
        return len(seen)


def theirs() -> int:
    """Return how many questions checkdmarc puts on the wire for the same."""
    with name_server(serve) as (port, seen):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = port
        steps = [
            lambda: their_smtp.get_mx_hosts(DOMAIN, resolver=resolver),
            lambda: their_spf.check_spf(DOMAIN, resolver=resolver),
            lambda: their_dmarc.check_dmarc(DOMAIN, resolver=resolver),
            lambda: their_mta_sts.query_mta_sts_record(DOMAIN, resolver=resolver),
            lambda: their_tlsrpt.check_smtp_tls_reporting(DOMAIN, resolver=resolver),
        ]
        for step in steps:
            with contextlib.suppress(checkdmarc.smtp.DNSException):
                step()
        return len(seen)


def test_we_ask_no_more_than_checkdmarc() -> None:
    mine, other = ours(), theirs()
    assert 0 < mine <= other, (mine, other)
