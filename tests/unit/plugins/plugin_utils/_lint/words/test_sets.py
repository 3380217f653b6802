# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test sets of words that are written as one text."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.words.sets import word_set


def test_words_are_separated_by_any_white_space() -> None:
    assert word_set(" tls  ssl\nstarttls ") == {"tls", "ssl", "starttls"}
