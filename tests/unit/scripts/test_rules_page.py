# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/rules.md and the schema of intents say what the tables say today."""

from __future__ import annotations

from scripts import rules_page


def test_the_page_is_current() -> None:
    assert rules_page.PAGE.read_text(encoding="utf-8") == rules_page.page(), (
        "run: scripts/env run python scripts/rules_page.py"
    )


def test_the_schema_is_current() -> None:
    assert rules_page.SCHEMA.read_text(encoding="utf-8") == rules_page.schema(), (
        "run: scripts/env run python scripts/rules_page.py"
    )
