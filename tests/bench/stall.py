# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 40 ms stall of Postfix behind TLS 1.3, packet by packet, without and with TCP_QUICKACK."""

from __future__ import annotations

import re
import signal
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import Service

from tests.bench.ground import EIGHT, engine, lift_limits
from tests.bench.measure import BenchError, Figure, Report, output
from tests.hosts import Host, Site

ROUNDS = 9
_LINE = re.compile(r"(\d+\.\d+) IP (\S+) > \S+ Flags \[(\S+)\],.* length (\d+)")


@contextmanager
def _capture(site: Site, host: Host, port: int, file: Path) -> Iterator[None]:
    """Write what passes to and from one port into ``file`` for the length of a with statement."""
    command = [*site.enter, "tcpdump", "-n", "-i", "mail0", "--immediate-mode", "-w", str(file)]
    command.append(f"tcp port {port} and host {host.address}")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        first = process.stderr.readline()
        while first and "listening on" not in first:
            first = process.stderr.readline()
        if not first:
            raise BenchError("tcpdump did not start")
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)


def _packets(file: Path, host: Host) -> list[str]:
    """Return one line a packet: milliseconds since the first, direction, flags and bytes."""
    lines = []
    begun = None
    for line in output(["tcpdump", "-n", "-tt", "-r", str(file)]).splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        at = float(match[1])
        begun = at if begun is None else begun
        who = "server" if match[2].startswith(host.address) else "client"
        lines.append(f"{(at - begun) * 1000:8.3f} ms  {who} [{match[3]}] {match[4]} bytes")
    return lines


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    row = next(row for row in EIGHT if row.name == "submissions")
    for host in site.hosts.values():
        lift_limits(host)
        for quickack in (False, True):
            _measure(site, host, row, quickack, report, folder)


def _measure(
    site: Site, host: Host, row: Service, quickack: bool, report: Report, folder: Path
) -> None:
    result = engine(site, host, [row], rounds=ROUNDS, quickack=quickack)
    label = f"{host.base}: {row.name} {'with' if quickack else 'without'} TCP_QUICKACK"
    report.add(Figure("stall", label, statistics.median(result["seconds"]) * 1000, "ms"))
    file = folder / f"{host.base}-{quickack}.pcap"
    with _capture(site, host, row.port, file):
        engine(site, host, [row], quickack=quickack)
    lines = _packets(file, host)
    report.keep("stall", {"host": host.base, "quickack": quickack, "packets": lines})
    print("\n".join(f"             {line}" for line in lines))
