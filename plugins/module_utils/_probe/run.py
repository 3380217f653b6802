# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe many endpoints at once under one deadline: resolve, spread over threads, gather."""

from __future__ import annotations

import collections
import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Callable, Optional

from .._model.observation import (
    ACCEPTED,
    ESTABLISHED,
    NOT_PROBED,
    OPEN,
    UNTRIED,
    Observation,
)
from .._tls.versions import VERSIONS
from .asker import Asker, VersionRounds
from .endpoint import Endpoint, Settings, observe, try_injection
from .request import Request, Target
from .resolve import resolve
from .served import UNKNOWN, others, search_certificate, sent_chain, unknown_certificate
from .tls import Contexts

# Threads to begin with, how many join them, and the seconds in which it is seen whether they
# should: once this process is busy for more than such a share of the time, more threads only
# take turns with each other.
_FIRST, _MORE, _PACE, _BUSY = 16, 8, 0.01, 0.8


# Connections to one endpoint at a time: some servers take four of a client, and count those that
# are just closing (Courier's MAXPERIP).
_AT_ONCE = 2


def run(request: Request) -> list[Observation]:
    """Probe all targets on all addresses of the host; the order is that of both.

    What is not known of the addresses comes last, as an observation of each target without one.

    Raises TrustStoreError before any connection when ``ca_path`` cannot be used.
    """
    deadline = time.monotonic() + request.deadline
    settings = _settings(request)
    addresses, gaps = resolve(request.host, request.addresses, deadline)
    endpoints = [
        _endpoint(request, target, address) for address in addresses for target in request.targets
    ]
    seen = _Board(endpoints, settings, request, deadline).run()
    return seen + [
        _blank(_endpoint(request, target, ""), gap.reach, gap.detail)
        for gap in gaps
        for target in request.targets
    ]


