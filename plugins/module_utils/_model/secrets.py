# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that knows what a secret looks like in a mail server's settings, and masks it.

Every diff, message and result that may quote a server's files goes through ``masked``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Optional

MASK = "********"
# How the names of settings end that hold a secret; _file and _maps end those of paths and tables.
_ENDS = r"(?:password|passwd|passphrase|secret|token|(?:^|(?<=[_.-]))(?:pass|pw|bindpw|apikey|key))"
_SECRET = rf"[\w.-]*?{_ENDS}(?![\w.-])"
_TABLE = r"[\w.-]*password_maps(?![\w.-])"
_NAME = re.compile(rf"{_SECRET}\Z", re.IGNORECASE)
_TABLES = re.compile(rf"{_TABLE}\Z", re.IGNORECASE)
_NAMED = rf"(?P<name>{_SECRET}|{_TABLE})"
# Tables that are written in place, and so hold what others would look up in a file.
_INLINE = re.compile(r"(?:static|inline):")
# A setting that begins a line, commented out or not, with the lines that continue it.
_LINE = re.compile(
    rf"^(?P<head>[ \t]*#?[ \t]*{_NAMED}[ \t]*=[ \t]*)"
    r"(?P<value>[^\n]*(?:\n[ \t]+[^\s#][^\n]*)*)",
    re.MULTILINE | re.IGNORECASE,
)
# A setting within a line: -o name=value, -o { name = value }, name=value in a value, name: value.
_WITHIN = re.compile(
    rf"(?P<head>(?<![\w.-]){_NAMED}[\"']?(?:[ \t]*=[ \t]*|:[ \t]+))"
    r"(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s,;{}\"']+)",
    re.IGNORECASE,
)
_BRACED = re.compile(
    rf"(?P<head>\{{[ \t]*{_NAMED}[ \t]*=[ \t]*)(?P<value>[^{{}}\n]+)(?=\}})", re.IGNORECASE
)
_USER_INFO = re.compile(r"(?P<head>\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)(?P<value>[^\s/@]+)(?=@)")
# Shorter ones stand everywhere in a text.
_SHORTEST = 4


def is_secret(name: str, value: str = "") -> bool:
    """Tell whether a setting of this name and value holds a secret; ``<FILE`` is none."""
    if value.startswith("<"):
        return False
    return bool(_NAME.match(name) or (_TABLES.match(name) and _INLINE.search(value)))


def secret_values(settings: Mapping[str, Optional[str]]) -> set[str]:
    """Return the values of settings that must not be shown."""
    return {value for name, value in settings.items() if value and is_secret(name, value)}


def masked(text: str, values: Iterable[str] = ()) -> str:
    """Return a text (a file of settings, a message) without the secrets in it.

    ``values`` are secrets that are known and may stand anywhere in it.
    """
    for value in sorted(set(values), key=len, reverse=True):
        if len(value) >= _SHORTEST:
            text = text.replace(value, MASK)
    text = _LINE.sub(_hidden, text)
    text = _BRACED.sub(_hidden, text)
    text = _WITHIN.sub(_hidden, text)
    return _USER_INFO.sub(lambda found: found["head"] + MASK, text)


def _hidden(found: re.Match[str]) -> str:
    value = found["value"]
    if not value.strip() or not is_secret(found["name"], value):
        return found[0]
    end = value[len(value.rstrip()) :]
    return f"{found['head']}{MASK}{end}"
