# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace the Jinja and ERB of a template by the values that are known, for the other readers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .jinja import Lookup, values
from .nodes import UNKNOWN, Scalar

# A condition on one line: the first branch that is not empty counts.
_BRANCH = r"((?:[^{}\n]|\{\{[^{}\n]{0,300}\}\}){0,300})"
_INLINE = re.compile(
    rf"\{{%-?\s*if\b[^%\n]{{0,300}}%\}}{_BRANCH}"
    rf"\{{%-?\s*(?:else|elif\b[^%\n]{{0,300}})-?\s*%\}}{_BRANCH}"
    r"(?:\{%[^%\n]{0,300}%\}[^%\n]{0,300}){0,5}?\{%-?\s*endif\s*-?%\}"
)
_LONE = re.compile(rf"^[ \t]*{UNKNOWN}(?:[ \t]*{UNKNOWN})*[ \t]*$", re.M)


def enclosed(text: str, first: str, last: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each part from ``first`` to the next ``last``, in linear time."""
    at = 0
    while True:
        start = text.find(first, at)
        end = text.find(last, start + len(first)) if start >= 0 else -1
        if end < 0:
            return
        at = end + len(last)
        yield start, at


def replaced(text: str, first: str, last: str, by: Callable[[str], str]) -> str:
    """Return ``text`` with each such part replaced; it keeps as many lines as it had."""
    parts: list[str] = []
    done = 0
    for start, end in enclosed(text, first, last):
        inner = text[start:end]
        parts += [text[done:start], by(inner), "\n" * inner.count("\n")]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def without_templating(text: str, lookup: Lookup) -> str:
    """Return ``text`` without Jinja and ERB, with as many lines as before.

    Expressions become their values, or UNKNOWN. Both branches of a condition stay. A line of
    nothing but statements becomes empty.
    """
    if "<%" in text:
        text = replaced(text, "<%", "%>", lambda inner: UNKNOWN if inner[2] == "=" else "")
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text

    def known(inner: str) -> str:
        found = values(Scalar(inner), lookup)
        if len(found) != 1 or "\n" in found[0].text:
            return UNKNOWN
        return found[0].text

    text = replaced(text, "{#", "#}", lambda _inner: "")
    text = _INLINE.sub(lambda match: match[1] if match[1].strip() else match[2], text)
    text = replaced(text, "{%", "%}", lambda _inner: "")
    return replaced(text, "{{", "}}", known)


def without_unknown_lines(text: str) -> str:
    """Return ``text`` without the lines that hold nothing but UNKNOWN."""
    return _LONE.sub("", text) if UNKNOWN in text else text
