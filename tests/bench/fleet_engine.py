# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe many hosts as a process of its own: the path of a JSON request in argv, JSON on stdout.

The request holds ``way``, ``hosts`` (intents by name) and ``options`` of an audit. The ways are
``pool`` (each host by itself, eight at a time, as before there was a fleet), ``engine`` (one run,
probing alone) and ``fleet`` (one run, with plan, verdict and results). The result holds seconds,
seconds of the processor, peak memory in KiB, and how many endpoints were seen open.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._check.job import options, plan
from ansible_collections.postmaster.mailports.plugins.module_utils._fleet.run import (
    LIMITS,
    audit_many,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.request import Request
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.run import run, run_many
from peak import peak_memory


def audits(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the audits of a request."""
    defaults = {key: one.get("default") for key, one in options().items()}
    for name, intent in data["hosts"].items():
        yield {**defaults, **data["options"], "intent": intent, "name": name}


def requests(data: dict[str, Any]) -> Iterator[Request]:
    """Yield what has to be probed for the audits."""
    for one in audits(data):
        yield plan(one).request


def pool(data: dict[str, Any]) -> Iterator[str]:
    """Yield the reach of each endpoint, eight hosts at a time."""
    with ThreadPoolExecutor(8) as threads:
        for seen in threads.map(run, requests(data)):
            yield from reached(seen)


def engine(data: dict[str, Any]) -> Iterator[str]:
    """Yield the reach of each endpoint, all hosts in one run."""
    for _key, seen in run_many(enumerate(requests(data)), LIMITS):
        if isinstance(seen, Exception):
            raise seen
        yield from reached(seen)


def fleet(data: dict[str, Any]) -> Iterator[str]:
    """Yield the reach of each endpoint out of the results."""
    for result in audit_many(audits(data), LIMITS):
        yield from (one["reach"] for one in result["observations"])


def reached(seen: Iterable[Observation]) -> Iterator[str]:
    """Yield the reach of each observation."""
    return (one.reach for one in seen)


def main() -> None:
    """Do what argv asks for."""
    data = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    way = {"pool": pool, "engine": engine, "fleet": fleet}[data["way"]]
    begun = time.perf_counter()
    count = sum(reach == "open" for reach in way(data))
    result = {
        "seconds": time.perf_counter() - begun,
        "cpu": time.process_time(),
        "rss": peak_memory(),
        "open": count,
    }
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
