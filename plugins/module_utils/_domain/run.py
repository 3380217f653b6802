# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drive the generators of ``question``: all questions at once, each asked once, under one deadline.

The I/O is handed in, so that tests answer from a table.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Callable, Optional

from .question import TIMEOUT, Answer, Fetch, Fetched, Question, Steps

PARALLEL = 20
DEADLINE = 60.0
# No domain has this many; a record that makes us ask for ever must not.
MAX_QUESTIONS = 2000
_LATE = "the time for the whole run was over"
_MANY = "too many questions in one run"

Asker = Callable[[Any], Any]


class Run:
    """One run: its cache, its threads, its deadline. ``ask`` answers one Question or Fetch.

    ``asked`` counts what really went out.
    """

    def __init__(
        self,
        ask: Asker,
        parallel: int = PARALLEL,
        deadline: float = DEADLINE,
        questions: int = MAX_QUESTIONS,
    ) -> None:
        """Take the I/O and the limits; ``deadline`` is in seconds from now."""
        self._ask = ask
        self._parallel = parallel
        self._end = time.monotonic() + deadline
        self._left = questions
        self._why = _MANY
        self._cache: dict[Any, Any] = {}
        self.asked = 0

    def results(self, steps: Mapping[Any, Steps[Any]]) -> dict[Any, Any]:
        """Return what each generator returned, under its key."""
        tasks = {key: _Task(one) for key, one in steps.items()}
        flying: dict[Future[Any], Any] = {}
        with ThreadPoolExecutor(self._parallel, "mailports-dns") as pool:
            begun: dict[Any, Future[Any]] = {}
            while any(task.wanted is not None for task in tasks.values()):
                self._send(tasks, pool, begun, flying)
                moved = [task.take(self._cache) for task in tasks.values()]
                if not any(moved):
                    self._wait(flying, begun)
            for future in flying:
                future.cancel()
        return {key: task.result for key, task in tasks.items()}

    def _send(
        self,
        tasks: Mapping[Any, _Task],
        pool: ThreadPoolExecutor,
        begun: dict[Any, Future[Any]],
        flying: dict[Future[Any], Any],
    ) -> None:
        """Send out every question that nobody has asked yet."""
        for task in tasks.values():
            for question in task.wanted or ():
                if key_of(question) in self._cache or key_of(question) in begun:
                    continue
                if self._left <= 0:
                    self._cache[key_of(question)] = _nothing(question, self._why)
                    continue
                self._left -= 1
                self.asked += 1
                future = pool.submit(self._ask, question)
                begun[key_of(question)] = future
                flying[future] = question

    def _wait(self, flying: dict[Future[Any], Any], begun: dict[Any, Future[Any]]) -> None:
        """Wait for an answer; at the deadline everything that is open has none."""
        left = self._end - time.monotonic()
        done = wait(flying, max(left, 0), FIRST_COMPLETED).done
        for future in done or list(flying):
            question = flying.pop(future)
            begun.pop(key_of(question), None)
            if done:
                self._cache[key_of(question)] = future.result()
            else:
                future.cancel()
                self._cache[key_of(question)] = _nothing(question, _LATE)
        if not done:
            self._left, self._why = 0, _LATE


class _Task:
    """One generator and the questions it waits for; None where it has returned."""

    def __init__(self, steps: Steps[Any]) -> None:
        self._steps = steps
        self.result: Any = None
        self.wanted: Optional[Sequence[Any]] = ()
        self._started = False

    def take(self, cache: Mapping[Any, Any]) -> bool:
        """Go on if all answers are there; tell whether it did."""
        if self.wanted is None or any(key_of(one) not in cache for one in self.wanted):
            return False
        try:
            if self._started:
                answers = {one: cache[key_of(one)] for one in self.wanted}
                self.wanted = self._steps.send(answers)
            else:
                self._started = True
                self.wanted = next(self._steps)
        except StopIteration as end:
            self.result = end.value
            self.wanted = None
        return True


def key_of(question: Any) -> Any:
    """Return what makes two questions the same: names know no case (RFC 4343)."""
    if isinstance(question, Question):
        return Question(question.name.lower(), question.type)
    return question


def _nothing(question: Any, why: str) -> Any:
    if isinstance(question, Fetch):
        return Fetched(problem=TIMEOUT, detail=why)
    return Answer(TIMEOUT, detail=why)
