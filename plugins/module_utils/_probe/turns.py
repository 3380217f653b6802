# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose turn it is: the limits that all connections of a run share, and the jobs that wait.

A job is let through when its port, its address, its network and the run as a whole have room for
its connections; older hosts go first. A server that says "later" is left alone for a while.
"""

from __future__ import annotations

import heapq
import ipaddress
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

# Some servers take four connections of a client, and count those that are just closing (Courier's
# MAXPERIP).
PER_PORT = 2
# Two for each port of the table.
PER_ADDRESS = 16
# Seconds to leave a server alone that says "later"; each time longer, up to the second.
_PAUSE, _LONGEST_PAUSE = 1.0, 8.0
# RFC 5321 section 4.2.1 (4yz), RFC 3206 (SYS/TEMP), RFC 5530 (UNAVAILABLE, LIMIT, INUSE), and what
# servers write without a code.
_LATER = re.compile(
    r"4\d\d\b|.*\[(?:SYS/TEMP|IN-USE|UNAVAILABLE|LIMIT|INUSE)\]|.*\btoo many\b",
    re.IGNORECASE | re.DOTALL,
)

Job = Callable[[], "Iterable[Turn]"]
Network = Any


@dataclass(frozen=True)
class Limits:
    """What a run may do at once: ``connections`` in all, ``per_address`` to one address (two at
    least), ``per_port`` to one of its ports, and connections a second to networks, by ``ceilings``
    of (network, number), of which the narrowest counts."""

    connections: int = 64
    per_address: int = PER_ADDRESS
    per_port: int = PER_PORT
    ceilings: Sequence[tuple[Network, float]] = ()


@dataclass
class Turn:
    """A job that waits: what to do, and how many connections to which port it may hold at once.

    ``order`` is lower for what should be done first. Without an ``address`` nothing is waited for.
    """

    job: Job
    order: int = 0
    address: str = ""
    port: int = 0
    cost: int = 0
    paid: bool = False


@dataclass
class _Port:
    """One port of an address."""

    busy: int = 0
    waiting: list[tuple[int, int, Turn]] = field(default_factory=list)
    alone: bool = False
    pause: float = 0.0
    not_before: float = 0.0


class _Ceiling:
    """How many connections a second a network is given."""

    def __init__(self, rate: float) -> None:
        self.gap = 1.0 / rate
        self.free = 0.0

    def reserve(self, now: float) -> float:
        """Return when the next connection may begin, and take that moment."""
        begins = max(now, self.free)
        self.free = begins + self.gap
        return begins


class _Address:
    """One address, with what is under way there and what waits."""

    def __init__(self, ceiling: Optional[_Ceiling]) -> None:
        self.busy = 0
        self.ports: dict[int, _Port] = {}
        self.ceiling = ceiling
        self.wake = 0.0
        self.paused = False

    def idle(self, now: float) -> bool:
        """Tell whether nothing need be remembered of it."""
        return not self.busy and not any(
            one.waiting or one.not_before > now for one in self.ports.values()
        )


class Waiting:
    """Since when a thread has waited for a server (time.monotonic), 0 for one that does not."""

    since = 0.0


class Turns:
    """The queue of all jobs of a run; any thread may put, take and finish."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._ready: list[tuple[int, int, Turn]] = []
        self._addresses: dict[str, _Address] = {}
        self._ceilings = [
            (network, _Ceiling(rate))
            for network, rate in sorted(limits.ceilings, key=lambda one: -one[0].prefixlen)
        ]
        self._wakes: list[tuple[float, str]] = []
        self._serial = 0
        self._connections = 0
        self._closed = False
        self._mine = threading.local()
        self._threads: list[Waiting] = []
        self.moved = time.monotonic()

    @property
    def ready(self) -> int:
        """Return how many jobs could be done now, if there were threads for them."""
        return len(self._ready)

    def enlist(self) -> None:
        """Count the thread that calls as one of the run's."""
        self._mine.waiting = Waiting()
        self._threads.append(self._mine.waiting)

    def waiting(self) -> Waiting:
        """Return where this thread notes that it waits for a server."""
        return getattr(self._mine, "waiting", None) or Waiting()

    def waiting_since(self, then: float) -> int:
        """Return how many threads have waited for a server since then, or longer."""
        return sum(0 < one.since < then for one in self._threads)

    def put(self, turns: Iterable[Turn]) -> None:
        """Have jobs wait for their turn."""
        with self._changed:
            self._put(turns)

    def _put(self, turns: Iterable[Turn]) -> None:
        for turn in turns:
            self._serial += 1
            row = (turn.order, self._serial, turn)
            if not turn.address:
                heapq.heappush(self._ready, row)
                self._changed.notify()
                continue
            place = self._addresses.get(turn.address)
            if place is None:
                place = self._addresses[turn.address] = _Address(self._ceiling_of(turn.address))
            heapq.heappush(place.ports.setdefault(turn.port, _Port()).waiting, row)
            self._release(turn.address, place)

    def _ceiling_of(self, address: str) -> Optional[_Ceiling]:
        if not self._ceilings:
            return None
        parsed = ipaddress.ip_address(address.partition("%")[0])
        for network, ceiling in self._ceilings:
            if parsed.version == network.version and parsed in network:
                return ceiling
        return None

    def _release(self, address: str, place: _Address) -> None:
        """Let through what there is room for at an address, the oldest first."""
        now = time.monotonic()
        while True:
            port = self._next_port(address, place, now)
            if port is None:
                return
            ceiling = place.ceiling
            if ceiling is not None:
                if ceiling.free > now:
                    self._wake_at(ceiling.free, address, place)
                    return
                ceiling.reserve(now)
            row = heapq.heappop(port.waiting)
            turn = row[2]
            turn.paid = ceiling is not None
            port.busy += turn.cost
            place.busy += turn.cost
            heapq.heappush(self._ready, row)
            self._changed.notify()

    def _next_port(self, address: str, place: _Address, now: float) -> Optional[_Port]:
        """Return the port whose first job may begin and is the oldest, None without one."""
        found: Optional[_Port] = None
        for port in place.ports.values():
            if not port.waiting:
                continue
            cost = port.waiting[0][2].cost
            room = 0 if port.alone else self._limits.per_port - cost
            if port.busy and port.busy > room:
                continue
            if place.busy and place.busy + cost > self._limits.per_address:
                continue
            if port.not_before > now:
                self._wake_at(port.not_before, address, place)
                continue
            if found is None or port.waiting[0] < found.waiting[0]:
                found = port
        return found

    def _wake_at(self, when: float, address: str, place: _Address) -> None:
        if place.wake and place.wake <= when:
            return
        place.wake = when
        heapq.heappush(self._wakes, (when, address))
        # Whoever sleeps without knowing of it would sleep too long.
        self._changed.notify()

    def take(self) -> Optional[Turn]:
        """Return the next job, waiting for one; None when all is over."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                self._wake(now)
                if self._ready:
                    cost = self._ready[0][2].cost
                    if not cost or self._connections + cost <= self._limits.connections:
                        turn = heapq.heappop(self._ready)[2]
                        self._connections += cost
                        self.moved = now
                        self._mine.paid = turn.paid
                        return turn
                self._changed.wait(max(self._wakes[0][0] - now, 0) if self._wakes else None)
        return None

    def _wake(self, now: float) -> None:
        while self._wakes and self._wakes[0][0] <= now:
            address = heapq.heappop(self._wakes)[1]
            place = self._addresses.get(address)
            if place is not None:
                place.wake = 0.0
                self._release(address, place)

    def finish(self, turn: Turn, followers: Iterable[Turn]) -> None:
        """Give the room of a job free again, and have those wait that follow from it."""
        with self._changed:
            self._connections -= turn.cost
            self._put(followers)
            place = self._addresses.get(turn.address)
            if place is not None:
                place.busy -= turn.cost
                place.ports[turn.port].busy -= turn.cost
                self._release(turn.address, place)
                if place.idle(time.monotonic()):
                    del self._addresses[turn.address]
            if self._ready:
                self._changed.notify()

    def close(self) -> None:
        """Have no thread wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wait(self, address: str) -> float:
        """Return the seconds that a new connection of this thread's job has to wait."""
        if not self._ceilings:
            return 0.0
        if getattr(self._mine, "paid", False):
            self._mine.paid = False
            return 0.0
        ceiling = self._ceiling_of(address)
        if ceiling is None:
            return 0.0
        with self._changed:
            now = time.monotonic()
            return ceiling.reserve(now) - now

    def heard(self, address: str, port: int, refusal: str) -> None:
        """Note how a server took a connection: its words where it refused it, else ""."""
        place = self._addresses.get(address)
        if not refusal and (place is None or not place.paused):
            return
        with self._changed:
            one = place.ports.get(port) if place else None
            if place is None or one is None:
                return
            if not is_later(refusal):
                one.pause = 0.0
                return
            now = time.monotonic()
            one.alone = place.paused = True
            # What was refused meanwhile was asked before.
            if now >= one.not_before:
                one.pause = min(max(_PAUSE, 2 * one.pause), _LONGEST_PAUSE)
                one.not_before = now + one.pause


def is_later(refusal: str) -> bool:
    """Tell whether a server's refusal is about the moment: too many connections, or too fast."""
    return bool(_LATER.match(refusal))
