# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask an endpoint about TLS with a hello of our own, after STARTTLS where that is needed."""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Sequence
from typing import Any, Callable

from .._model.observation import ACCEPTED, REFUSED, UNTRIED
from .._tls import version_plan
from .._tls.answer import UNASKED, Heard, Reader
from .._tls.hello import client_hello
from .._tls.question import Question
from .connection import Connection, Endpoint, Settings, Stop, Unreached
from .dialogue import TLS, Dialogue
from .protocols import syntax_for

# Returns the jobs that follow from it.
Job = Callable[[], list[Any]]

_STATUS = {
    version_plan.ACCEPTED: ACCEPTED,
    version_plan.REFUSED: REFUSED,
    version_plan.UNKNOWN: UNTRIED,
}


class Asker:
    """Asks one endpoint, each question over a connection of its own.

    ``mode`` is implicit or starttls; ``deadline`` in the time of time.monotonic.
    """

    def __init__(self, endpoint: Endpoint, settings: Settings, deadline: float, mode: str) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._deadline = deadline
        self._mode = mode

    def ask(self, question: Question, whole: bool = False) -> Heard:
        """Return what came of a question; ``whole`` reads the certificates too."""
        dialogue = Dialogue(
            syntax_for(self._endpoint.protocol, self._settings.ehlo_name),
            implicit=self._mode == "implicit",
            handshake_only=True,
        )
        reader = Reader(whole)
        connection = Connection(self._endpoint, self._settings, self._deadline)
        try:
            connection.connect()
            _reach_tls(connection, dialogue)
            if dialogue.step == TLS:
                connection.send(client_hello(question, os.urandom(32)))
                while not reader.done:
                    reader.receive(connection.receive())
        except Unreached as unreached:
            reader.ended(UNASKED, f"{unreached.reach}: {unreached.detail}")
        except Stop as stop:
            inside = dialogue.step == TLS or stop.kind == "deadline"
            reader.ended(stop.kind if inside else UNASKED, stop.detail)
        finally:
            connection.close()
            self._settings.heard(self._endpoint, dialogue.facts.refusal)
        reader.ended(UNASKED, _why_no_tls(dialogue))
        return reader.heard


class VersionRounds:
    """The questions which TLS versions an endpoint speaks, as jobs that any threads may do.

    ``spoken`` is a version that the server has spoken before, "" for none. At the end ``found``
    holds (accepted, refused or untried, evidence) for each wanted version.
    """

    def __init__(self, asker: Asker, wanted: Sequence[str], spoken: str, server_name: str) -> None:
        self.found: dict[str, tuple[str, str]] = {}
        self._asker = asker
        self._plan = version_plan.VersionPlan(wanted, spoken, sni(server_name))
        self._lock = threading.Lock()

    def jobs(self) -> list[Job]:
        """Return the jobs of this round; the last one to be done returns those of the next."""
        if not self._plan.questions:
            for name, one in self._plan.answers.items():
                self.found[name] = (_STATUS[one.status], one.evidence)
            return []
        heard: dict[int, Heard] = {}
        return [self._job(number, heard) for number in range(len(self._plan.questions))]

    def _job(self, number: int, heard: dict[int, Heard]) -> Job:
        questions = self._plan.questions

        def job() -> list[Job]:
            answer = _guarded(self._asker, questions[number])
            with self._lock:
                heard[number] = answer
                if len(heard) < len(questions):
                    return []
            self._plan.take([heard[place] for place in range(len(questions))])
            return self.jobs()

        return job


def _guarded(asker: Asker, question: Question) -> Heard:
    """Ask; a fault of our own leaves the question unasked, and the others as they are."""
    try:
        return asker.ask(question)
    except Exception as error:
        return Heard(UNASKED, f"internal error: {type(error).__name__}")


def sni(name: str) -> str:
    """Return a host name as it stands in a hello, "" where none may (RFC 6066 section 3)."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        try:
            return name.rstrip(".").encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    return ""


def _reach_tls(connection: Connection, dialogue: Dialogue) -> None:
    """Hold the dialogue until TLS begins or the dialogue ends. Raises Stop."""
    connection.begin(dialogue.step)
    while dialogue.wants == "read":
        out = dialogue.receive(connection.receive())
        connection.begin(dialogue.step)
        if out:
            connection.send(out)


def _why_no_tls(dialogue: Dialogue) -> str:
    """Return the words of a dialogue that ended before TLS."""
    facts = dialogue.facts
    words = facts.refusal or (facts.failure.detail if facts.failure else facts.starttls.reply)
    return f"no TLS handshake took place: {words}"
