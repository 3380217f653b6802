# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions a server speaks: what to ask it, round by round, and what each end means.

Only two ends say no by themselves: the alert protocol_version, and a ServerHello of another
version. Every other end may have nothing to do with the version, so a control follows: the same
question for a version that the server is known to speak. No socket, no clock: a driver does::

    while plan.questions:
        plan.take([ask(question) for question in plan.questions])  # at once, or one by one
    plan.answers
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .answer import ALERT, UNASKED, Heard
from .messages import ServerHello
from .question import Question, about_versions, unsigned
from .suites import suite_name
from .versions import (
    HANDSHAKE_FAILURE,
    INSUFFICIENT_SECURITY,
    INTERNAL_ERROR,
    PROTOCOL_VERSION,
    VERSIONS,
    version_name,
)

ACCEPTED = "accepted"
REFUSED = "refused"
UNKNOWN = "unknown"

# Alerts by which a server says that it has nothing in common with the client.
_NOTHING_IN_COMMON = (HANDSHAKE_FAILURE, INSUFFICIENT_SECURITY)
# Ends after which another question would end alike.
_FINAL = (UNASKED, "deadline")


@dataclass(frozen=True)
class Learnt:
    """What was learnt of one version: accepted, refused or unknown, and the evidence for it.

    For accepted that is the suite, for unknown the reason.
    """

    status: str
    evidence: str


_Told = TypeVar("_Told")
# Yields the questions of a round, is sent what was heard of each, and returns what it learnt.
_Round = Generator[tuple[Question, ...], Sequence[Heard], _Told]


