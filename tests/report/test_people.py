# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the page for people in a real browser: on a desk, on a phone, in the dark, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._publish.page import (
    languages,
    pages,
)
from playwright.sync_api import Browser

from tests.report import packages
from tests.report.opened import Opened
from tests.report.test_browser import violations
from tests.support.clients import settings

SIZES = {"desk": (1280, 900), "phone": (390, 844)}


@pytest.fixture(params=languages())
def page_file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Write the page in each language; return its file."""
    for name, html in pages(settings(), [request.param], "https://autoconfig.example.net").items():
        (tmp_path / name).write_bytes(html)
    return tmp_path / "index.html"


@pytest.fixture(params=[(size, scheme) for size in SIZES for scheme in ("light", "dark")])
def opened(request: pytest.FixtureRequest, browser: Browser, page_file: Path) -> Iterator[Opened]:
    """Open it; it may ask for nothing but that file."""
    size, scheme = request.param
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    one = Opened(browser.new_page(viewport=viewport, color_scheme=scheme))  # type: ignore[arg-type]
    one.page.goto(page_file.as_uri())
    yield one
    assert set(one.requests) == {page_file.as_uri()}
    assert one.complaints == []
    one.page.close()


@pytest.mark.skipif(packages.obstacle() is not None, reason=packages.obstacle() or "never")
def test_axe_finds_no_violation_and_nothing_is_wider_than_the_screen(opened: Opened) -> None:
    page = opened.page
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(packages.fetched(packages.AXE).read_text(encoding="utf-8"))
    assert violations(page) == []


def test_it_prints_on_one_page(browser: Browser, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    printed = page.pdf(format="A4")
    page.close()
    assert printed.count(b"/Type /Page\n") == 1
