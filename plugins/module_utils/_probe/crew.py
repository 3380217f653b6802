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
# Up to so many join as long as this process is not busy, more of them only where the machine is
# not: what is slow then is the network. One that has waited for a server for so many seconds does
# not count.
_MOVING, _IDLE, _STUCK = 64, 0.1, 1.0
_STAT = "/proc/stat"


class Crew:
    """Threads that do what ``turns`` lets through, ``most`` of them at most; a context manager."""

    def __init__(self, turns: Turns, most: int) -> None:
        self._turns = turns
        self._most = most
        self._count = 0
        self._looked = (0.0, 0.0)
        self._machine = (0, 0)

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
        """Let more threads join where the last ones left time for them.

        To be called again and again while ``may_grow``; between two looks pass PACE seconds.
        """
        now, used = time.monotonic(), time.process_time()
        then, before = self._looked
        if self._count and now - then < PACE:
            return
        self._looked = now, used
        if self._count and (used - before > _BUSY * (now - then) or not self._has_room(now)):
            return
        # Most jobs are followed by others.
        wanted = min(_MORE if self._count else _FIRST, 2 * self._turns.ready)
        joining = min(wanted, self._most - self._count)
        for _unused in range(joining):
            threading.Thread(target=self._work, daemon=True).start()
        self._count += joining

    def _has_room(self, now: float) -> bool:
        """Tell whether more threads would be of use, and not only wait for a processor."""
        if self._count - self._turns.waiting_since(now - _STUCK) < _MOVING:
            return True
        # The machine's own count moves by the hundredth of a second.
        idle, total = _machine_time()
        was_idle, was_total = self._machine
        if total - was_total < 10:
            return False
        self._machine = idle, total
        return idle - was_idle > _IDLE * (total - was_total)

    def _work(self) -> None:
        self._turns.enlist()
        while True:
            turn = self._turns.take()
            if turn is None:
                return
            followers = []
            try:
                followers = list(turn.job())
            finally:
                self._turns.finish(turn, followers)


def _machine_time() -> tuple[int, int]:
    """Return how long this machine's processors were idle, and all their time (proc_stat(5)).

    Where it does not tell, it is as if it were never idle.
    """
    try:
        with open(_STAT, encoding="ascii") as stream:
            times = [int(word) for word in stream.readline().split()[1:9]]
        return times[3] + times[4], sum(times)
    except (OSError, ValueError, IndexError):
        return 0, time.monotonic_ns() // 10_000_000
