# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe many endpoints of one host, or of many hosts, at once: resolve, spread, gather.

Each host has its own deadline; what is shared is the crew of threads and the limits of the run.
"""

from __future__ import annotations

import functools
import queue
import socket
import threading
import time
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Optional, Union

from .._model.host_names import FAMILIES
from .._model.observation import Observation
from .connection import Settings
from .crew import PACE, Crew
from .endpoint import Endpoint
from .inquiry import Questions, blank
from .request import Request, Target
from .resolve import Gap, resolve
from .shared import Part, Shared
from .tls import Contexts
from .turns import Limits, Turn, Turns

# Every wait of a thread ends at the deadline; these seconds are for it to say so.
_GRACE = 1.0
# How often the deadlines are looked at, seconds.
_LOOK = 0.25
# Hosts under way at once, and the jobs that wait for a thread while another host is let in: each
# costs memory, and none is of use before its turn.
_MOST_HOSTS, _ENOUGH = 1024, 32
# Where no thread has taken a job for so many seconds beyond a host's time, they are lost.
_STUCK = 60.0

# What was seen of a host, or why nothing could be.
Seen = Union[list[Observation], Exception]


def run(request: Request) -> list[Observation]:
    """Probe all targets on all addresses of the host; the order is that of both.

    What is not known of the addresses comes last, as an observation of each target without one.

    Raises TrustStoreError before any connection when ``ca_path`` cannot be used.
    """
    parallel = max(request.parallel, 1)
    together = max(parallel, 2)
    limits = Limits(connections=together, per_address=together)
    ((_key, seen),) = _Fleet(limits, parallel, begin_at_once=True).run([(None, request)])
    if isinstance(seen, Exception):
        raise seen  # pylint: disable=raising-non-exception
    return seen


def run_many(
    requests: Iterable[tuple[Hashable, Request]], limits: Limits
) -> Iterator[tuple[Any, Seen]]:
    """Probe many hosts at once, each request with a key; yield key and observations as each is
    done, in no order.

    ``requests`` is drawn from as there is room. A host's deadline begins with its first connection.
    In place of observations there is the exception that has cost a host its probe. What two hosts
    have in common (one port of one address, asked under the same name) is asked once.
    """
    yield from _Fleet(limits, limits.connections).run(requests)


def _settings(
    request: Request, contexts: Optional[Contexts] = None, turns: Optional[Turns] = None
) -> Settings:
    return Settings(
        contexts=contexts or Contexts(request.verify, request.ca_path),
        server_name=request.server_name or request.host,
        ehlo_name=request.ehlo_name or _own_name(),
        timeout=request.timeout,
        source_address=request.source_address,
        injection=request.injection,
        credentials=request.credentials,
        turns=turns,
    )


def _own_name() -> str:
    """Return this machine's name where it can stand in an EHLO, else an address literal."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() and " " not in name else "[127.0.0.1]"


def _endpoint(request: Request, target: Target, address: str) -> Endpoint:
    return Endpoint(
        service=target.service,
        host=request.host,
        address=address,
        port=target.port,
        protocol=target.protocol,
        tls=target.tls,
        patient=target.login == "none",
        may_login=target.wanted and target.login != "none",
        enforcement=request.enforcement
        and target.wanted
        and (target.tls, target.login) == ("starttls", "required"),
    )


