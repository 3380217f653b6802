# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take every measurement, or those named as arguments, and say which targets are missed."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from tests import hosts
from tests.bench import (
    audit,
    browser,
    fleet,
    ground,
    lint,
    many,
    peers,
    plays,
    roles,
    round_trips,
    stall,
)
from tests.bench import report as reports
from tests.bench.measure import BenchError, Report

ROOT = Path(__file__).resolve().parents[2]
PARTS = {
    "plays": plays.run,
    "roles": roles.run,
    "peers": peers.run,
    "round_trips": round_trips.run,
    "many": many.run,
    "stall": stall.run,
    "lint": lint.run,
    "report": reports.run,
    "browser": browser.run,
    "audit": audit.run,
    "fleet": fleet.run,
}


def main(names: list[str]) -> int:
    """Measure; each part has hosts of its own, as they come from the box."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise BenchError(f"{unknown[0]!r} is not one of {', '.join(PARTS)}")
    begun = time.monotonic()
    ground.install_peers()
    report = Report(ROOT / "build" / "bench")
    for name in names or PARTS:
        report.begin(name)
        with hosts.running() as site, tempfile.TemporaryDirectory() as folder:
            PARTS[name](site, report, Path(folder))
    missed = [figure for figure in report.figures if figure.met is False]
    print(f"\n{len(report.figures)} figures, {len(missed)} targets missed", end=", ")
    print(f"{time.monotonic() - begun:.0f} s, load {os.getloadavg()[0]:.1f} at the end")
    for figure in missed:
        print(f"MISSED {figure.line()}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (BenchError, hosts.HostsError) as error:
        sys.exit(f"bench: {error}")
