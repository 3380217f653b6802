# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several hosts want to know of one port is asked once for each name that matters."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, Optional

from .._model.observation import OPEN, Observation
from .connection import Endpoint, Settings
from .inquiry import NAMELESS, Inquiry, Questions
from .turns import Turn

# Finished endpoints that are remembered for hosts that come later.
_REMEMBERED = 1024


class Part:
    """One endpoint that is asked for several hosts, or for one: ``begin`` and ``ended`` of each."""

    def __init__(self) -> None:
        self.inquiry: Optional[Inquiry] = None
        self.waiting: list[tuple[Callable[[], float], Callable[[], None]]] = []
        self._result: Optional[Observation] = None

    def begin(self) -> float:
        """Begin the time of all who wait, and return the deadline of the first."""
        deadlines = [begin() for begin, _ended in self.waiting]
        return deadlines[0]

    def settle(self, result: Observation) -> None:
        """Keep what came of it, and of the work nothing."""
        self._result = result
        self.inquiry = None

    def seen(self, endpoint: Endpoint) -> Observation:
        """Return what is known by now, as an observation of ``endpoint``."""
        inquiry = self.inquiry
        if inquiry is not None:
            return _as_of(endpoint, inquiry.gathered())
        if self._result is None:
            raise AssertionError("neither an inquiry nor a result")
        return _as_of(endpoint, self._result)


class Shared:
    """The endpoints that are being asked, and the last ones that were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: dict[Hashable, Part] = {}
        self._done: collections.OrderedDict[Hashable, Part] = collections.OrderedDict()
        self._nameless: collections.OrderedDict[Hashable, Observation] = collections.OrderedDict()

    def ask(
        self,
        endpoints: Sequence[Endpoint],
        settings: Settings,
        questions: Questions,
        order: int,
        begin: Callable[[], float],
        ended: Callable[[], None],
    ) -> tuple[list[Part], list[Turn]]:
        """Return a part for each endpoint, and the turns that begin those that nobody has asked.

        ``ended`` is called once for each part; ``order`` as in a Turn.
        """
        parts, turns, over = [], [], 0
        with self._lock:
            for endpoint in endpoints:
                key = (replace(endpoint, service="", host=""), settings, questions)
                part = self._done.get(key)
                if part is not None:
                    over += 1
                    parts.append(part)
                    continue
                part = self._current.get(key)
                if part is None:
                    part = self._current[key] = Part()
                    part.inquiry = self._inquiry(part, key, endpoint, order)
                    turns += part.inquiry.first()
                part.waiting.append((begin, ended))
                parts.append(part)
        for _unused in range(over):
            ended()
        return parts, turns

    def _inquiry(self, part: Part, key: Any, endpoint: Endpoint, order: int) -> Inquiry:
        _plain, settings, questions = key
        way = (endpoint.address, endpoint.port, settings.source_address, settings.timeout)

        def known() -> Optional[Observation]:
            seen = self._nameless.get(way)
            return None if seen is None else _as_of(endpoint, seen)

        def over(inquiry: Inquiry) -> None:
            result = inquiry.gathered()
            part.settle(result)
            with self._lock:
                del self._current[key]
                if result.reach in NAMELESS:
                    _remember(self._nameless, way, result)
                elif result.reach == OPEN and result.failure is None:
                    _remember(self._done, key, part)
                waiting, part.waiting = part.waiting, []
            for _begin, ended in waiting:
                ended()

        return Inquiry(endpoint, settings, questions, order, part.begin, known, over)


def _remember(place: collections.OrderedDict[Hashable, Any], key: Hashable, value: Any) -> None:
    place[key] = value
    if len(place) > _REMEMBERED:
        place.popitem(last=False)


def _as_of(endpoint: Endpoint, seen: Observation) -> Observation:
    """Return an observation as that of another endpoint on the same port."""
    own = (endpoint.service, endpoint.host, endpoint.protocol, endpoint.tls)
    if own == (seen.service, seen.host, seen.protocol, seen.tls_expected):
        return seen
    service, host, protocol, tls = own
    return replace(seen, service=service, host=host, protocol=protocol, tls_expected=tls)
