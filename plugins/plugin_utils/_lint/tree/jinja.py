# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluate simple Jinja expressions: literals, literal defaults and known variables."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from .nodes import UNKNOWN, Scalar

_EXPRESSION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
# A longer value is a program, which is not evaluated.
_LONGEST = 2000
_NAME = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[['\"]\w+['\"]\])*)\s*")
_LITERAL = re.compile(r"\s*(?:(\d{1,6})|'([^']*)'|\"([^\"]*)\"|(true|false|True|False))\s*")
_DEFAULT = re.compile(r"\s*(?:default|d)\s*\((.*)", re.DOTALL)
# Filters that change how a value is written, not what it means.
_HARMLESS = re.compile(r"\s*(?:int|string|trim|lower|quote|bool|to_json|mandatory)\s*(?:\(\s*\))?")
_CHOICE = re.compile(r"([^{}]{1,200}?)\bif\b[^{}]{1,300}?\belse\b([^{}]{1,200})", re.DOTALL)
_GROUP = re.compile(r"\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)([^()]*)")
_BEFORE_FILTER = re.compile(r"^[^|]*")
_MOST = 8
_DEPTH = 4
_STEPS = 200

# Returns the values that a variable has, None where it is not known at all.
Lookup = Callable[[str], Optional[list[Scalar]]]


@dataclass(frozen=True)
class Value:
    """A text that a scalar stands for, and the scalar in which its number is written."""

    text: str
    at: Scalar


def values(scalar: Scalar, lookup: Lookup) -> list[Value]:
    """Return the values that ``scalar`` can have, with UNKNOWN for parts that are not known."""
    return _Resolution(lookup).values(scalar, 0)


class _Resolution:
    """Resolves one scalar, in so many steps: variables may stand for each other many times over."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._left = _STEPS

    def values(self, scalar: Scalar, depth: int) -> list[Value]:
        text = scalar.text
        if "{{" not in text or len(text) > _LONGEST:
            return [Value(text, scalar)]
        found = [Value("", scalar)]
        end = 0
        for match in _EXPRESSION.finditer(text):
            before = text[end : match.start()]
            end = match.end()
            inner = self._expression(match[1], scalar, depth)
            found = [
                Value(one.text + before + two.text, _nearer(one.at, two.at, scalar))
                for one in found
                for two in inner
            ][:_MOST]
        rest = text[end:]
        return [Value(one.text + rest, one.at) for one in found]

    def _expression(self, text: str, scalar: Scalar, depth: int) -> list[Value]:
        self._left -= 1
        if self._left < 0:
            return [Value(UNKNOWN, scalar)]
        literal = _LITERAL.match(text)
        if literal and not text[literal.end() :].strip():
            return [Value(_literal(literal), scalar)]
        choice = _CHOICE.fullmatch(text)
        if choice:
            parts = choice.groups()
            return [one for part in parts for one in self._expression(part, scalar, depth + 1)]
        group = _GROUP.fullmatch(text)
        if group and depth < _DEPTH and _harmless(group[2]):
            return self._expression(group[1], scalar, depth + 1)
        name = _NAME.match(text)
        if name is None:
            return [Value(_default(_BEFORE_FILTER.sub("", text)), scalar)]
        rest = text[name.end() :]
        known = self._lookup(re.sub(r"\[['\"](\w+)['\"]\]", r".\1", name[1]))
        if known is not None and depth < _DEPTH and _harmless(rest):
            return self._each(known, depth + 1) or [Value(UNKNOWN, scalar)]
        return [Value(_default(rest), scalar)]

    def _each(self, known: list[Scalar], depth: int) -> list[Value]:
        """Return the values that some scalars can have, the first few of them."""
        found = (two for one in known for two in self.values(one, depth))
        return list(itertools.islice(found, _MOST))


def _nearer(before: Scalar, found: Scalar, scalar: Scalar) -> Scalar:
    """Return the place of a value: that of its last variable, if it is in this file."""
    return found if found is not scalar and found.line else before


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
