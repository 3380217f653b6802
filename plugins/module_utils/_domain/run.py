# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drive the generators of ``question``: all questions at once, each asked once, under one deadline.

The I/O is handed in, so that tests answer from a table.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Callable

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
        ready = deque(tasks.values())
        # Who waits for the answer to each question that is under way.
        waiting: dict[Any, list[_Task]] = {}
        done: queue.SimpleQueue[tuple[Any, Future[Any]]] = queue.SimpleQueue()
        with ThreadPoolExecutor(self._parallel, "mailports-dns") as pool:
            flying: dict[Any, Future[Any]] = {}
            while ready or waiting:
                while ready:
                    self._step(ready.popleft(), ready, waiting, flying, pool, done)
                if waiting:
                    for key in self._arrived(flying, done):
                        for task in waiting.pop(key, ()):
                            task.missing.discard(key)
                            if not task.missing:
                                ready.append(task)
            for future in flying.values():
                future.cancel()
        return {key: task.result for key, task in tasks.items()}

    def _step(
        self,
        task: _Task,
        ready: deque[_Task],
        waiting: dict[Any, list[_Task]],
        flying: dict[Any, Future[Any]],
        pool: ThreadPoolExecutor,
        done: queue.SimpleQueue[tuple[Any, Future[Any]]],
    ) -> None:
        """Let a task go on, and send out what it asks and nobody has asked yet."""
        if not task.advance(self._cache):
            return
        for question in task.wanted:
            key = key_of(question)
            if key in self._cache:
                continue
            if key not in waiting:
                if self._left <= 0:
                    self._cache[key] = _nothing(question, self._why)
                    continue
                self._left -= 1
                self.asked += 1
                flying[key] = future = pool.submit(self._ask, question)
                future.add_done_callback(partial(_arrive, done, key))
                waiting[key] = []
            if key not in task.missing:
                task.missing.add(key)
                waiting[key].append(task)
        if not task.missing:
            ready.append(task)

    def _arrived(
        self, flying: dict[Any, Future[Any]], done: queue.SimpleQueue[tuple[Any, Future[Any]]]
    ) -> list[Any]:
        """Wait for an answer; at the deadline everything that is open has none."""
        try:
            key, future = done.get(timeout=max(self._end - time.monotonic(), 0.001))
        except queue.Empty:
            self._left, self._why = 0, _LATE
            for key, future in flying.items():
                future.cancel()
                self._cache[key] = _nothing(key, _LATE)
            late = list(flying)
            flying.clear()
            return late
        if flying.pop(key, None) is None:
            return []
        self._cache[key] = future.result()
        return [key]


class _Task:
    """One generator, the questions that it asked last, and those without an answer yet."""

    def __init__(self, steps: Steps[Any]) -> None:
        self._steps = steps
        self._started = False
        self.result: Any = None
        self.wanted: Sequence[Any] = ()
        self.missing: set[Any] = set()

    def advance(self, cache: Mapping[Any, Any]) -> bool:
        """Go on with the answers; tell whether it asks more."""
        try:
            if self._started:
                self.wanted = self._steps.send({one: cache[key_of(one)] for one in self.wanted})
            else:
                self._started = True
                self.wanted = next(self._steps)
        except StopIteration as end:
            self.result = end.value
            return False
        return True


def key_of(question: Any) -> Any:
    """Return what makes two questions the same: names know no case (RFC 4343)."""
    if isinstance(question, Question):
        return Question(question.name.lower(), question.type)
    return question


def _arrive(done: queue.SimpleQueue[tuple[Any, Future[Any]]], key: Any, one: Future[Any]) -> None:
    done.put((key, one))


def _nothing(question: Any, why: str) -> Any:
    if isinstance(question, Fetch):
        return Fetched(problem=TIMEOUT, detail=why)
    return Answer(TIMEOUT, detail=why)
