# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that is asked of one endpoint: jobs that any threads may do, and what they bring together."""

from __future__ import annotations

import collections
import contextlib
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional

from .._model.observation import (
    ACCEPTED,
    ESTABLISHED,
    FILTERED,
    INCONCLUSIVE,
    NOT_PROBED,
    OPEN,
    REFUSED,
    UNREACHABLE,
    UNTRIED,
    Observation,
)
from .._tls.versions import VERSIONS
from .asker import Asker, VersionRounds
from .endpoint import SILENCE, Endpoint, Settings, observe, try_injection
from .served import UNKNOWN, others, search_certificate, sent_chain, unknown_certificate
from .turns import PER_PORT, Turn, is_later

Job = Callable[[], list[Any]]
# No connection came about: whatever name it was for, there is no other answer.
NAMELESS = (REFUSED, FILTERED, UNREACHABLE)
LATE = "the deadline of the whole probe passed"


@dataclass(frozen=True)
class Questions:
    """What to find out beside the dialogue: TLS versions one by one, certificates that other
    clients are shown, whether a command can be injected."""

    versions: tuple[str, ...] = ()
    certificates: bool = True
    injection: bool = False


def blank(endpoint: Endpoint, reach: str, detail: str) -> Observation:
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


class Inquiry:
    """One endpoint, asked once for all who want to know.

    The first job observes it; what that shows decides which jobs follow (rounds of them for the TLS
    versions, one for the injection), so that a silent port costs one timeout, not five. ``begin``
    returns the deadline, in the time of time.monotonic; ``known`` returns an observation of the
    same port that holds for every name, or None. ``ended`` is called once, when all is asked.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        settings: Settings,
        questions: Questions,
        order: int,
        begin: Callable[[], float],
        known: Callable[[], Optional[Observation]],
        ended: Callable[[Inquiry], None],
    ) -> None:
        self.endpoint = endpoint
        self._settings = settings
        self._questions = questions
        self._order = order
        self._begin = begin
        self._known = known
        self._ended = ended
        self._deadline = 0.0
        self._seen: Optional[Observation] = None
        self._begun = 0.0
        self._injection: Optional[tuple[str, str]] = None
        self._rounds: Optional[VersionRounds] = None
        self._served: list[Mapping[str, Any]] = []
        self._waiting: collections.deque[Job] = collections.deque()
        self._busy = 0
        self._again = self._asked_later = self._over = False
        self._lock = threading.Lock()

    def first(self) -> list[Turn]:
        """Return the turn to begin with."""
        return self._in_turn([self._observing])

    def _turn(self, job: Job) -> Turn:
        # A server that does not greet is asked for TLS while the first connection still waits.
        nested = job == self._observing and not self.endpoint.patient
        nested = nested and self.endpoint.tls != "implicit"
        cost = 2 if nested and self._settings.timeout > 2 * SILENCE else 1

        def run_one() -> list[Turn]:
            more: list[Job] = []
            # Each job tells its own faults; what was not learnt is not known.
            with contextlib.suppress(Exception):
                more = job()
            with self._lock:
                self._busy -= 1
            return self._in_turn(more)

        return Turn(run_one, self._order, self.endpoint.address, self.endpoint.port, cost)

    def _in_turn(self, jobs: Iterable[Job]) -> list[Turn]:
        """Queue jobs; return the turns of those that may run now."""
        with self._lock:
            self._waiting.extend(jobs)
            if not self._waiting and not self._busy:
                self._waiting.extend(self._not_learnt())
            limit = 1 if self._again else PER_PORT
            count = min(limit - self._busy, len(self._waiting))
            self._busy += max(count, 0)
            chosen = [self._waiting.popleft() for _unused in range(count)]
            over = not (self._busy or self._waiting or self._over)
            self._over = self._over or over
        if over:
            self._ended(self)
        return [self._turn(job) for job in chosen]

    def _observing(self) -> list[Job]:
        self._deadline = self._begin()
        known = self._known()
        if known is not None:
            self._seen = known
            self._begun = time.monotonic()
            return []
        seen = self._guarded()
        self._seen = seen
        self._begun = time.monotonic()
        if not self._asked_later and seen.reach == INCONCLUSIVE and is_later(seen.reach_detail):
            self._asked_later = True
            return [self._observing]
        return self._followers(seen)

    def _not_learnt(self) -> list[Job]:
        """Return jobs for what came to nothing, once: alone, a busy server may yet answer it.

        Not where the server was silent: a wait as long again would hold up all the others.
        """
        silent = time.monotonic() - self._begun > self._settings.timeout
        if self._again or silent:
            return []
        self._again = True
        jobs: list[Job] = []
        if self._rounds is not None:
            found = self._rounds.found
            untried = [name for name, (status, _why) in found.items() if status == UNTRIED]
            if untried:
                jobs += self._version_jobs(untried)
        for row in tuple(self._served):
            if row["status"] == UNKNOWN:
                jobs.append(self._served_job(row["key"], row["sni"]))
        if self._injection is not None and self._injection[0] == UNTRIED:
            jobs.append(self._injecting)
        return jobs

    def _version_jobs(self, versions: Sequence[str]) -> list[Job]:
        """Return the first jobs that ask for versions; what is known of others is kept."""
        seen = self._observed()
        spoken = seen.tls.version if seen.tls.version in VERSIONS else ""
        asker = Asker(self.endpoint, self._settings, self._deadline, seen.tls_mode)
        rounds = VersionRounds(asker, versions, spoken, self._settings.server_name)
        if self._rounds is not None:
            rounds.found.update(self._rounds.found)
        self._rounds = rounds
        return rounds.jobs()

    def _observed(self) -> Observation:
        if self._seen is None:
            raise AssertionError("nothing was seen yet")
        return self._seen

    def _guarded(self) -> Observation:
        """Observe; a fault of our own costs this endpoint its verdict, never the others theirs."""
        try:
            return observe(self.endpoint, self._settings, self._deadline)
        except Exception as error:
            return blank(self.endpoint, NOT_PROBED, f"internal error: {type(error).__name__}")

    def _followers(self, seen: Observation) -> list[Job]:
        if seen.reach != OPEN or seen.tls_mode not in ("implicit", "starttls"):
            return []
        jobs: list[Job] = []
        if self._questions.versions:
            jobs += self._version_jobs(self._questions.versions)
        if self._questions.certificates and seen.certificate is not None:
            jobs += [self._served_job(*one) for one in others(seen, self.endpoint)]
            if seen.chain is None and not seen.chain_error:
                jobs.append(self._chaining)
        if self._questions.injection and _upgraded(seen):
            jobs.append(self._injecting)
        return jobs

    def _served_job(self, key: str, named: bool) -> Job:
        def job() -> list[Job]:
            search = (self.endpoint, self._settings, self._deadline)
            try:
                row = search_certificate(*search, self._observed(), key, named)
            except Exception as error:
                row = unknown_certificate(key, named, f"internal error: {type(error).__name__}")
            self._served.append(row)
            return []

        return job

    def _chaining(self) -> list[Job]:
        seen = self._observed()
        search = (self.endpoint, self._settings, self._deadline)
        # A fault of our own leaves the chain as unknown as it was.
        with contextlib.suppress(Exception):
            self._seen = replace(seen, chain=sent_chain(*search, seen))
        return []

    def _injecting(self) -> list[Job]:
        try:
            self._injection = try_injection(self.endpoint, self._settings, self._deadline)
        except Exception as error:
            self._injection = UNTRIED, f"internal error: {type(error).__name__}"
        return []

    def gathered(self) -> Observation:
        """Return all that is known by now; what was not reached is not known."""
        seen = self._seen
        if seen is None:
            return blank(self.endpoint, NOT_PROBED, LATE)
        seen = replace(seen, served=self._gather_served(seen))
        questions = self._questions
        if not (questions.versions or questions.injection):
            return seen
        late = (UNTRIED, "not reached: no TLS was seen here, or the deadline passed")
        found = self._rounds.found if self._rounds is not None else {}
        versions = {name: found.get(name, late) for name in questions.versions}
        if seen.tls.status == ESTABLISHED and seen.tls.version in versions:
            versions[seen.tls.version] = (ACCEPTED, seen.tls.cipher)
        asked = questions.injection and _upgraded(seen)
        unseen = (UNTRIED, late[1] if asked else "")
        injection, detail = self._injection or unseen
        return replace(seen, versions=versions, injection=injection, injection_detail=detail)

    def _gather_served(self, seen: Observation) -> tuple[Mapping[str, Any], ...]:
        """Return what was learnt of other certificates; what was not reached is unknown."""
        if not self._questions.certificates or seen.certificate is None:
            return ()
        found = {(row["key"], row["sni"]): row for row in tuple(self._served)}
        return tuple(
            found.get((key, named)) or unknown_certificate(key, named, LATE)
            for key, named in others(seen, self.endpoint)
        )


def _upgraded(seen: Observation) -> bool:
    """Tell whether STARTTLS led to TLS; where it did not, that is the finding."""
    return seen.starttls.status == ACCEPTED and seen.tls.status == ESTABLISHED