class _Host:
    """One host under way; ``tell`` is called once, when all that is asked of it has ended."""

    def __init__(self, key: Any, request: Request, number: int) -> None:
        self.key = key
        self.request = request
        self.number = number
        self.deadline: Optional[float] = None
        self.error: Optional[Exception] = None
        self._gaps: list[Gap] = []
        self._endpoints: list[Endpoint] = []
        self._parts: list[Part] = []
        self._left = 0
        self._lock = threading.Lock()

    def begin(self) -> float:
        """Return the deadline; the first call is what begins the time."""
        with self._lock:
            if self.deadline is None:
                self.deadline = time.monotonic() + self.request.deadline
            return self.deadline

    def open(self, shared: Shared, settings: Settings, tell: Any) -> list[Turn]:
        """Find out what is to be asked, and return the first turns."""
        request = self.request
        until = self.deadline or time.monotonic() + request.deadline
        addresses, self._gaps = resolve(request.host, request.addresses, until)
        self._endpoints = [
            _endpoint(request, target, address)
            for address in addresses
            for target in request.targets
        ]
        # One more than there are: nothing has ended before all are known.
        self._left = len(self._endpoints) + 1
        questions = Questions(request.versions, request.certificates, request.injection)
        ended = functools.partial(self._one_ended, tell)
        self._parts, turns = shared.ask(
            self._endpoints, settings, questions, self.number, self.begin, ended
        )
        ended()
        return turns

    def _one_ended(self, tell: Any) -> None:
        with self._lock:
            self._left -= 1
            last = not self._left
        if last:
            tell(self)

    def seen(self) -> Seen:
        """Return what is known by now."""
        if self.error is not None:
            return self.error
        return [part.seen(end) for end, part in zip(self._endpoints, self._parts)] + [
            blank(_endpoint(self.request, target, ""), gap.reach, gap.detail)
            for gap in self._gaps
            for target in self.request.targets
        ]


class _Fleet:
    """The hosts of one run: who is under way, who is done, who is late."""

    def __init__(self, limits: Limits, threads: int, begin_at_once: bool = False) -> None:
        self._turns = Turns(limits)
        self._crew = Crew(self._turns, threads)
        self._begin_at_once = begin_at_once
        # Authorities are read once, not for each host.
        self._contexts = functools.lru_cache(maxsize=16)(Contexts)
        self._shared = Shared()
        self._active: dict[int, _Host] = {}
        self._done: queue.SimpleQueue[_Host] = queue.SimpleQueue()
        self._number = 0
        self._more = True

    def run(self, requests: Iterable[tuple[Any, Request]]) -> Iterator[tuple[Any, Seen]]:
        """Yield key and observations of each host as it is done."""
        coming = iter(requests)
        looked = time.monotonic()
        with self._crew:
            while self._admit(coming):
                for host in self._ended():
                    yield host.key, host.seen()
                if time.monotonic() - looked >= _LOOK or self._begin_at_once:
                    looked = time.monotonic()
                    for host in self._overdue(looked):
                        yield host.key, host.seen()

    def _admit(self, coming: Iterator[tuple[Any, Request]]) -> bool:
        """Let hosts in while there is room; tell whether any is under way."""
        while self._more and len(self._active) < _MOST_HOSTS and self._turns.ready < _ENOUGH:
            row = next(coming, None)
            if row is None:
                self._more = False
                break
            self._number += 1
            host = self._active[self._number] = _Host(*row, self._number)
            opening = functools.partial(self._open, host)
            if self._begin_at_once:
                host.begin()
            if self._begin_at_once or not _has_names(host.request):
                self._turns.put(opening())
            else:
                self._turns.put([Turn(opening, self._number)])
        return bool(self._active)

    def _open(self, host: _Host) -> list[Turn]:
        """Return the first turns of a host; a fault of its own is told as its result."""
        request = host.request
        try:
            contexts = self._contexts(request.verify, request.ca_path)
            settings = _settings(request, contexts, self._turns)
            return host.open(self._shared, settings, self._done.put)
        except Exception as error:
            host.error = error
            self._done.put(host)
        return []

    def _ended(self) -> Iterator[_Host]:
        """Yield the hosts that are done, after a moment's wait; let threads join meanwhile."""
        if self._crew.may_grow:
            self._crew.grow()
        hungry = self._more and self._turns.ready < _ENOUGH
        try:
            host = self._done.get(timeout=PACE if hungry or self._crew.may_grow else _LOOK)
            while True:
                if self._active.pop(host.number, None) is not None:
                    yield host
                host = self._done.get_nowait()
        except queue.Empty:
            return

    def _overdue(self, now: float) -> list[_Host]:
        """Return the hosts whose time is over while threads of theirs have not come back."""
        stuck = now - self._turns.moved
        for host in self._active.values():
            if host.deadline is None and stuck > host.request.deadline + _STUCK:
                host.begin()
        late = [
            host
            for host in self._active.values()
            if host.deadline is not None and now > host.deadline + _GRACE
        ]
        for host in late:
            del self._active[host.number]
        return late


def _has_names(request: Request) -> bool:
    """Tell whether a name has to be looked up."""
    return not request.addresses or any(one in FAMILIES for one in request.addresses)
