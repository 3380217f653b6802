# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several audits merged to one: slices of an inventory, other vantages, and who is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from .._model.rules import DRIFT
from .document import (
    Document,
    DocumentError,
    Host,
    assembled,
    document,
    key_of,
    name_of,
    seconds,
    with_all_keys,
    with_findings,
)

# How many hours the parts of one audit may lie apart.
MAX_AGE = 24
_HOUR = 3600
Expected = Iterable[Sequence[str]]


def merge(documents: Sequence[Document], max_age: int = MAX_AGE) -> dict[str, Any]:
    """Return the document that one audit of all the hosts, from all the vantages, would have made.

    It bears the latest time of all. Where several documents have the same host from the same
    vantage, the latest of them counts. A host whose audit is more than ``max_age`` hours older than
    that time, or that was expected and is in none of the documents, is not audited. Changes and
    drift findings belong to one history and are left out. Raises DocumentError for no documents,
    and for documents with different ``fail_on``.
    """
    parts = [with_all_keys(one) for one in documents]
    levels = sorted({one["fail_on"] for one in parts})
    if len(levels) != 1:
        raise DocumentError(f"cannot merge audits that fail on {' and '.join(levels) or 'nothing'}")
    generated = max(one["generated"] for one in parts)
    hosts = [_judged_by_age(host, generated, max_age) for host in _latest(parts)]
    expected = [pair for one in parts for pair in one["expected"]]
    return _with_missing(with_expected(assembled(hosts, generated, levels[0]), expected))


def with_expected(audit: Document, expected: Expected) -> dict[str, Any]:
    """Return a document that says of which hosts (name and vantage) the whole audit consists.

    A slice of an audit is complete without the hosts of the others; a merge tells who is missing.
    """
    pairs = sorted({(str(name), str(vantage)) for name, vantage in expected})
    return {**audit, "expected": [list(pair) for pair in pairs]}


def _with_missing(audit: Document) -> dict[str, Any]:
    """Return a document with a host that was not audited for each one expected and not there."""
    there = {(name_of(host), host["vantage"]) for host in audit["hosts"]}
    absent = [pair for pair in map(tuple, audit["expected"]) if pair not in there]
    why = "it is in none of the audits that were merged; run the slice or the vantage it belongs to"
    rows = [
        {"name": name, "host": name, "vantage": vantage, "msg": why} for name, vantage in absent
    ]
    added = document(rows, audit["generated"])["hosts"]
    hosts = [*audit["hosts"], *({**host, "missing": True} for host in added)]
    made = assembled(hosts, audit["generated"], audit["fail_on"])
    return {**made, "expected": audit["expected"]}


def _latest(parts: Sequence[Document]) -> list[dict[str, Any]]:
    """Return the hosts of all documents, of each one the latest audit, without drift."""
    # Whom an earlier merge has missed may be in one of the other documents.
    hosts = [host for one in parts for host in one["hosts"] if not host.get("missing")]
    latest: dict[tuple[str, str, str], str] = {}
    for host in hosts:
        latest[key_of(host)] = max(latest.get(key_of(host), ""), host["generated"])
    found: dict[str, dict[str, Any]] = {}
    for host in hosts:
        if latest[key_of(host)] == host["generated"]:
            plain = _without_drift(host)
            found.setdefault(json.dumps(plain, sort_keys=True), plain)
    return [found[text] for text in sorted(found)]


def _without_drift(host: Host) -> dict[str, Any]:
    kept = [one for one in host["findings"] if one["rule"] not in DRIFT]
    return dict(host) if len(kept) == len(host["findings"]) else with_findings(host, kept)


def _judged_by_age(host: dict[str, Any], generated: str, max_age: int) -> dict[str, Any]:
    """Return a host, as not audited where its audit is too old to stand beside the latest one."""
    if host["generated"] == generated:
        return host
    now, then = seconds(generated), seconds(host["generated"])
    if now is not None and then is not None and now - then <= max_age * _HOUR:
        return host
    why = (
        f"its last audit is of {host['generated'] or 'an unknown time'}, more than {max_age} hours "
        f"before the latest one that was merged ({generated})"
    )
    row = {"name": host["name"], "host": host["host"], "vantage": host["vantage"], "msg": why}
    stale: dict[str, Any] = document([row], host["generated"])["hosts"][0]
    return stale
