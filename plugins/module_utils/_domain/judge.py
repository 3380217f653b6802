# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One domain from what was seen to the outcome of every demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from . import (
    caa,
    dkim,
    dmarc_demands,
    live,
    mta_sts_demands,
    mx,
    reverse,
    spf,
    srv,
    tlsa,
    tlsrpt,
    zone,
)
from .collect import Seen
from .demand import Outcome, Told, outcomes
from .intent import Domain

DEMANDS = (
    *mx.DEMANDS,
    *reverse.DEMANDS,
    *spf.DEMANDS,
    *dkim.DEMANDS,
    *dmarc_demands.DEMANDS,
    *mta_sts_demands.DEMANDS,
    *tlsrpt.DEMANDS,
    *tlsa.DEMANDS,
    *srv.DEMANDS,
    *caa.DEMANDS,
    *zone.DEMANDS,
    *live.DEMANDS,
)


def told(domain: Domain, seen: Seen, endpoints: Optional[live.Endpoints] = None) -> Iterator[Told]:
    """Yield everything that was learnt, standard by standard."""
    yield from mx.told(domain, seen.mx)
    yield from reverse.told(domain, seen.reverse)
    yield from spf.told(domain, seen.spf)
    yield from dkim.told(domain, dict(seen.dkim))
    yield from dmarc_demands.told(domain, seen.dmarc)
    yield from mta_sts_demands.told(domain, seen.mta_sts, seen.mx.targets)
    yield from tlsrpt.told(domain, seen.tlsrpt)
    yield from tlsa.told(domain, seen.tlsa, endpoints)
    yield from srv.told(domain, seen.srv)
    yield from caa.told(domain, seen.caa)
    yield from zone.told(domain, seen.zone)
    yield from live.told(domain, seen.mx, seen.mta_sts.policy, seen.srv, endpoints)


def judge(domain: Domain, seen: Seen, endpoints: Optional[live.Endpoints] = None) -> list[Outcome]:
    """Return the outcome of every demand; ``endpoints`` are what a probe saw, None for none."""
    return outcomes(domain.domain, DEMANDS, told(domain, seen, endpoints))
