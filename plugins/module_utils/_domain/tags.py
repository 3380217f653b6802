# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of tag=value, as DKIM, DMARC, MTA-STS and TLSRPT write them (RFC 6376 section 3.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VALUE = re.compile(r"(?:[!-:<-~]+(?:[ \t\r\n]+[!-:<-~]+)*)?")
_BLANK = " \t\r\n"


class TagError(ValueError):
    """Text that is no list of tags, or a tag that is wrong; one line that says which."""


def text_of(strings: Sequence[bytes]) -> str:
    r"""Return the strings of a TXT record as one text; bytes beyond UTF-8 become ``\xNN``."""
    return b"".join(strings).decode("utf-8", "backslashreplace")


def parse(text: str) -> dict[str, str]:
    """Return the tags in their order, blanks around values taken off.

    A semicolon may end the list. Raises TagError for a tag given twice and for what is no tag.
    """
    tags: dict[str, str] = {}
    specs = text.split(";")
    if not specs[-1].strip(_BLANK):
        specs.pop()
    for spec in specs:
        name, equals, value = spec.partition("=")
        name, value = name.strip(_BLANK), value.strip(_BLANK)
        if not equals:
            raise TagError(f"{spec.strip()[:60]!r} is not of the form tag=value")
        if not _NAME.fullmatch(name):
            raise TagError(f"{name[:60]!r} is not the name of a tag")
        if not _VALUE.fullmatch(value):
            raise TagError(f"{name}= has a character that is not allowed")
        if name in tags:
            raise TagError(f"{name}= is given twice")
        tags[name] = value
    return tags


def begins(text: str, version: str) -> bool:
    """Tell whether the first tag is ``v=VERSION``, which makes the record one of its standard."""
    name, _equals, value = text.partition(";")[0].partition("=")
    return name.strip(_BLANK) == "v" and value.strip(_BLANK) == version


def words(value: str, separator: str = ":") -> tuple[str, ...]:
    """Return the parts of a value between separators, without blanks around them."""
    return tuple(part.strip(_BLANK) for part in value.split(separator))
