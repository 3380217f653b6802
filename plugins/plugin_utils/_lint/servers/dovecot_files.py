# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read configuration files of Dovecot 2.3 and 2.4, complete or in part, and templates."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from ....module_utils._dovecot.syntax import parse_dovecot
from ....module_utils._model.host_view import ReadError
from ..facts import Fact, Place
from ..tree.nodes import TreeError
from .dovecot_rules import Around, One, dovecot_facts
from .tolerant import tolerant

_MAX_DEPTH = 30
# Blocks that may stand several times without a name of their own.
_INCLUDE = re.compile(r"^[ \t]*!include(?:_try)?\b", re.MULTILINE)
_SSL = re.compile(r"^ssl[ \t]*=[ \t]*(\w+)", re.MULTILINE)
_UNNAMED = re.compile(r"^([ \t]*(?:passdb|userdb)[ \t]*)(\{[ \t]*)$", re.MULTILINE)


def dovecot_file_facts(text: str, main: bool, template: bool, ssl: str = "") -> Iterator[Fact]:
    """Yield the facts of one file; ``main``: it is dovecot.conf itself.

    ``ssl`` is the value of ssl in another file of the same configuration.
    """
    _check_depth(text)
    count = itertools.count(1)
    numbered = _UNNAMED.sub(lambda match: f"{match[1]} unnamed{next(count)} {match[2]}", text)
    opened = numbered
    for _attempt in range(20):
        parsed, bad = tolerant(opened, parse_dovecot, ReadError)
        if parsed is not None or not template or not bad:
            break
        # A template may close its blocks in other files or branches.
        opened += "\n}"
    if not template:
        yield from bad[:1]
    if parsed is None:
        return
    settings: list[One] = []
    blocks: dict[tuple[str, ...], Place] = {}
    for path, one in parsed.items():
        place = Place(one.line, 1, "/".join(path))
        if one.value is None:
            blocks[path] = place
        else:
            settings.append(One(path, one.value, place))
    alone = main and not _INCLUDE.search(text)
    yield from dovecot_facts(settings, Around(main, alone, ssl, blocks))


def ssl_of(text: str) -> str:
    """Return the value of ssl that a file sets, "" for none or for several."""
    found = set(_SSL.findall(text))
    return found.pop().lower() if len(found) == 1 else ""


def _check_depth(text: str) -> None:
    """Raise TreeError where blocks are nested too deep."""
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.rstrip()
        if bare.endswith("{"):
            depth += 1
        elif bare.lstrip() == "}":
            depth -= 1
        if depth > _MAX_DEPTH:
            raise TreeError(f"nested more than {_MAX_DEPTH} deep", number)
