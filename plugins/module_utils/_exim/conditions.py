# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Exim's host lists and conditions say to every client, before TLS and inside it.

Exim expands both for each client. Understood are the plain ones and the usual test for TLS;
everything else may differ from client to client and is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Optional

from .lists import elements

_CIPHER = r"\$(?:tls_(?:in_)?cipher|\{tls_(?:in_)?cipher\})"
_RESULT = r"\{(?P<yes>[^{}$]*)\}\s*(?:\{(?P<no>[^{}$]*)\})?"
# ${if def:tls_in_cipher {A}{B}}, with ! for the opposite; without results it gives "true" or "".
_DEFINED = re.compile(
    rf"\$\{{if\s*(?P<not>!?)\s*def:tls_(?:in_)?cipher\s*(?P<results>{_RESULT})?\s*\}}"
)
# ${if eq{$tls_in_cipher}{}{A}{B}}, which compares with nothing.
_EQUAL = re.compile(
    rf"\$\{{if\s*(?P<not>!?)\s*eq\s*\{{\s*{_CIPHER}\s*\}}\s*\{{\s*\}}\s*"
    rf"(?P<results>{_RESULT})?\s*\}}"
)
_FALSE = ("", "0", "no", "false")


@dataclass(frozen=True)
class Answer:
    """Yes, no, or None for not known: to a client without TLS, and inside it."""

    before: Optional[bool]
    inside: Optional[bool]


def hosts(text: str) -> Answer:
    """Return whether a host list holds every client (yes), or none (no)."""
    return _expanded(text, _holds)


def condition(text: str) -> Answer:
    """Return what a condition of an authenticator says; an empty one is not there, and says yes."""
    if not text.strip():
        return Answer(True, True)
    return _expanded(text, lambda value: value.strip().lower() not in _FALSE)


def all_of(answers: Sequence[Answer]) -> Answer:
    """Return whether all say yes."""
    return Answer(_every([one.before for one in answers]), _every([one.inside for one in answers]))


def any_of(answers: Sequence[Answer]) -> Answer:
    """Return whether one says yes."""
    return Answer(_some([one.before for one in answers]), _some([one.inside for one in answers]))


def _every(answers: Sequence[Optional[bool]]) -> Optional[bool]:
    return False if False in answers else None if None in answers else True


def _some(answers: Sequence[Optional[bool]]) -> Optional[bool]:
    return True if True in answers else None if None in answers else False


def _expanded(text: str, meaning: Callable[[str], Optional[bool]]) -> Answer:
    """Return the meaning of a text as it is expanded without and with TLS."""
    if "$" not in text:
        return Answer(meaning(text), meaning(text))
    bare = " ".join(text.split())
    if re.fullmatch(_CIPHER, bare):
        # The name of the cipher, or nothing.
        return Answer(meaning(""), meaning("cipher"))
    defined, equal = _DEFINED.fullmatch(bare), _EQUAL.fullmatch(bare)
    found = defined or equal
    if found is None:
        return Answer(None, None)
    if found["results"] is None:
        yes, no = "true", ""
    else:
        yes, no = found["yes"], found["no"] or ""
    # Both ways to ask, and an exclamation mark, turn the question round.
    inside_is_yes = (defined is not None) is not bool(found["not"])
    inside, before = (yes, no) if inside_is_yes else (no, yes)
    return Answer(meaning(before), meaning(inside))


def _holds(text: str) -> Optional[bool]:
    """Return whether a host list without expansions holds every client, or none at all."""
    found = list(elements(text))
    if not found:
        return False
    for one in found:
        if one == "*":
            return True
        if not re.fullmatch(r"[0-9A-Fa-f.:/\[\]]+", one):
            # A name, a lookup, an exception: for some clients.
            return None
    return None
