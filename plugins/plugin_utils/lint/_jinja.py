# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Jinja only as far as a reader can in his head: literal defaults and known variables."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from ._tree import UNKNOWN, Scalar

_EXPRESSION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
# Whoever writes more into one value writes a program, which is not followed.
_LONGEST = 2000
_NAME = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[['\"]\w+['\"]\])*)\s*")
_LITERAL = re.compile(r"\s*(?:(\d{1,6})|'([^']*)'|\"([^\"]*)\"|(true|false|True|False))\s*")
_DEFAULT = re.compile(r"\s*(?:default|d)\s*\((.*)", re.DOTALL)
# These change how a value is written and not what it means.
_HARMLESS = re.compile(r"\s*(?:int|string|trim|lower|quote|bool|to_json|mandatory)\s*(?:\(\s*\))?")
_CHOICE = re.compile(r"([^{}]{1,200}?)\bif\b[^{}]{1,300}?\belse\b([^{}]{1,200})", re.DOTALL)
_GROUP = re.compile(r"\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)([^()]*)")
_BEFORE_FILTER = re.compile(r"^[^|]*")
_MOST = 8
_DEPTH = 4

# Returns the values that a variable has, None where it is not known at all.
Lookup = Callable[[str], Optional[list[Scalar]]]


@dataclass(frozen=True)
class Value:
    """A text that a scalar stands for, and the scalar in which its number is written."""

    text: str
    at: Scalar


def values(scalar: Scalar, lookup: Lookup, depth: int = 0) -> list[Value]:
    """Return what ``scalar`` can stand for; UNKNOWN replaces what cannot be told."""
    text = scalar.text
    if "{{" not in text or len(text) > _LONGEST:
        return [Value(text, scalar)]
    found = [Value("", scalar)]
    end = 0
    for match in _EXPRESSION.finditer(text):
        before = text[end : match.start()]
        end = match.end()
        inner = _expression(match[1], scalar, lookup, depth)
        found = [
            Value(one.text + before + two.text, _nearer(one.at, two.at, scalar))
            for one in found
            for two in inner
        ][:_MOST]
    rest = text[end:]
    return [Value(one.text + rest, one.at) for one in found]


def _nearer(before: Scalar, found: Scalar, scalar: Scalar) -> Scalar:
    """Return where a value stands: where its last variable is written, if that is in this file."""
    return found if found is not scalar and found.line else before


def _expression(text: str, scalar: Scalar, lookup: Lookup, depth: int) -> list[Value]:
    literal = _LITERAL.match(text)
    if literal and not text[literal.end() :].strip():
        return [Value(_literal(literal), scalar)]
    choice = _CHOICE.fullmatch(text)
    if choice:
        return [
            one for part in choice.groups() for one in _expression(part, scalar, lookup, depth + 1)
        ]
    group = _GROUP.fullmatch(text)
    if group and depth < _DEPTH and _harmless(group[2]):
        return _expression(group[1], scalar, lookup, depth + 1)
    name = _NAME.match(text)
    if name is None:
        return [Value(_default(_BEFORE_FILTER.sub("", text)), scalar)]
    rest = text[name.end() :]
    known = lookup(re.sub(r"\[['\"](\w+)['\"]\]", r".\1", name[1]))
    if known is not None and depth < _DEPTH and _harmless(rest):
        return [two for one in known for two in values(one, lookup, depth + 1)][:_MOST] or [
            Value(UNKNOWN, scalar)
        ]
    return [Value(_default(rest), scalar)]


def _harmless(rest: str) -> bool:
    """Tell whether filters leave a value as it is (defaults do, where it is known)."""
    for part in rest.split("|")[1:]:
        if not _DEFAULT.match(part) and not _HARMLESS.fullmatch(part):
            return False
    return not rest.split("|")[0].strip()


def _default(rest: str) -> str:
    """Return the literal default among filters, UNKNOWN where there is none."""
    for part in rest.split("|")[1:]:
        match = _DEFAULT.match(part)
        if match:
            literal = _LITERAL.match(match[1])
            return _literal(literal) if literal else UNKNOWN
        if not _HARMLESS.fullmatch(part):
            return UNKNOWN
    return UNKNOWN


def _literal(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group is not None), "")