def _settings(request: Request) -> Settings:
    """Make the contexts, once for all threads."""
    return Settings(
        contexts=Contexts(request.verify, request.ca_path),
        server_name=request.server_name or request.host,
        ehlo_name=request.ehlo_name or _own_name(),
        timeout=request.timeout,
        source_address=request.source_address,
        injection=request.injection,
        credentials=request.credentials,
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


def _blank(endpoint: Endpoint, reach: str, detail: str) -> Observation:
    """Return the observation of an endpoint that nothing was seen of."""
    return Observation(
        service=endpoint.service,
        host=endpoint.host,
        address=endpoint.address,
        port=endpoint.port,
        protocol=endpoint.protocol,
        tls_expected=endpoint.tls,
        reach=reach,
        reach_detail=detail,
    )


class _Board:
    """The work of one run: jobs that threads take, results that they put down, nothing else shared.

    The first job of an endpoint observes it; what that shows decides which jobs follow (rounds of
    them for the TLS versions, one for the injection), so that a silent port costs one timeout, not
    five.
    """

    def __init__(
        self, endpoints: list[Endpoint], settings: Settings, request: Request, deadline: float
    ) -> None:
        self._endpoints = endpoints
        self._settings = settings
        self._request = request
        self._deadline = deadline
        self._jobs: queue.SimpleQueue[Optional[Callable[[], Iterable[Callable[..., Any]]]]] = (
            queue.SimpleQueue()
        )
        self._observations: dict[int, Observation] = {}
        self._extra: dict[tuple[int, str], tuple[str, str]] = {}
        self._rounds: dict[int, VersionRounds] = {}
        self._served: dict[int, list[Mapping[str, Any]]] = {}
        self._waiting: dict[int, collections.deque[Callable[[], list[Any]]]] = {}
        self._busy_with: collections.Counter[int] = collections.Counter()
        self._begun: dict[int, float] = {}
        self._again: set[int] = set()
        self._open_jobs = 0
        self._lock = threading.Lock()
        self._idle = threading.Event()

    def run(self) -> list[Observation]:
        """Do it all and return the observations in the order of the endpoints."""
        if not self._endpoints:
            return []
        self._add([self._observing(index) for index in range(len(self._endpoints))])
        kinds = 3 + len(self._request.versions) + self._request.injection
        most = min(max(self._request.parallel, 1), len(self._endpoints) * kinds)
        count = self._staff(most)
        # Every wait of a thread ends at the deadline; the second is for it to say so.
        self._idle.wait(max(self._deadline - time.monotonic(), 0) + 1.0)
        for _unused in range(count):
            self._jobs.put(None)
        return [self._gather(index) for index in range(len(self._endpoints))]

    def _staff(self, most: int) -> int:
        """Start threads, as many as there is work and time for, and return their number."""
        count = 0
        while count < most:
            joining = min(_MORE if count else _FIRST, most - count)
            for _unused in range(joining):
                threading.Thread(target=self._work, daemon=True).start()
            count += joining
            while self._busy():
                pass
            if self._idle.is_set() or time.monotonic() >= self._deadline:
                break
        return count

    def _busy(self) -> bool:
        """Wait a little, and tell whether this process had its hands full all the while."""
        begun, used = time.monotonic(), time.process_time()
        ended = self._idle.wait(min(_PACE, max(self._deadline - begun, 0)))
        if ended or begun >= self._deadline:
            return False
        return time.process_time() - used > _BUSY * (time.monotonic() - begun)

    def _add(self, jobs: Sequence[Any]) -> None:
        with self._lock:
            self._open_jobs += len(jobs)
        for job in jobs:
            self._jobs.put(job)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            try:
                self._add(list(job()))
            finally:
                with self._lock:
                    self._open_jobs -= 1
                    if not self._open_jobs:
                        self._idle.set()

    def _observing(self, index: int) -> Callable[[], list[Any]]:
        def job() -> list[Any]:
            seen = self._guarded(index)
            self._observations[index] = seen
            self._begun[index] = time.monotonic()
            return self._in_turn(index, self._followers(index, seen))

        return job

    def _in_turn(self, index: int, jobs: Iterable[Callable[[], list[Any]]]) -> list[Any]:
        """Queue jobs of an endpoint; return those that may run now."""

        def within(job: Callable[[], list[Any]]) -> Callable[[], list[Any]]:
            def run_one() -> list[Any]:
                more: list[Any] = []
                try:
                    more = job()
                finally:
                    with self._lock:
                        self._busy_with[index] -= 1
                return self._in_turn(index, more)

            return run_one

        with self._lock:
            waiting = self._waiting.setdefault(index, collections.deque())
            waiting.extend(jobs)
            if not waiting and not self._busy_with[index]:
                waiting.extend(self._not_learnt(index))
            limit = 1 if index in self._again else _AT_ONCE
            count = min(limit - self._busy_with[index], len(waiting))
            self._busy_with[index] += count
            return [within(waiting.popleft()) for _unused in range(count)]

    def _not_learnt(self, index: int) -> list[Any]:
        """Return jobs for what came to nothing, once: alone, a busy server may yet answer it.

        Not where the server was silent: a wait as long again would hold up all the others.
        """
        silent = time.monotonic() - self._begun[index] > self._settings.timeout
        if index in self._again or silent:
            return []
        self._again.add(index)
        jobs: list[Any] = []
        if index in self._rounds:
            found = self._rounds[index].found
            untried = [name for name, (status, _why) in found.items() if status == UNTRIED]
            if untried:
                jobs += self._version_jobs(index, untried)
        for row in tuple(self._served.get(index, ())):
            if row["status"] == UNKNOWN:
                jobs.append(self._served_job(index, row["key"], row["sni"]))
        if self._extra.get((index, "injection"), ("", ""))[0] == UNTRIED:
            jobs.append(self._injection_job(index))
        return jobs

    def _version_jobs(self, index: int, versions: Sequence[str]) -> list[Any]:
        """Return the first jobs that ask for versions; what is known of others is kept."""
        seen = self._observations[index]
        spoken = seen.tls.version if seen.tls.version in VERSIONS else ""
        asker = Asker(self._endpoints[index], self._settings, self._deadline, seen.tls_mode)
        rounds = VersionRounds(asker, versions, spoken, self._settings.server_name)
        if index in self._rounds:
            rounds.found.update(self._rounds[index].found)
        self._rounds[index] = rounds
        return rounds.jobs()

    def _guarded(self, index: int) -> Observation:
        """Observe; a fault of our own costs this endpoint its verdict, never the others theirs."""
        endpoint = self._endpoints[index]
        try:
            return observe(endpoint, self._settings, self._deadline)
        except Exception as error:
            return _blank(endpoint, NOT_PROBED, f"internal error: {type(error).__name__}")

    def _followers(self, index: int, seen: Observation) -> list[Any]:
        if seen.reach != OPEN or seen.tls_mode not in ("implicit", "starttls"):
            return []
        jobs = []
        if self._request.versions:
            jobs += self._version_jobs(index, self._request.versions)
        if self._request.certificates and seen.certificate is not None:
            jobs += [self._served_job(index, *one) for one in others(seen, self._endpoints[index])]
            if seen.chain is None and not seen.chain_error:
                jobs.append(self._chain_job(index))
        if self._request.injection and _upgraded(seen):
            jobs.append(self._injection_job(index))
        return jobs

    def _served_job(self, index: int, key: str, named: bool) -> Callable[[], list[Any]]:
        def job() -> list[Any]:
            seen = self._observations[index]
            search = (self._endpoints[index], self._settings, self._deadline)
            try:
                row = search_certificate(*search, seen, key, named)
            except Exception as error:
                row = unknown_certificate(key, named, f"internal error: {type(error).__name__}")
            self._served.setdefault(index, []).append(row)
            return []

        return job

    def _chain_job(self, index: int) -> Callable[[], list[Any]]:
        def job() -> list[Any]:
            seen = self._observations[index]
            search = (self._endpoints[index], self._settings, self._deadline)
            # A fault of our own leaves the chain as unknown as it was.
            with contextlib.suppress(Exception):
                self._observations[index] = replace(seen, chain=sent_chain(*search, seen))
            return []

        return job

    def _injection_job(self, index: int) -> Callable[[], list[Any]]:
        def job() -> list[Any]:
            self._extra[index, "injection"] = self._tried(try_injection, index)
            return []

        return job

    def _tried(self, attempt: Callable[..., tuple[str, str]], index: int, *more: str) -> Any:
        try:
            return attempt(self._endpoints[index], self._settings, self._deadline, *more)
        except Exception as error:
            return UNTRIED, f"internal error: {type(error).__name__}"

    def _gather(self, index: int) -> Observation:
        seen = self._observations.get(index)
        if seen is None:
            detail = "the deadline of the whole probe passed"
            return _blank(self._endpoints[index], NOT_PROBED, detail)
        seen = replace(seen, served=self._gather_served(index, seen))
        if not (self._request.versions or self._request.injection):
            return seen
        late = (UNTRIED, "not reached: no TLS was seen here, or the deadline passed")
        found = self._rounds[index].found if index in self._rounds else {}
        versions = {name: found.get(name, late) for name in self._request.versions}
        if seen.tls.status == ESTABLISHED and seen.tls.version in versions:
            versions[seen.tls.version] = (ACCEPTED, seen.tls.cipher)
        asked = self._request.injection and _upgraded(seen)
        unseen = (UNTRIED, late[1] if asked else "")
        injection, detail = self._extra.get((index, "injection"), unseen)
        return replace(seen, versions=versions, injection=injection, injection_detail=detail)

    def _gather_served(self, index: int, seen: Observation) -> tuple[Mapping[str, Any], ...]:
        """Return what was learnt of other certificates; what was not reached is unknown."""
        if not self._request.certificates or seen.certificate is None:
            return ()
        found = {(row["key"], row["sni"]): row for row in tuple(self._served.get(index, ()))}
        late = "the deadline of the whole probe passed"
        return tuple(
            found.get((key, named)) or unknown_certificate(key, named, late)
            for key, named in others(seen, self._endpoints[index])
        )


def _upgraded(seen: Observation) -> bool:
    """Tell whether STARTTLS led to TLS; where it did not, that is the finding."""
    return seen.starttls.status == ACCEPTED and seen.tls.status == ESTABLISHED
