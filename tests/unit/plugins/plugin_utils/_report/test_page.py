# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the page as text: the verdict without scripts, and a policy that allows its own alone."""

from __future__ import annotations

import re

from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.page import to_html

from tests.report import audits


def test_the_verdict_stands_in_the_page_itself() -> None:
    text = to_html(audits.small())
    assert text.startswith("<!doctype html>")
    assert "Not as intended" in text
    assert "Not as intended" not in to_html(
        document([audits.result("good.example.net")], audits.NOW)
    )


def test_the_policy_names_the_script_and_the_style_by_hash() -> None:
    text = to_html(audits.small())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert "default-src &#39;none&#39;" in policy[1] or "default-src 'none'" in policy[1]
    assert policy[1].count("sha256-") == 2


def test_text_from_outside_is_never_markup() -> None:
    assert "<script>window" not in to_html(audits.hostile())
