# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the parse that leaves out the lines that its parser rejects."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.servers.tolerant import (
    tolerant,
)

from tests.unit.plugins.plugin_utils._lint.short import short


def parse(text: str) -> list[str]:
    """Return the lines of a text; one with BAD is rejected, with WORSE no line is named."""
    for number, line in enumerate(text.split("\n"), 1):
        if "BAD" in line:
            raise ValueError(f"line {number}: BAD is not understood")
        if "WORSE" in line:
            raise ValueError("it is all wrong")
    return text.split("\n")


@pytest.mark.parametrize(
    ("text", "continues", "parsed", "facts"),
    [
        ("a\nb", False, ["a", "b"], []),
        ("a\nBAD\nb", False, ["a", "", "b"], ["2 not-read"]),
        ("BAD\n c\n# d\n e\nb", True, ["", "", "", "", "b"], ["1 not-read"]),
        ("BAD\n c\nb", False, ["", " c", "b"], ["1 not-read"]),
        ("WORSE", False, None, ["0 not-read"]),
        ("\n".join(["BAD"] * 11), False, None, ["0 not-read"]),
    ],
)
def test_a_rejected_line_is_left_out_and_reported(
    text: str, continues: bool, parsed: Optional[list[str]], facts: list[str]
) -> None:
    found, bad = tolerant(text, parse, ValueError, continues)
    assert found == parsed
    assert short(bad) == facts
