# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read texts inside data, and give their facts the lines of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from .facts import Fact, Mention, Place, moved
from .kinds import kind_of
from .tree.nodes import Scalar, TreeError
from .tree.scope import Scope
from .tree.template import without_templating

# A shorter text is taken for a part of a file: a setting that is missing may stand elsewhere.
_FRAGMENT_LINES = 3
_SETTINGS = "settings"

# Reads a text of a name and a kind, with the variables that it may use: read.read_text.
ReadText = Callable[[str, str, str, Scope, bool], Iterator[Fact]]


def embedded_facts(
    scalar: Scalar, hint: str, scope: Scope, path: str, read: ReadText
) -> Iterator[Fact]:
    """Yield the facts of a text; ``hint`` is the name of the file that it is written to."""
    if "{{" in scalar.text and "\n" not in scalar.text.strip():
        # A single line from a loop or a variable is reported where that is written.
        for one in scope.values(scalar):
            yield from _text_facts(
                replace(one.at, text=one.text, offset=0), hint, scope, path, read
            )
    else:
        yield from _text_facts(scalar, hint, scope, path, read)


def _text_facts(
    scalar: Scalar, hint: str, scope: Scope, path: str, read: ReadText
) -> Iterator[Fact]:
    text = without_templating(scalar.text, scope.scalars)
    kind = kind_of(hint, text) or _SETTINGS
    own_lines = scalar.offset > 0
    try:
        fragment = text.count("\n") < _FRAGMENT_LINES
        for fact in read(text, hint, kind, scope, fragment):
            if own_lines:
                yield moved(fact, scalar.line + scalar.offset - 1, path)
            else:
                yield _here(fact, scalar, path)
    except TreeError:
        # The text may be of another kind; only files that cannot be read are reported.
        return


def _here(fact: Fact, scalar: Scalar, path: str) -> Fact:
    """Return a fact at the line of the scalar, whose own lines are not those of the file."""
    inner = ".".join(part for part in (path, fact.place.path) if part)
    place = Place(scalar.line, 0, inner)
    if isinstance(fact, Mention) and fact.tls_place:
        return replace(fact, place=place, tls_place=Place(scalar.line))
    return replace(fact, place=place)
