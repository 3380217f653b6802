# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the host's own packet filter turns anything away, from what nft prints as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .._model.host_view import Firewall, ReadError

_HOOKS = ("input", "prerouting", "ingress")
_REFUSALS = ("drop", "reject", "queue")


def parse_ruleset(text: str) -> Firewall:
    """Return what ``nft -j list ruleset`` says. Raises ReadError.

    A table blocks where it looks at what comes in (has a chain at input, prerouting or ingress)
    and one of its rules or such a chain's policy refuses packets. Which packets is not worked out.
    """
    try:
        items = list(_items(json.loads(text)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReadError("nft: the rule set is not the JSON that was expected") from error
    hooked = {table for table, kind, item in items if kind == "chain" and _looks_in(item)}
    blocking = {
        table
        for table, kind, item in items
        if table in hooked
        and (
            (kind == "rule" and any(_refuses(one) for one in item.get("expr") or ()))
            or (kind == "chain" and _looks_in(item) and item.get("policy") == "drop")
        )
    }
    if not blocking:
        return Firewall(False, "no rule of nftables refuses what comes in")
    names = ", ".join(f"{family} {name}" for family, name in sorted(blocking))
    return Firewall(True, f"nftables refuses some of what comes in (table {names})")


def _items(data: Any) -> Iterator[tuple[tuple[str, str], str, Mapping[str, Any]]]:
    """Yield the table, the kind and the description of each chain and rule."""
    for entry in data["nftables"]:
        for kind, item in entry.items():
            if kind in ("chain", "rule"):
                yield (str(item["family"]), str(item["table"])), kind, item


def _looks_in(chain: Mapping[str, Any]) -> bool:
    return chain.get("hook") in _HOOKS


def _refuses(statement: Any) -> bool:
    """Tell whether a statement of a rule is, or holds, a verdict that refuses."""
    todo = [statement]
    while todo:
        one = todo.pop()
        if isinstance(one, Mapping):
            if any(name in one for name in _REFUSALS):
                return True
            todo += one.values()
        elif isinstance(one, list):
            todo += one
    return False
