# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test whose turn it is, on a clock of the test's own: limits, order, ceilings, and "later"."""

from __future__ import annotations

import ipaddress
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import turns as _turns
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.turns import (
    Limits,
    Turn,
    Turns,
    is_later,
)

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Clock:
    """A time that only the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        clock = SimpleNamespace(monotonic=lambda: self.now)
        monkeypatch.setattr(_turns, "time", clock)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock."""
    return Clock(monkeypatch)


def turn(order: int = 0, address: str = HERE, port: int = 25, cost: int = 1) -> Turn:
    """Return a turn without a job."""
    return Turn(lambda: (), order, address, port, cost)


def takeable(turns: Turns) -> list[Turn]:
    """Take all that may begin now."""
    with turns._changed:
        turns._wake(_turns.time.monotonic())
    found: list[Turn] = []
    while turns.ready and turns._connections + turns._ready[0][2].cost <= (
        turns._limits.connections
    ):
        taken = turns.take()
        assert taken is not None
        found.append(taken)
    return found


@pytest.mark.parametrize(
    ("limits", "waiting", "begin"),
    [
        # Two to a port.
        (Limits(), [turn() for _unused in range(5)], 2),
        # One that may hold two counts as two.
        (Limits(), [turn(cost=2), turn(port=25)], 1),
        (Limits(per_address=3), [turn(port=port) for port in range(1, 9)], 3),
        (Limits(per_address=3), [turn(port=1, cost=2), turn(port=2, cost=2)], 1),
        # Another address has limits of its own, and all have one together.
        (Limits(per_address=2), [turn(address=one) for one in (HERE, THERE) * 3], 4),
        (Limits(connections=5), [turn(port=port) for port in range(1, 9)], 5),
        # What opens no connection waits for nothing.
        (Limits(connections=1), [turn(address="", cost=0) for _unused in range(9)], 9),
        # A job that needs more than there is runs alone, and not never.
        (Limits(per_address=1), [turn(cost=2)], 1),
    ],
)
def test_no_more_at_once_than_the_limits(
    limits: Limits, waiting: list[Turn], begin: int, clock: Clock
) -> None:
    turns = Turns(limits)
    turns.put(waiting)
    under_way = takeable(turns)
    assert len(under_way) == begin
    done = 0
    while under_way:
        # One ends, and no more begin than there was room made for.
        first = under_way.pop(0)
        done += 1
        turns.finish(first, ())
        under_way += takeable(turns)
        assert sum(one.cost for one in under_way) <= max(limits.connections, first.cost)
    assert done == len(waiting), "everybody has had a turn"
    assert turns._addresses == {}, "nothing is remembered of what is over"


def test_older_hosts_go_first(clock: Clock) -> None:
    """And what follows from their jobs goes before what younger ones begin with."""
    turns = Turns(Limits(connections=1))
    turns.put(turn(order, port=order) for order in (3, 1, 2))
    (first,) = takeable(turns)
    turns.finish(first, [turn(1, port=9)])
    order = [first.order]
    while under_way := takeable(turns):
        order.append(under_way[0].order)
        turns.finish(under_way[0], ())
    assert order == [1, 1, 2, 3]


def ceiling(rate: float, *networks: str) -> Any:
    """Return a ceiling for each network."""
    return tuple((ipaddress.ip_network(one), rate) for one in networks)


def test_a_network_has_a_ceiling_for_all_its_addresses(clock: Clock) -> None:
    turns = Turns(Limits(ceilings=ceiling(2.0, "192.0.2.0/24")))
    turns.put(turn(number, f"192.0.2.{number}") for number in range(1, 6))
    turns.put([turn(9, "198.51.100.1"), turn(9, "2001:db8::1")])
    assert sorted(one.order for one in takeable(turns)) == [1, 9, 9]
    begun = []
    for _unused in range(8):
        clock.now += 0.25
        begun.append(len(takeable(turns)))
    assert begun == [0, 1, 0, 1, 0, 1, 0, 1]


def test_further_connections_of_a_job_wait_too(clock: Clock) -> None:
    """The first is paid for by the turn; the narrowest network is the one that counts."""
    both = ceiling(100.0, "192.0.0.0/16") + ceiling(2.0, "192.0.2.0/24")
    turns = Turns(Limits(ceilings=both))
    turns.put([turn()])
    assert len(takeable(turns)) == 1
    assert turns.wait(HERE) == 0.0
    assert turns.wait(HERE) == 0.5
    assert turns.wait(HERE) == 1.0
    assert turns.wait("203.0.113.1") == 0.0


def test_a_server_that_says_later_is_left_alone_for_a_while(clock: Clock) -> None:
    """Then it is asked one at a time, and after longer each time; other ports go on."""
    turns = Turns(Limits())
    turns.put([turn(), turn(), turn(), turn(), turn(port=143)])
    under_way = takeable(turns)
    assert len(under_way) == 3
    for _unused in range(2):
        # Both were asked at the same time: that is one refusal.
        turns.heard(HERE, 25, "421 4.7.0 Too many connections")
    for one in under_way:
        turns.finish(one, ())
    waits = []
    for _unused in range(2):
        begun = clock.now
        while not (alone := takeable(turns)):
            clock.now += 0.5
        waits.append(clock.now - begun)
        assert len(alone) == 1
        turns.heard(HERE, 25, "421 4.7.0 Too many connections")
        turns.finish(alone[0], ())
    assert waits == [1.0, 2.0]


def test_an_answer_ends_the_pauses(clock: Clock) -> None:
    turns = Turns(Limits())
    turns.put([turn(), turn(), turn()])
    takeable(turns)
    turns.heard(HERE, 25, "421 later")
    turns.heard(HERE, 25, "")
    assert turns._addresses[HERE].ports[25].pause == 0.0
    turns.heard("203.0.113.9", 25, "421 later")


@pytest.mark.parametrize(
    ("words", "later"),
    [
        ("421 4.3.2 too busy", True),
        ("450 try again", True),
        ("* BYE [UNAVAILABLE] temporary", True),
        ("-ERR [SYS/TEMP] come back", True),
        ("* BYE Too many connections from you", True),
        ("554 5.7.1 no", False),
        ("* BYE you are not welcome", False),
        ("4210", False),
        ("", False),
    ],
)
def test_which_refusals_are_about_the_moment(words: str, later: bool) -> None:
    assert is_later(words) is later


def test_nobody_waits_when_all_is_over() -> None:
    turns = Turns(Limits())
    turns.close()
    assert turns.take() is None
