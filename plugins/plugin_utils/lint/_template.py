# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace Jinja in a text by what can be known of it, line by line, so that any reader can read."""

from __future__ import annotations

import re

from ._jinja import Lookup, values
from ._tree import UNKNOWN, Scalar

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_STATEMENT = re.compile(r"\{%-?\+?.*?[-+]?%\}", re.DOTALL)
_EXPRESSION = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def neutral(text: str, lookup: Lookup) -> str:
    """Return ``text`` without Jinja: as many lines as before; UNKNOWN for what cannot be told.

    Both branches of a condition stay. A line that holds statements alone becomes empty.
    """
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), text)
    text = _STATEMENT.sub(lambda match: "\n" * match[0].count("\n"), text)

    def known(match: re.Match[str]) -> str:
        found = values(Scalar(match[0]), lookup)
        shown = found[0].text if len(found) == 1 else ""
        if "\n" in shown or len(found) != 1:
            shown = UNKNOWN
        return shown + "\n" * match[0].count("\n")

    return _EXPRESSION.sub(known, text)
