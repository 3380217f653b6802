# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exim's lists: elements between colons, or between the sign that ``<`` names at the beginning."""

from __future__ import annotations

import re


def elements(text: str) -> list[str]:
    """Return the elements of a list without empty ones; a doubled separator stands for one sign
    (the Exim specification, sections 6.21 and 6.22)."""
    text = text.lstrip()
    changed = re.match(r"<([^\w\s])", text)
    separator, rest = (changed[1], text[2:]) if changed else (":", text)
    # "\0" stands in no configuration.
    parts = rest.replace(separator * 2, "\0").split(separator)
    found = [part.replace("\0", separator).strip() for part in parts]
    return [one for one in found if one]
