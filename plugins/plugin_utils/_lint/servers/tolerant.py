# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parse a server's file without the lines that its parser rejects; each of those is reported."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Optional, TypeVar

from ..facts import Fact, Flaw, Place

_Parsed = TypeVar("_Parsed")
_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
_MOST_BAD_LINES = 10


def tolerant(
    text: str,
    parse: Callable[[str], _Parsed],
    error_type: type[ValueError],
    continues: bool = False,
) -> tuple[Optional[_Parsed], list[Fact]]:
    """Return what ``parse`` makes of a text without the lines that it rejects, and a fact for each.

    None where too many are rejected. ``continues``: lines that begin with white space belong to the
    line above, and are left out with it.
    """
    lines = text.split("\n")
    bad: list[Fact] = []
    for _attempt in range(_MOST_BAD_LINES):
        try:
            return parse("\n".join(lines)), bad
        except error_type as error:
            match = _LINE.search(str(error))
            number = int(match[1]) if match else 0
            if match is None or not 0 < number <= len(lines) or not lines[number - 1]:
                return None, [*bad, Flaw("not-read", Place(), {"seen": str(error)})]
            bad.append(Flaw("not-read", Place(number), {"seen": match[2]}))
            lines[number - 1] = ""
            if continues:
                _drop_rest(lines, number)
    return None, [
        Flaw("not-read", Place(), {"seen": f"more than {_MOST_BAD_LINES} lines are not understood"})
    ]


def _drop_rest(lines: list[str], number: int) -> None:
    """Empty the lines that continue line ``number``."""
    for index in range(number, len(lines)):
        line = lines[index]
        if line and not line[0].isspace() and not line.startswith("#"):
            return
        lines[index] = ""
