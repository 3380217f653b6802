# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The threads of a run: as many as there is work and time for, which take turns as they come."""

from __future__ import annotations

import threading
import time

from .turns import Turns

# Threads to begin with, how many join them, and the seconds in which it is seen whether they
# should: once this process is busy for more than such a share of the time, more threads only
# take turns with each other.
_FIRST, _MORE, PACE, _BUSY = 16, 8, 0.01, 0.8


class Crew:
    """Threads that do what ``turns`` lets through, ``most`` of them at most; a context manager."""

    def __init__(self, turns: Turns, most: int) -> None:
        self._turns = turns
        self._most = most
        self._count = 0
        self._looked = (0.0, 0.0)

    def __enter__(self) -> Crew:
        """Begin, without a thread."""
        return self

    def __exit__(self, *_exc: object) -> None:
        """Have the threads end when they are done; nobody waits for one that does not come back."""
        self._turns.close()

    @property
    def may_grow(self) -> bool:
        """Tell whether there is more work than threads, and room for more of them."""
        return bool(self._turns.ready) and self._count < self._most

    def grow(self) -> None:
        """Let more threads join where the last ones left this process time for them.

        To be called again and again, PACE seconds apart, while ``may_grow``.
        """
        now, used = time.monotonic(), time.process_time()
        then, before = self._looked
        if self._count and (now - then < PACE or used - before > _BUSY * (now - then)):
            if now - then >= PACE:
                self._looked = now, used
            return
        self._looked = now, used
        # Most jobs are followed by others.
        wanted = min(_MORE if self._count else _FIRST, 2 * self._turns.ready)
        joining = min(wanted, self._most - self._count)
        for _unused in range(joining):
            threading.Thread(target=self._work, daemon=True).start()
        self._count += joining

    def _work(self) -> None:
        while True:
            turn = self._turns.take()
            if turn is None:
                return
            followers = []
            try:
                followers = list(turn.job())
            finally:
                self._turns.finish(turn, followers)
