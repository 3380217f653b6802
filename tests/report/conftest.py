# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the tests of this folder a real browser, and pages that may not ask for anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils.report._html import to_html
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
# Sees every task of the page from its first byte on.
OBSERVER = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
}).observe({entryTypes: ["longtask"]});
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("the browser tests need Debian's package chromium")
    # Chromium's own sandbox cannot be had as root.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


class Opened:
    """A page with what it asked for, what it complained about, and its long tasks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.add_init_script(OBSERVER)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def settle(self) -> None:
        """Wait until all rows, the chart and the findings are drawn."""
        self.page.locator("html[data-drawing='']").wait_for(state="attached")

    def shown(self) -> list[str]:
        """Return the names of the hosts in the matrix, in their order."""
        names = self.page.locator(".row:not(.head):not([hidden]) .host .name")
        found: list[str] = names.all_text_contents()
        return found


Open = Callable[..., Opened]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Return what writes an audit as a page and opens it; it may ask for nothing but that file."""
    opened: list[Opened] = []

    def open_page(audit: dict[str, Any], **options: Any) -> Opened:
        path = tmp_path / f"report{len(opened)}.html"
        path.write_text(to_html(audit), encoding="utf-8")
        one = Opened(browser.new_page(**options))
        opened.append(one)
        one.page.goto(path.as_uri())
        one.settle()
        return one

    yield open_page
    for one in opened:
        assert [url for url in one.requests if not url.startswith("file:")] == []
        assert len(set(one.requests)) == 1
        assert one.complaints == []
        one.page.close()
