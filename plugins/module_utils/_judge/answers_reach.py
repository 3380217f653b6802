# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a port is open or closed (refused, silent, filtered), and why nothing more is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Optional

from .._model.demand import Answer, known, moot, unknown
from .._model.intent import Intent, Listener
from .._model.observation import (
    DNS_FAILURE,
    INCONCLUSIVE,
    NO_ADDRESS,
    NOT_PROBED,
    OPEN,
    REFUSED,
    RESET,
    Observation,
)
from .asked import MODE_WORDS, Asked


@dataclass(frozen=True)
class Context:
    """What the answers about one endpoint rest on beside its observation. ``alive``: another port
    of the same address answers; ``asked``: what the probe was asked for."""

    intent: Intent
    listener: Listener
    now: datetime
    alive: bool
    asked: Asked


class Reach:
    """How far one connection came; each answer is worked out from the observation alone."""

    def __init__(self, seen: Observation, context: Context) -> None:
        self._seen = seen
        self._context = context
        self._listener = context.listener

    def _not_looked(self) -> Optional[Answer]:
        """Return why nothing at all is known of this endpoint, if that is so."""
        seen = self._seen
        if seen.reach in (DNS_FAILURE, NO_ADDRESS):
            return unknown(seen.reach_detail or "the name was not resolved")
        if seen.reach == NOT_PROBED:
            return unknown(seen.reach_detail)
        return None

    def _reach(self) -> Answer:
        missing = self._not_looked()
        if missing:
            return missing
        if self._seen.reach == INCONCLUSIVE:
            # It answers, so it is open; the other answers say that it refuses this client.
            return known(OPEN, evidence=self._seen.reach_detail)
        return known(self._seen.reach, reach_words(self._seen))

    def _closed(self) -> Answer:
        seen = self._seen
        missing = self._not_looked()
        if missing:
            return missing
        if seen.reach == REFUSED:
            return known(True, evidence=seen.reach_detail)
        if seen.reach in (OPEN, RESET, INCONCLUSIVE):
            return known(False, _open_words(seen))
        if self._context.alive:
            return known(True, evidence=reach_words(seen))
        return unknown(f"{reach_words(seen)}, and no other port of this address answers")

    def _closed_at_host(self) -> Answer:
        seen = self._seen
        if seen.reach in (OPEN, RESET, INCONCLUSIVE):
            return moot("the port is open")
        closed = self._closed()
        if closed.unknown or seen.reach == REFUSED:
            return closed
        return known(False, reach_words(seen))

    def _obstacle(self) -> Optional[Answer]:
        """Return why the dialogue cannot have been held, if that is so."""
        seen = self._seen
        missing = self._not_looked()
        if missing:
            return missing
        if seen.reach == INCONCLUSIVE:
            return unknown(seen.reach_detail, "inconclusive")
        if seen.reach == REFUSED:
            return moot("nothing listens on this port")
        if seen.reach != OPEN:
            return unknown(f"the port is {reach_words(seen)}", "port-closed")
        return None

    def _broken_off(self) -> Optional[Answer]:
        """Return that the dialogue ended early, and why, if that is so."""
        failure = self._seen.failure
        if failure is None:
            return None
        words = f"{failure.detail} (step: {failure.step})"
        if failure.kind == "deadline":
            return unknown(failure.detail)
        if failure.kind == "timeout":
            return unknown(words, "inconclusive")
        return unknown(f"the dialogue failed: {words}", "no-dialogue")

    def _before(self) -> Optional[Answer]:
        """Return the first reason why a fact of the dialogue is missing, if there is one."""
        seen = self._seen
        obstacle = self._obstacle()
        if obstacle:
            return obstacle
        if seen.protocol_seen and seen.protocol_seen != self._listener.protocol:
            return unknown("another protocol answers", "wrong-protocol")
        if seen.preauthenticated:
            return unknown("the session is authenticated from the start", "preauthenticated")
        return None


def reach_words(seen: Observation) -> str:
    """Say in words how far a connection came."""
    return f"{seen.reach} ({seen.reach_detail})" if seen.reach_detail else seen.reach


def _open_words(seen: Observation) -> str:
    """Say what answers on a port that should be closed."""
    what = (
        f"{seen.protocol_seen.upper()} answers" if seen.protocol_seen else "it accepts connections"
    )
    if seen.tls_mode:
        what += f" ({MODE_WORDS[seen.tls_mode]})"
    if seen.clear.login:
        what += ", and offers login in cleartext"
    return what
