# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand endpoints, in one run and in one task, against bare threads that only shake hands."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from tests.bench.ground import EIGHT, HERE, engine, lift_limits
from tests.bench.measure import BenchError, Figure, Report, medians, output
from tests.bench.plays import PING, Stage
from tests.hosts import Host, Site, network

ROUNDS = 5
ADDRESSES = 500
# Both belong to Dovecot, which can be told to carry this.
ROWS = tuple(row for row in EIGHT if row.name in ("imaps", "pop3s"))
# RFC 3849; the whole prefix is made local to the host.
PREFIX = "2001:db8:2512::"


def _give_addresses(site: Site, host: Host) -> list[str]:
    """Make a whole prefix the host's own (a local route stands for all its addresses)."""
    there = network.member(site.id, host.base)
    output(["ip", "-n", there, "-6", "route", "add", "local", f"{PREFIX}/64", "dev", "lo"])
    route = ["-6", "route", "add", f"{PREFIX}/64", "via", host.address6]
    output(["ip", "-n", site.controller, *route])
    return [f"{PREFIX}{number:x}" for number in range(1, ADDRESSES + 1)]


def _bare(site: Site, host: Host, addresses: list[str]) -> dict[str, Any]:
    request = {
        "addresses": addresses,
        "ports": [row.port for row in ROWS],
        "name": host.name,
        "ca_path": str(site.ca_file),
    }
    command = [*site.enter, sys.executable, str(HERE / "bare.py"), json.dumps(request)]
    result: dict[str, Any] = json.loads(output(command))
    return result


def _whole(site: Site, host: Host, addresses: list[str]) -> dict[str, Any]:
    result = engine(site, host, ROWS, addresses=addresses)
    seen = result.pop("observations")
    result["seconds"] = result["seconds"][0]
    whole = [one for one in seen if one["tls"]["trusted"] and one["inside_tls"]["capabilities"]]
    result["good"] = len(whole)
    return result


def _task(host: Host, addresses: list[str], ca_path: str) -> dict[str, Any]:
    """Return one task that probes them all, and fails where one of them was not seen."""
    options = {
        "host": host.name,
        "addresses": addresses,
        "services": [row.name for row in ROWS],
        "ca_path": ca_path,
    }
    count = len(addresses) * len(ROWS)
    trusted = "seen.endpoints | selectattr('tls.trusted') | length"
    return {
        "postmaster.mailports.port_info": options,
        "register": "seen",
        "failed_when": f"{trusted} != {count}",
    }


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    host = site.hosts["debian12"]
    lift_limits(host)
    addresses = _give_addresses(site, host)
    count = len(addresses) * len(ROWS)
    contestants = {"bare handshakes, 64 threads": _bare, "engine, whole dialogues": _whole}
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in contestants}
    for number in range(ROUNDS + 1):
        for name, contestant in contestants.items():
            result = contestant(site, host, addresses)
            if result["good"] != count:
                raise BenchError(f"{name}: only {result['good']} of {count} endpoints answered")
            report.keep("many", {"contestant": name, "round": number, **result})
            if number:
                taken[name].append(result)
    rates = {}
    for name, results in taken.items():
        rates[name] = count / statistics.median(one["seconds"] for one in results)
        report.add(Figure("many", f"{name}, {count} endpoints", rates[name], "endpoints/s"))
        rss = max(one["rss"] for one in results) / 1024
        report.add(Figure("many", f"{name}: peak memory", rss, "MiB"))
    bare, whole = list(rates.values())
    report.add(Figure("many", "rate of the engine / bare handshakes", whole / bare, "x", 0.8))
    stage = Stage(site, folder)
    task = _task(host, addresses, str(site.ca_file))
    plays = {
        "play, local: ping": stage.play("ping", "localhost", PING),
        "play, local: port_info": stage.play("many", "localhost", task),
    }
    ping, info = medians(plays, ROUNDS, report, "many").values()
    report.add(Figure("many", f"one task, {count} endpoints, over a ping", info - ping, "s"))
    report.add(Figure("many", "one task: rate", count / (info - ping), "endpoints/s"))
