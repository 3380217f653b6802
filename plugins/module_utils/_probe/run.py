# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe many endpoints at once under one deadline: resolve, spread over threads, gather."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Callable, Optional

from .._model.host_names import FAMILIES
from .._model.observation import (
    ACCEPTED,
    DNS_FAILURE,
    ESTABLISHED,
    NOT_PROBED,
    OPEN,
    UNTRIED,
    Observation,
)
from .._model.safe_text import printable
from .endpoint import Endpoint, Settings, observe, try_injection, try_version
from .request import Request, Target
from .tls import OLD, OLD_SPAN, Untried, observing_context, version_context

# Threads to begin with, how many join them, and the seconds in which it is seen whether they
# should: once this process is busy for more than such a share of the time, more threads only
# take turns with each other.
_FIRST, _MORE, _PACE, _BUSY = 16, 8, 0.01, 0.8


def run(request: Request) -> list[Observation]:
    """Probe all targets on all addresses of the host; the order is that of both.

    Raises TrustStoreError before any connection when ``ca_path`` cannot be used.
    """
    deadline = time.monotonic() + request.deadline
    settings = _settings(request)
    addresses, problem = _resolve_within(request, deadline)
    if problem:
        return [
            _blank(_endpoint(request, target, ""), problem[0], problem[1])
            for target in request.targets
        ]
    endpoints = [
        _endpoint(request, target, address) for address in addresses for target in request.targets
    ]
    return _Board(endpoints, settings, request, deadline).run()


def _settings(request: Request) -> Settings:
    """Make the contexts, once for all threads."""
    unverified = observing_context(verify=False)
    context = observing_context(True, request.ca_path) if request.verify else unverified
    return Settings(
        context=context,
        unverified=unverified,
        versions=_versions(request.versions),
        server_name=request.server_name or request.host,
        ehlo_name=request.ehlo_name or _own_name(),
        timeout=request.timeout,
        verify=request.verify,
        source_address=request.source_address,
        injection=request.injection,
        credentials=request.credentials,
    )


def _versions(names: Sequence[str]) -> dict[str, Any]:
    """Return the context of each version, and of the old ones together where both are asked for."""
    versions = {name: _version(name) for name in names}
    if not any(isinstance(versions.get(name, Untried()), Untried) for name in OLD):
        versions[OLD_SPAN] = _version(OLD_SPAN)
    return versions


def _version(version: str) -> Any:
    try:
        return version_context(version)
    except Untried as untried:
        return untried


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


def _resolve_within(
    request: Request, deadline: float
) -> tuple[list[str], Optional[tuple[str, str]]]:
    """Resolve, but no longer than the deadline: the system's resolver knows none of its own."""
    answer: queue.Queue[Any] = queue.Queue()

    def work() -> None:
        answer.put(resolve(request.host, request.addresses))

    threading.Thread(target=work, daemon=True).start()
    try:
        addresses, error = answer.get(timeout=max(deadline - time.monotonic(), 0.001))
    except queue.Empty:
        return [], (DNS_FAILURE, "no answer before the deadline")
    return addresses, (DNS_FAILURE, error) if error else None


def resolve(host: str, wanted: Sequence[str]) -> tuple[list[str], str]:
    """Return the addresses to probe, or what keeps them from being known.

    ``wanted`` holds addresses, which are taken as they are, and ipv4 or ipv6, which name all
    records of that family; empty for both families.
    """
    found: list[str] = []
    for word in wanted or ("",):
        if word and word not in FAMILIES:
            found.append(word)
            continue
        try:
            rows = socket.getaddrinfo(host, None, FAMILIES.get(word, 0), socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            words = getattr(error, "strerror", None) or str(error)
            return [], printable(f"{host}: {words}" + (f" ({word})" if word else ""))
        found += [_with_scope(row[4]) for row in rows]
    return list(dict.fromkeys(found)), ""


def _with_scope(address: Any) -> str:
    """Return the text of a socket address; a link-local one is of no use without its scope."""
    scope = address[3] if len(address) == 4 else 0
    return f"{address[0]}%{scope}" if scope else str(address[0])


class _Board:
    """The work of one run: jobs that threads take, results that they put down, nothing else shared.

    The first job of an endpoint observes it; what that shows decides which jobs follow (one for
    each TLS version, one for the injection), so that a silent port costs one timeout, not five.
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
        self._open_jobs = 0
        self._lock = threading.Lock()
        self._idle = threading.Event()

    def run(self) -> list[Observation]:
        """Do it all and return the observations in the order of the endpoints."""
        if not self._endpoints:
            return []
        self._add([self._observing(index) for index in range(len(self._endpoints))])
        kinds = 1 + len(self._request.versions) + self._request.injection
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
            return self._followers(index, seen)

        return job

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
        names = list(self._request.versions)
        jobs = []
        # Only where a newer version got through: a server may stumble over what it does not know.
        newer = seen.tls.status == ESTABLISHED and seen.tls.version not in OLD
        if newer and OLD_SPAN in self._settings.versions:
            names = [name for name in names if name not in OLD]
            jobs.append(self._old_job(index, seen.tls_mode))
        jobs += [self._version_job(index, seen.tls_mode, name) for name in names]
        if self._request.injection and _upgraded(seen):
            jobs.append(self._injection_job(index))
        return jobs

    def _old_job(self, index: int, mode: str) -> Callable[[], list[Any]]:
        """Return the job that offers the old versions together; one by one if that is accepted."""

        def job() -> list[Any]:
            result = self._tried(try_version, index, mode, OLD_SPAN)
            if result[0] == ACCEPTED:
                return [self._version_job(index, mode, name) for name in OLD]
            for name in OLD:
                self._extra[index, name] = result
            return []

        return job

    def _version_job(self, index: int, mode: str, version: str) -> Callable[[], list[Any]]:
        def job() -> list[Any]:
            seen = self._observations[index]
            if seen.tls.status == ESTABLISHED and seen.tls.version == version:
                result = (ACCEPTED, seen.tls.cipher)
            else:
                result = self._tried(try_version, index, mode, version)
            self._extra[index, version] = result
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
        if not (self._request.versions or self._request.injection):
            return seen
        late = (UNTRIED, "not reached: no TLS was seen here, or the deadline passed")
        versions = {name: self._extra.get((index, name), late) for name in self._request.versions}
        asked = self._request.injection and _upgraded(seen)
        unseen = (UNTRIED, late[1] if asked else "")
        injection, detail = self._extra.get((index, "injection"), unseen)
        return replace(seen, versions=versions, injection=injection, injection_detail=detail)


def _upgraded(seen: Observation) -> bool:
    """Tell whether STARTTLS led to TLS; where it did not, that is the finding."""
    return seen.starttls.status == ACCEPTED and seen.tls.status == ESTABLISHED
