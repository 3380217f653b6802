# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report that is open in a browser, for the tests and for the benchmark."""

from __future__ import annotations

import shutil

from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium")


class Opened:
    """A page, what it asked for and what it complained about; ``script`` runs before its own."""

    def __init__(self, page: Page, script: str = "") -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.add_init_script(script)
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
