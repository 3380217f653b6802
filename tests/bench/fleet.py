# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of hosts in one process: time and memory over hosts, dead addresses, the processor by part.

One real server with a prefix of addresses, each a host; the engine runs as a process of its own.
``MAILPORTS_BENCH_FLEET`` gives other numbers of hosts than the usual ones, separated by commas.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.bench import plot
from tests.bench.ground import EIGHT, HERE, lift_limits
from tests.bench.measure import BenchError, Figure, Report, output
from tests.hosts import Host, Site, network

NUMBERS = (125, 250, 500)
# RFC 3849; the first prefix is local to the host, nothing answers for the second.
PREFIX, DEAD = "2001:db8:2514::", "2001:db8:2515::"
# Every tenth host is dead; a dead port costs this many seconds.
TENTH, TIMEOUT = 10, 5.0
PARTS_OF = 100
OURS = ("dialogue and hellos", "certificates", "bookkeeping", "verdict", "the rest of our own")
DOCS = HERE.parents[1] / "docs"


def numbers() -> tuple[int, ...]:
    """Return how many hosts to measure."""
    given = os.environ.get("MAILPORTS_BENCH_FLEET", "")
    return tuple(int(one) for one in given.split(",") if one) or NUMBERS


class Fleet:
    """The hosts of a prefix, and the engine that probes so many of them."""

    def __init__(self, site: Site, host: Host, folder: Path) -> None:
        self._site, self._host, self._folder = site, host, folder
        there = network.member(site.id, host.base)
        output(["ip", "-n", there, "-6", "route", "add", "local", f"{PREFIX}/64", "dev", "lo"])
        output(["ip", "-n", there, "-6", "route", "add", "blackhole", f"{DEAD}/64"])
        for prefix in (PREFIX, DEAD):
            route = ["-6", "route", "add", f"{prefix}/64", "via", host.address6]
            output(["ip", "-n", site.controller, *route])

    def run(self, way: str, count: int, dead: bool = False, script: str = "fleet_engine") -> Any:
        """Return what the engine told. Raises BenchError unless it saw every endpoint."""
        hosts = {}
        for number in range(1, count + 1):
            lost = dead and number % TENTH == 0
            hosts[f"sim{number:05d}"] = {
                "host": f"sim{number:05d}.example.net",
                "server_name": self._host.name,
                "addresses": [f"{DEAD if lost else PREFIX}{number:x}"],
                "services": {row.name: {} for row in EIGHT},
            }
        options = {"ca_path": str(self._site.ca_file), "fail_on": "never", "timeout": TIMEOUT}
        path = self._folder / "request.json"
        data = {"way": way, "hosts": hosts, "options": options}
        path.write_text(json.dumps(data), encoding="utf-8")
        command = [*self._site.enter, sys.executable, str(HERE / f"{script}.py"), str(path)]
        result = json.loads(output(command))
        alive = count - (count // TENTH if dead else 0)
        if result.get("open", alive * len(EIGHT)) != alive * len(EIGHT):
            raise BenchError(f"{way}: only {result['open']} of {alive * len(EIGHT)} answered")
        return result


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    host = site.hosts["debian12"]
    lift_limits(host)
    fleet = Fleet(site, host, folder)
    taken = {count: fleet.run("fleet", count) for count in numbers()}
    for count, one in taken.items():
        report.add(Figure("fleet", f"{count} hosts x 8", one["seconds"], "s"))
        report.add(Figure("fleet", f"{count} hosts x 8: peak memory", one["rss"] / 1024, "MiB"))
    few, many = min(taken), max(taken)
    if few < many:
        a_host = {count: taken[count]["seconds"] / count for count in (few, many)}
        what = f"time of a host, {many} hosts / {few} hosts"
        report.add(Figure("fleet", what, a_host[many] / a_host[few], "x", 1.2, False))
        grown = taken[many]["rss"] / taken[few]["rss"]
        report.add(
            Figure("fleet", f"peak memory, {many} hosts / {few} hosts", grown, "x", 1.2, False)
        )
    dead = fleet.run("fleet", many, dead=True)
    ratio = dead["seconds"] / taken[many]["seconds"]
    report.add(
        Figure("fleet", f"{many} hosts, a tenth of them dead / none", ratio, "x", 1.3, False)
    )
    pool = fleet.run("pool", many)
    ratio = pool["seconds"] / taken[many]["seconds"]
    report.add(Figure("fleet", f"{many} hosts eight at a time / in one run", ratio, "x"))
    _parts(fleet.run("fleet", PARTS_OF, script="fleet_parts"), report)
    rows = sorted(taken.items())
    times = [(count, one["seconds"]) for count, one in rows]
    memory = [(count, one["rss"] / 1024) for count, one in rows]
    (DOCS / "fleet-time.svg").write_text(plot.lines("seconds over hosts", times), encoding="utf-8")
    text = plot.lines("peak memory, MiB, over hosts", memory)
    (DOCS / "fleet-memory.svg").write_text(text, encoding="utf-8")


def _parts(told: dict[str, Any], report: Report) -> None:
    """Report the processor's time of an endpoint, part by part."""
    whole = sum(told["parts"].values())
    for part, seconds in sorted(told["parts"].items(), key=lambda row: -row[1]):
        ms = 1000 * seconds / told["endpoints"]
        note = f"{100 * seconds / whole:.0f} %"
        report.add(Figure("fleet", f"an endpoint: {part}", ms, "ms", note=note))
    ours = sum(told["parts"].get(part, 0.0) for part in OURS)
    report.add(Figure("fleet", "an endpoint: our own / the whole", ours / whole, "x", 0.25, False))
