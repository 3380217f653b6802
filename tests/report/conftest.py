# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Give the tests of this folder a real browser, and pages that may not ask for anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.page import to_html
from playwright.sync_api import Browser, sync_playwright

from tests.report.opened import CHROMIUM, Opened


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


Open = Callable[..., Opened]


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Return what writes an audit as a page and opens it; it may ask for nothing but that file."""
    opened: list[Opened] = []

    def open_page(audit: dict[str, Any], script: str = "", **options: Any) -> Opened:
        path = tmp_path / f"report{len(opened)}.html"
        path.write_text(to_html(audit), encoding="utf-8")
        one = Opened(browser.new_page(**options), script)
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
