# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eight ports over a line of 50 ms: against the slowest port alone, and round trips by dialogue."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.ground import EIGHT, HERE, engine, lift_limits
from tests.bench.measure import BenchError, Figure, Report
from tests.hosts import Host, Site, network

ROUNDS = 5
ONE_WAY = 0.025
# RFC 5737; only the two namespaces know of it.
NEAR, FAR = "203.0.113.1", "203.0.113.2"
# Connect, greeting, capabilities, STARTTLS, hello, finished with capabilities; QUIT's answer is
# not waited for. Dovecot's IMAP greeting holds the capabilities, which saves their question.
# Postfix costs one more: it writes its TLS 1.3 tickets and what comes next one after the other, and
# Nagle's algorithm on its side holds the second back until the first is acknowledged (stall.py).
FEWEST = {
    ("smtp", "starttls"): 7,
    ("smtp", "implicit"): 5,
    ("pop3", "starttls"): 6,
    ("pop3", "implicit"): 4,
    ("imap", "starttls"): 5,
    ("imap", "implicit"): 3,
}


@contextmanager
def slow_line(site: Site, host: Host) -> Iterator[None]:
    """Connect the controller and a host by a second line, with a delay, for a with statement."""
    far = f"/run/netns/{network.member(site.id, host.base)}"
    command = [sys.executable, str(HERE / "slow_line.py"), str(site.netns), "slow0", f"{NEAR}/30"]
    command += [far, "slow0", f"{FAR}/30", str(ONE_WAY)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        if process.stdout.readline() != "ready\n":
            raise BenchError("the slow line did not come up")
        try:
            yield
        finally:
            process.stdin.close()


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    del folder
    for host in site.hosts.values():
        lift_limits(host)
        with slow_line(site, host):
            _measure(site, host, report)


def _measure(site: Site, host: Host, report: Report) -> None:
    def probe(rows: Any) -> dict[str, Any]:
        # The first round warms the server's processes up.
        result = engine(site, host, rows, addresses=[FAR], rounds=ROUNDS + 1)
        result["median"] = statistics.median(result["seconds"][1:])
        return result

    singles = {row.name: probe([row]) for row in EIGHT}
    together = probe(EIGHT)
    connects = [one["observations"][0]["times"]["connect"] for one in singles.values()]
    trip = statistics.median(connects) / 1000
    report.add(Figure("round_trips", f"{host.base}: one round trip", trip * 1000, "ms"))
    for row in EIGHT:
        one = singles[row.name]
        seen = one["observations"][0]
        if not seen["tls"]["trusted"] or seen["failure"]:
            raise BenchError(f"{host.name} {row.name}: not a whole dialogue: {seen}")
        fewest = FEWEST[row.protocol, row.tls]
        report.keep("round_trips", {"host": host.base, "service": row.name, "times": seen["times"]})
        report.add(
            Figure(
                "round_trips",
                f"{host.base}: {row.name} ({row.protocol}, {row.tls})",
                one["median"] / trip,
                "round trips",
                fewest + 0.5,
                False,
                f"fewest {fewest}; {one['median'] * 1000:.0f} ms",
            )
        )
    slowest = max(one["median"] for one in singles.values())
    report.add(Figure("round_trips", f"{host.base}: 8 ports", together["median"] * 1000, "ms"))
    report.add(
        Figure(
            "round_trips",
            f"{host.base}: 8 ports / slowest single port",
            together["median"] / slowest,
            "x",
            1.1,
            False,
        )
    )
