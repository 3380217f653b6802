# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report on 4,000 endpoints against serialising its document and an empty page."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.page import to_html
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.renderers import (
    RENDERERS,
)
from jinja2 import Environment

from tests.bench.measure import Figure, Report, medians
from tests.hosts import Site
from tests.report import audits

ROUNDS = 21
LARGEST = 4_000_000
PAGE = "<!doctype html><html lang=en><title>empty</title><pre>{{ filling }}</pre></html>"


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    """Return what runs the work once and says how much of the processor's time it took."""

    def once() -> float:
        gc.collect()
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return once


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    del site, folder
    audit = audits.large()
    page = to_html(audit)
    empty = Environment(autoescape=True).from_string(PAGE)
    filling = "x" * (len(page) - len(PAGE))

    def bare() -> None:
        json.dumps(audit)
        empty.render(filling=filling)

    contestants = {"bare": _timed(bare), "html": _timed(lambda: to_html(audit))}
    taken = medians(contestants, ROUNDS, report, "report")
    endpoints = sum(len(host["observations"]) for host in audit["hosts"])
    note = (
        f"{endpoints} endpoints, {taken['html'] * 1000:.0f} against {taken['bare'] * 1000:.0f} ms"
    )
    ratio = taken["html"] / taken["bare"]
    report.add(Figure("report", "HTML / json.dumps and an empty page", ratio, "", 1.5, False, note))
    size = len(page.encode("utf-8"))
    report.add(Figure("report", "size of the page", size / 1e6, "MB", LARGEST / 1e6, False))
    for name in ("json", "sarif", "junit", "prometheus", "markdown", "text"):
        spent = _timed(lambda name=name: RENDERERS[name](audit))()
        report.add(Figure("report", f"{name} of the same audit", spent * 1000, "ms"))
