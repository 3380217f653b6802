# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters: the domains of an audit to check, and their results as rows; see audit_domains.yml."""

from __future__ import annotations

from pathlib import Path

from ansible import constants

from ..plugin_utils._report.role_facts import ELSEWHERE, Results

INTENT = "mailports_intent"
DOMAIN = "mailports_domain"
NAMES = "names"
KEYS = ("compliant", "findings", "demands", "observations", "intent", "summary", "msg")


def audit_domains(hostvars, hosts):
    """Return {intent, ports, endpoints} for each domain that a host of the play names.

    A domain that several hosts name is checked once, against the ports of all of them. Where one of
    them is in another slice of the audit, its ports are not seen here: endpoints is then None, and
    nothing is asked that only a probe can tell.
    """
    found = {}
    elsewhere = set()
    results = Results(hostvars, Path(constants.DEFAULT_LOCAL_TMP))
    for name in hosts:
        if not results.raw(name).get(DOMAIN):
            continue
        known = hostvars[name]
        for intent in _listed(known.get(DOMAIN)):
            key = _key(intent)
            if results.elsewhere(name) is not None:
                elsewhere.add(key)
                continue
            entry = found.setdefault(key, {"intent": intent, "ports": []})
            if known.get(INTENT) and known[INTENT] not in entry["ports"]:
                entry["ports"].append(known[INTENT])
    endpoints = []
    for name in hosts if found else ():
        endpoints += _observed(name, results)
    return [
        {**entry, "endpoints": None if key in elsewhere else endpoints}
        for key, entry in found.items()
    ]


def _listed(value):
    return value if isinstance(value, list) else [value] if value else []


def _key(intent):
    return (
        str(intent.get("domain", "")).rstrip(".").lower() if hasattr(intent, "get") else str(intent)
    )


def _observed(name, results):
    """Yield what every vantage has seen of a host's ports."""
    if results.elsewhere(name) is not None:
        return
    for vantage, result in results.seen(name).items():
        whole = results.whole(name, vantage, result)
        if whole.get("audited", True):
            yield from whole.get("observations") or ()


def domain_rows(registered):
    """Return {host, vantage, result} for each result that domain_check registered in a loop."""
    rows = []
    for one in registered:
        if one.get("skipped"):
            continue
        result = {key: one[key] for key in KEYS if key in one}
        name = _key(one.get("item", {}).get("intent", {})) or "?"
        rows.append({"host": name, "vantage": NAMES, "result": result, ELSEWHERE: False})
    return rows


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"audit_domains": audit_domains, "domain_rows": domain_rows}
