# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the plan of version questions against models of servers whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.answer import Alert, Heard
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.messages import ServerHello
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.question import Question
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.suites import key_exchange
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.version_plan import (
    VersionPlan,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._tls.versions import VERSIONS
from hypothesis import given
from hypothesis import strategies as st

NAMES = tuple(VERSIONS)
OLD = ("SSLv3", "TLSv1", "TLSv1.1")


def hello(version: int) -> Heard:
    """Return a ServerHello of a version."""
    return Heard("hello", "", ServerHello(version, 0x2F, 0, False, ()))


def alert(code: int) -> Heard:
    """Return a fatal alert."""
    told = Alert(2, code)
    return Heard("alert", told.words, alert=told)


def end(kind: str) -> Heard:
    """Return an end without an answer."""
    return Heard(kind, f"it ended: {kind}")


REFUSALS: dict[str, Heard] = {
    **{str(code): alert(code) for code in (0, 40, 47, 70, 71, 80, 116)},
    **{kind: end(kind) for kind in ("closed", "reset", "timeout", "not_tls", "broken")},
    "odd hello": hello(0x0200),
}


@dataclass
class Server:
    """A server that speaks some versions, and answers in one way to hellos of all others.

    ``fails(n)`` says what the nth connection (1 was the main handshake) gets instead of an answer.
    """

    speaks: frozenset[str]
    refusal: Heard
    fails: Callable[[int], Heard | None] = lambda _number: None
    tolerant: bool = True
    connections: int = 1
    asked: list[str] = field(default_factory=list)

    def answer(self, question: Question) -> Heard:
        """Answer as a server of this kind does."""
        self.connections += 1
        self.asked.append(question.highest)
        failure = self.fails(self.connections)
        if failure is not None:
            return failure
        least = VERSIONS[question.lowest] if question.highest == "TLSv1.3" else 0
        usable = [
            VERSIONS[name]
            for name in self.speaks
            if least <= VERSIONS[name] <= VERSIONS[question.highest]
        ]
        if not usable or not (self.tolerant or question.highest in self.speaks):
            return self.refusal
        return hello(max(usable))


def asked(server: Server, wanted: tuple[str, ...] = NAMES, spoken: str = "") -> dict[str, str]:
    """Return the status of each wanted version, and see that each has its evidence."""
    plan = VersionPlan(wanted, spoken)
    rounds = 0
    while plan.questions:
        plan.take([server.answer(question) for question in plan.questions])
        rounds += 1
    assert rounds <= 5
    assert set(plan.answers) == set(wanted)
    assert all(one.evidence for one in plan.answers.values())
    return {name: one.status for name, one in plan.answers.items()}


def evidence(server: Server, wanted: tuple[str, ...], spoken: str) -> dict[str, str]:
    """Return the evidence for each wanted version."""
    plan = VersionPlan(wanted, spoken)
    while plan.questions:
        plan.take([server.answer(question) for question in plan.questions])
    return {name: one.evidence for name, one in plan.answers.items()}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize(
    "speaks",
    [
        ("TLSv1.2", "TLSv1.3"),
        ("TLSv1.2",),
        ("TLSv1.3",),
        NAMES,
        OLD,
        ("TLSv1",),
        ("TLSv1", "TLSv1.2"),
        ("SSLv3", "TLSv1.1", "TLSv1.3"),
    ],
    ids="+".join,
)
@pytest.mark.parametrize("known", [True, False])
def test_a_steady_server_is_seen_as_it_is(
    refusal: str, speaks: tuple[str, ...], known: bool
) -> None:
    """However it refuses, and with gaps between its versions too, all is learnt."""
    server = Server(frozenset(speaks), REFUSALS[refusal])
    found = asked(server, spoken=speaks[-1] if known else "")
    assert found == {name: "accepted" if name in speaks else "refused" for name in NAMES}


@pytest.mark.parametrize(
    ("refusal", "connections"), [("70", 2), ("40", 3), ("80", 5), ("closed", 6), ("reset", 6)]
)
def test_what_the_two_old_versions_cost(refusal: str, connections: int) -> None:
    """One connection each on a good server; each other way of refusing has its price."""
    server = Server(frozenset({"TLSv1.2", "TLSv1.3"}), REFUSALS[refusal])
    assert set(asked(server, ("TLSv1", "TLSv1.1"), "TLSv1.3").values()) == {"refused"}
    assert server.connections - 1 == connections


@given(
    st.frozensets(st.sampled_from(NAMES)),
    st.sampled_from(list(REFUSALS)),
    st.sets(st.sampled_from(NAMES), min_size=1),
    st.booleans(),
    st.data(),
)
def test_what_is_spoken_is_never_refused(
    speaks: frozenset[str], refusal: str, wanted: set[str], known: bool, data: st.DataObject
) -> None:
    """Whatever the server is, as long as it is steady; nor is anything accepted that is not."""
    spoken = data.draw(st.sampled_from(sorted(speaks))) if known and speaks else ""
    server = Server(speaks, REFUSALS[refusal])
    for name, status in asked(server, tuple(wanted), spoken).items():
        assert status != ("refused" if name in speaks else "accepted")


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("speaks", [("TLSv1", "TLSv1.2"), ("SSLv3", "TLSv1"), ("SSLv3", "TLSv1.1")])
def test_an_intolerant_server_is_asked_version_by_version(
    refusal: str, speaks: tuple[str, ...]
) -> None:
    """One that stumbles over every version it does not know, also by protocol_version.

    So does GnuTLS 3.7 with a gap between its versions.
    """
    server = Server(frozenset(speaks), REFUSALS[refusal], tolerant=False)
    found = asked(server, OLD, speaks[-1])
    assert found == {name: "accepted" if name in speaks else "refused" for name in OLD}


@pytest.mark.parametrize("failure", ["closed", "reset", "timeout", "not_tls"])
@pytest.mark.parametrize("speaks", [NAMES, ("TLSv1.2", "TLSv1.3")], ids=len)
@pytest.mark.parametrize("phase", [0, 1])
def test_a_server_that_drops_every_second_connection(
    failure: str, speaks: tuple[str, ...], phase: int
) -> None:
    """It is not refused what it speaks: not known, where it cannot be told."""
    server = Server(
        frozenset(speaks), alert(70), lambda n: end(failure) if n % 2 == phase else None
    )
    found = asked(server, spoken="TLSv1.3")
    assert all(found[name] != "refused" for name in speaks)
    assert "accepted" not in [found[name] for name in NAMES if name not in speaks]


@given(
    st.lists(st.booleans(), min_size=30, max_size=30),
    st.sampled_from(["closed", "reset", "timeout"]),
)
def test_a_version_needs_two_like_ends_and_two_controls_between(
    drops: list[bool], failure: str
) -> None:
    """That is what it takes to refuse by hanging up, whichever connections are dropped."""
    server = Server(frozenset(NAMES), alert(70), lambda n: end(failure) if drops[n % 30] else None)
    log: list[tuple[str, bool]] = []
    plan = VersionPlan(("TLSv1.1",), "TLSv1.3")
    while plan.questions:
        (question,) = plan.questions
        answer = server.answer(question)
        log.append((question.highest, answer.hello is not None))
        plan.take([answer])
    refused = plan.answers["TLSv1.1"].status == "refused"
    assert refused == (
        log == [("TLSv1.1", False), ("TLSv1.3", True), ("TLSv1.3", True), ("TLSv1.1", False)]
    )


@pytest.mark.parametrize("kind", ["unasked", "deadline"])
def test_a_connection_that_never_came_to_the_question(kind: str) -> None:
    """421, no STARTTLS, or no time: not known, with the words; no control is asked for."""
    server = Server(frozenset(NAMES), alert(70), lambda n: end(kind))
    assert evidence(server, OLD, "TLSv1.3") == dict.fromkeys(OLD, f"it ended: {kind}")
    assert server.connections == 4


@pytest.mark.parametrize("kind", ["unasked", "closed", "deadline"])
@pytest.mark.parametrize("refusal", ["40", "80", "reset", "116", "71"])
def test_a_control_that_fails_leaves_it_unknown(kind: str, refusal: str) -> None:
    """With both ends as the reason."""
    server = Server(
        frozenset({"TLSv1.3"}), REFUSALS[refusal], lambda n: end(kind) if n == 3 else None
    )
    words = f"{REFUSALS[refusal].detail}, but so it ends for TLSv1.3 now: it ended: {kind}"
    assert evidence(server, ("TLSv1",), "TLSv1.3") == {"TLSv1": words}


def test_a_control_of_another_version_is_none() -> None:
    """The server is no longer the one that was met."""
    server = Server(frozenset({"TLSv1.2"}), alert(40))
    assert asked(server, ("TLSv1",), "TLSv1.3") == {"TLSv1": "unknown"}


@pytest.mark.parametrize("refusal", [name for name in REFUSALS if name != "70"])
def test_nothing_is_refused_where_nothing_is_spoken(refusal: str) -> None:
    """Only protocol_version says so without a control."""
    server = Server(frozenset(), REFUSALS[refusal])
    assert set(asked(server).values()) == {"unknown"}


def test_a_fault_in_a_signature_is_no_refusal_of_the_version() -> None:
    """internal_error to suites with a signature: those without one are tried."""

    class Faulty(Server):
        def answer(self, question: Question) -> Heard:
            answer = super().answer(question)
            signed = any((key_exchange(code) or "").startswith("ECDHE") for code in question.suites)
            old = question.highest in OLD and question.highest != "SSLv3"
            return alert(80) if signed and old else answer

    server = Faulty(frozenset({"TLSv1", "TLSv1.1", "TLSv1.2"}), alert(70))
    assert asked(server, OLD, "TLSv1.2") == {
        "SSLv3": "refused",
        "TLSv1": "accepted",
        "TLSv1.1": "accepted",
    }
    assert evidence(Faulty(frozenset({"TLSv1.2"}), alert(70)), ("TLSv1",), "TLSv1.2") == {
        "TLSv1": "fatal alert protocol_version (70)"
    }


def test_another_end_than_before_is_no_evidence() -> None:
    """Closed and then silent; internal_error and then closed."""
    ends = {2: end("closed"), 5: end("timeout")}
    server = Server(frozenset({"TLSv1.3"}), alert(70), ends.get)
    assert evidence(server, ("TLSv1",), "TLSv1.3") == {
        "TLSv1": "it ended: closed, and then: it ended: timeout"
    }
    ends = {2: alert(80), 4: end("reset")}
    server = Server(frozenset({"TLSv1.3"}), alert(70), ends.get)
    words = "fatal alert internal_error (80), and then: it ended: reset"
    assert evidence(server, ("TLSv1",), "TLSv1.3") == {"TLSv1": words}


@pytest.mark.parametrize("first", ["closed", "reset", "0"])
@pytest.mark.parametrize("second", ["closed", "reset", "0"])
def test_to_hang_up_is_one_end(first: str, second: str) -> None:
    """Courier closes with bytes unread, and which of the three a client sees is a race."""
    ends = {2: REFUSALS[first], 5: REFUSALS[second]}
    server = Server(frozenset({"TLSv1.3"}), alert(70), ends.get)
    assert asked(server, ("TLSv1",), "TLSv1.3") == {"TLSv1": "refused"}


def test_evidence_names_what_was_seen() -> None:
    """For each way of learning."""
    good = Server(frozenset({"TLSv1.2", "TLSv1.3"}), alert(70))
    assert evidence(good, ("SSLv3", "TLSv1.1", "TLSv1.2", "TLSv1.3"), "TLSv1.3") == {
        "TLSv1.3": "spoken in the handshake before",
        "TLSv1.2": "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLSv1.1": "fatal alert protocol_version (70)",
        "SSLv3": "fatal alert protocol_version (70)",
    }
    old = Server(frozenset({"TLSv1"}), alert(40))
    assert evidence(old, ("TLSv1.2", "TLSv1.1"), "") == {
        "TLSv1.2": "the server answered with TLSv1 where TLSv1.2 was asked for",
        "TLSv1.1": "the server answered with TLSv1 where TLSv1.2 was asked for",
    }


def test_nothing_wanted_asks_nothing() -> None:
    """Nor does what is known already."""
    assert VersionPlan(()).questions == ()
    assert VersionPlan(("TLSv1.3",), "TLSv1.3").questions == ()
