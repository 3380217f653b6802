# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the HTML report on 4,000 endpoints keeps a headless Chromium from answering."""

from __future__ import annotations

import statistics
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.page import to_html
from playwright.sync_api import Browser, sync_playwright

from tests.bench.measure import BenchError, Figure, Report
from tests.hosts import Site
from tests.report import audits
from tests.report.opened import CHROMIUM, Opened

ROUNDS = 9
LONGEST_TASK_MS = 100
# Sees every task of 50 ms and more, from the page's first byte on.
OBSERVER = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({entryTypes: ["longtask"]});
"""


def _longest(opened: Opened) -> float:
    """Wait until all is drawn; return the longest task since the last call, in milliseconds."""
    opened.settle()
    return max(opened.page.evaluate("window.longTasks.splice(0)"), default=0.0)


def _once(browser: Browser, url: str) -> dict[str, float]:
    """Open, filter and sort; return the longest task of each, 0 where none took 50 ms."""
    opened = Opened(browser.new_page(), OBSERVER)
    page = opened.page
    page.goto(url)
    taken = {"open": _longest(opened)}
    for name, act, *given in (
        ("filter by rule", page.select_option, "#f-rule", "login-before-tls"),
        ("reset the filters", page.click, "#f-reset"),
        ("sort by days", page.select_option, "#f-sort", "days"),
    ):
        act(*given)
        taken[name] = _longest(opened)
    before = page.locator("#count").text_content()
    page.fill("#f-host", "7")
    # Typing is answered after a pause.
    page.wait_for_function(
        "before => document.getElementById('count').textContent !== before", arg=before
    )
    taken["filter by name"] = _longest(opened)
    page.close()
    return taken


def run(site: Site, report: Report, folder: Path) -> None:
    """Measure and report."""
    del site
    if CHROMIUM is None:
        raise BenchError("the browser's part needs Debian's package chromium")
    path = folder / "large.html"
    path.write_text(to_html(audits.large()), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        rounds = [_once(browser, path.as_uri()) for _round in range(ROUNDS)]
        browser.close()
    for name in rounds[0]:
        values = [taken[name] for taken in rounds]
        report.keep("browser", {"part": "browser", "contestant": name, "values": values})
        report.add(
            Figure(
                "browser",
                f"longest task: {name}",
                statistics.median(values),
                "ms",
                LONGEST_TASK_MS,
                False,
                f"of {ROUNDS} rounds, {max(values):.0f} in the slowest; 0: none took 50 ms",
            )
        )