class VersionPlan:
    """The questions about ``wanted`` versions, by name, to one server.

    ``spoken`` is a version that the server is known to speak, "" for none. ``questions`` are those
    of this round, () at the end; ``answers`` then holds one Learnt for each wanted version. There
    are five rounds at most, so that silence costs few time limits.
    """

    def __init__(self, wanted: Sequence[str], spoken: str = "", server_name: str = "") -> None:
        self.answers: dict[str, Learnt] = {}
        self._pending = sorted(set(wanted), key=VERSIONS.__getitem__, reverse=True)
        self._spoken = spoken
        self._name = server_name
        self._steps = self._run()
        self.questions: tuple[Question, ...] = next(self._steps, ())

    def take(self, heard: Sequence[Heard]) -> None:
        """Take what came of each of ``questions`` and go on to the next round."""
        try:
            self.questions = self._steps.send(heard)
        except StopIteration:
            self.questions = ()

    def _run(self) -> _Round[None]:
        if self._spoken:
            self._learn(self._spoken, ACCEPTED, "spoken in the handshake before")
        elif self._pending:
            yield from self._look_for_one()
        ends = yield from self._ask([one for one in self._pending if one not in self.answers])
        odd = [version for version in ends if not self._settles(version, ends[version])]
        odd = [version for version in odd if version not in self.answers]
        if odd:
            yield from self._control({version: ends[version] for version in odd})

    def _ask(self, versions: Sequence[str]) -> _Round[dict[str, Heard]]:
        """Ask for each of these versions at once; return the ends, newest version first."""
        heard = yield tuple(about_versions(one, one, self._name) for one in versions)
        return dict(zip(versions, heard))

    def _learn(self, version: str, status: str, evidence: str) -> None:
        """Note what is known of a version, unless something was known before."""
        if version in self._pending:
            self.answers.setdefault(version, Learnt(status, evidence))

    def _look_for_one(self) -> _Round[None]:
        """Find a version that the server speaks, for the controls."""
        (heard,) = yield (about_versions("SSLv3", "TLSv1.3", self._name),)
        if heard.kind in (*_FINAL, "timeout"):
            self._give_up(heard.detail)
        elif heard.hello is not None and heard.hello.version in VERSIONS.values():
            self._speaks(heard.hello)

    def _speaks(self, hello: ServerHello) -> str:
        """Note the version of a ServerHello, and return its name."""
        name = version_name(hello.version)
        self._learn(name, ACCEPTED, suite_name(hello.suite))
        self._spoken = self._spoken or name
        return name

    def _give_up(self, reason: str) -> None:
        """Leave what is not known yet unknown, and ask no more."""
        for version in self._pending:
            self._learn(version, UNKNOWN, reason)

    def _settles(self, version: str, heard: Heard) -> bool:
        """Note what one end says of ``version`` by itself; tell whether it says anything."""
        if heard.kind in _FINAL:
            self._learn(version, UNKNOWN, heard.detail)
        elif heard.hello is not None and heard.hello.version in VERSIONS.values():
            self._from_hello(version, heard.hello)
        elif heard.kind == ALERT and _code(heard) == PROTOCOL_VERSION:
            # RFC 5246 appendix E.1 means all versions up to this one, but GnuTLS 3.7 with TLS 1.0
            # and without TLS 1.1 says it to a hello of TLS 1.1: those below are asked themselves.
            self._learn(version, REFUSED, heard.detail)
        else:
            return False
        return True

    def _from_hello(self, version: str, hello: ServerHello) -> None:
        """A server takes the highest version that both speak (RFC 5246 appendix E.1)."""
        chosen = self._speaks(hello)
        evidence = f"the server answered with {chosen} where {version} was asked for"
        for name in self._pending:
            between = hello.version < VERSIONS[name] < VERSIONS[version]
            if between or name == version != chosen:
                self._learn(name, REFUSED, evidence)

    def _control(self, odd: dict[str, Heard]) -> _Round[None]:
        """Tell a server that does not speak a version from one that does not speak now."""
        told = [version for version in odd if _is_refusal(odd[version])]
        ends = [version for version in odd if version not in told]
        # A server that drops every second connection does not come through two in a row.
        for _unused in range(2 if ends else 1):
            reason = yield from self._why_no_control()
            if reason:
                for version, heard in odd.items():
                    self._learn(version, UNKNOWN, f"{heard.detail}{reason}")
                return
        faults = [version for version in told if _code(odd[version]) == INTERNAL_ERROR]
        for version in told:
            if version not in faults:
                self._refuse(version, odd[version].detail)
        yield from self._ask_again(odd, ends, faults)

    def _ask_again(
        self, odd: dict[str, Heard], ends: Sequence[str], faults: Sequence[str]
    ) -> _Round[None]:
        """Ask once more for what ended in a way that the moment, or a signature, may explain.

        OpenSSL 3 above security level 0 answers TLS 1.1 by internal_error; one that only cannot
        sign with SHA-1 would still speak it with suites in which nothing is signed.
        """
        questions = [about_versions(version, version, self._name) for version in ends]
        questions += [unsigned(about_versions(one, one, self._name)) for one in faults]
        if not questions:
            return
        heard = yield tuple(questions)
        for version, again in zip((*ends, *faults), heard):
            before = odd[version]
            if version in faults and _is_refusal(again):
                self._refuse(version, f"{before.detail}, whatever the suite")
            elif version in ends and again.end == before.end:
                self._refuse(version, f"{before.detail} (twice)")
            elif not self._settles(version, again):
                self._learn(version, UNKNOWN, f"{before.detail}, and then: {again.detail}")

    def _why_no_control(self) -> _Round[str]:
        """Ask for the version that is spoken; return why that was not answered, "" for it was."""
        if not self._spoken:
            return ", and no version is known that the server speaks"
        control = (yield from self._ask([self._spoken]))[self._spoken]
        if control.hello is not None and version_name(control.hello.version) == self._spoken:
            return ""
        return f", but so it ends for {self._spoken} now: {control.detail}"

    def _refuse(self, version: str, evidence: str) -> None:
        self._learn(version, REFUSED, f"{evidence}, while {self._spoken} was answered right after")


def _is_refusal(heard: Heard) -> bool:
    """Tell whether an end is the server's word on what was offered, and no accident."""
    return heard.kind == ALERT and _code(heard) in (INTERNAL_ERROR, *_NOTHING_IN_COMMON)


def _code(heard: Heard) -> int:
    """Return the code of the alert, -1 for none."""
    return heard.alert.code if heard.alert else -1
