# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that a run asks each question once, all at once, and ends at its limits."""

from __future__ import annotations

import threading
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    RECORDS,
    TIMEOUT,
    Answer,
    Question,
    Steps,
    ask,
    ask_all,
    together,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.run import Run

from tests.support.names import Table

ROWS = {f"{letter}.example.net A": [f"192.0.2.{number}"] for number, letter in enumerate("abcdef")}


def address(letter: str) -> Steps[Any]:
    answer = yield from ask(f"{letter}.example.net", "A")
    return answer.records


def test_each_question_goes_out_once_whatever_its_case() -> None:
    table = Table(ROWS)
    run = Run(table)
    results = run.results({"one": address("a"), "two": address("A"), "three": address("b")})
    assert results == {"one": ("192.0.2.0",), "two": ("192.0.2.0",), "three": ("192.0.2.1",)}
    assert run.asked == len(table.asked) == 2
    assert run.results({"again": address("a")}) == {"again": ("192.0.2.0",)}
    assert run.asked == 2


def test_what_does_not_depend_on_each_other_is_asked_at_once() -> None:
    barrier = threading.Barrier(6, timeout=30)

    def answer(_question: Any) -> Answer:
        # Passes only when six questions are under way together.
        barrier.wait()
        return Answer(RECORDS, ("192.0.2.1",))

    def pair(one: str, two: str) -> Steps[Any]:
        found = yield from ask_all([Question(one, "A"), Question(two, "A")])
        return len(found)

    steps = {0: pair("a", "b"), 1: together({0: address("c"), 1: address("d")}), 2: pair("e", "f")}
    assert Run(answer).results(steps)[0] == 2


def test_together_goes_on_with_each_as_its_answers_come() -> None:
    def two(letter: str) -> Steps[Any]:
        first = yield from address(letter)
        second = yield from address("f")
        return first + second

    table = Table(ROWS)
    result = Run(table).results({0: together({"x": two("a"), "y": address("b")})})[0]
    assert result == {"x": ("192.0.2.0", "192.0.2.5"), "y": ("192.0.2.1",)}


def test_the_deadline_ends_a_run_with_timeouts() -> None:
    silent = threading.Event()

    def never(_question: Any) -> Answer:
        silent.wait(30)
        return Answer(RECORDS)

    def kind(name: str) -> Steps[str]:
        answer = yield from ask(name, "A")
        again = yield from ask(name + ".x", "A")
        silent.set()
        return answer.kind + " " + again.kind

    run = Run(never, parallel=1, deadline=0.2)
    assert run.results({0: kind("a"), 1: kind("b")}) == {
        0: f"{TIMEOUT} {TIMEOUT}",
        1: f"{TIMEOUT} {TIMEOUT}",
    }


def test_a_run_asks_no_more_than_its_limit() -> None:
    def endless() -> Steps[str]:
        for number in range(1000):
            answer = yield from ask(f"n{number}.example.net", "A")
            if answer.kind == TIMEOUT:
                return f"{number}: {answer.detail}"
        return "never"

    assert Run(Table({}), questions=5).results({0: endless()})[0].startswith("5: too many")
