# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was demanded in an audit, and how many demands had which outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._model.demand import NOT_KNOWN, OUTCOMES, count

# An outcome as plain data: {demand, outcome, subject, service, port, address, item, detail}.
Row = Mapping[str, Any]


def total(hosts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many demands of all hosts had each outcome."""
    return count(one for host in hosts for one in host.get("demands", ()))


def of_endpoint(host: Mapping[str, Any], seen: Mapping[str, Any]) -> Sequence[Row]:
    """Return the outcomes about an endpoint, those of its port on all addresses included."""
    place = (seen["service"], seen["port"])
    addresses = ("", seen["address"])
    return [
        one
        for one in host.get("demands", ())
        if (one["service"], one["port"]) == place and one["address"] in addresses
    ]


def gaps(host: Mapping[str, Any]) -> int:
    """Return how many demands of a host are not known, which no waiver and no limit excuses."""
    return count(host.get("demands", ()))[NOT_KNOWN]


def words(counted: Mapping[str, int]) -> str:
    """Return sums as text: ``14 demands: 13 met, 1 broken, 0 not known, 0 not asked``."""
    parts = [f"{counted[name]} {name.replace('_', ' ')}" for name in OUTCOMES]
    number = sum(counted.values())
    return f"{number} demand{'' if number == 1 else 's'}: {', '.join(parts)}"
