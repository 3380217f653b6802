# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that texts inside data keep the lines of the file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.embedded import (
    embedded_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import (
    LISTENER,
    Fact,
    Mention,
    Place,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Scalar,
    TreeError,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope


def read(text: str, name: str, kind: str, scope: Scope, fragment: bool) -> Iterator[Fact]:
    """Yield a fact for each line that holds PORT; its text says what the reader was given."""
    if "BAD" in text:
        raise TreeError("bad")
    for number, line in enumerate(text.split("\n"), 1):
        if "PORT" in line:
            given = f"{name} {kind} {fragment}"
            yield Mention(
                SERVICES["imap"], 143, LISTENER, Place(number), given, tls_place=Place(number)
            )


def lines(scalar: Scalar, scope: Scope = Scope()) -> list[int]:  # noqa: B008 (never changed)
    """Return the lines of the facts of a text."""
    return [one.place.line for one in embedded_facts(scalar, "main.cf", scope, "a", read)]


@pytest.mark.parametrize(
    ("scalar", "found"),
    [
        (Scalar("a\nPORT\n", 4, offset=1), [6]),
        (Scalar("a\nPORT\n", 4, offset=-1), [4]),
        (Scalar("PORT", 4, offset=0), [4]),
        (Scalar("BAD PORT", 4), []),
    ],
)
def test_a_block_keeps_its_lines(scalar: Scalar, found: list[int]) -> None:
    assert lines(scalar) == found


def test_a_line_of_a_variable_stands_where_that_is_written() -> None:
    scope = Scope().bind("line", Scalar("PORT", 9))
    assert lines(Scalar("{{ line }}", 4), scope) == [9]


@pytest.mark.parametrize(
    ("text", "given"), [("PORT", "main.cf main.cf True"), ("PORT\n\n\n", "main.cf main.cf False")]
)
def test_a_short_text_is_a_part_of_a_file(text: str, given: str) -> None:
    (fact,) = embedded_facts(Scalar(text, 1), "main.cf", Scope(), "", read)
    assert isinstance(fact, Mention)
    assert fact.text == given
