# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which texts hold mail words or mail ports."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.words.mentions import (
    first_mention,
)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\nSMTP_HOST=h", 2),
        ("a\nb: imaps", 2),
        ("to_port = 110", 1),
        ("ports: [143]", 1),
        ("port = 1100", 0),
        ("timeout = 110", 0),
        ("an important impact", 0),
        ("", 0),
    ],
)
def test_the_line_of_the_first_mention(text: str, line: int) -> None:
    assert first_mention(text) == line
