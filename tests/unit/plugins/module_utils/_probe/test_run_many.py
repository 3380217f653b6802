# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test many hosts in one run: each result its own, one address never crowded, nothing asked twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import connection, inquiry
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import run as _run
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.run import run_many
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.tls import TrustStoreError
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.turns import Limits

from tests.support.certificates import Certificates
from tests.support.scripted import Send
from tests.unit.plugins.module_utils._probe.probing import Rig, Served, honest

OLD = ("SSLv3", "TLSv1", "TLSv1.1")


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """Serve three ports, one of which is closed."""
    servers = {
        "submission": honest("smtp", "starttls"),
        "imaps": honest("imap", "implicit"),
        "pop3": Served("pop3", "starttls"),
    }
    with Certificates() as certificates, Rig(certificates, servers) as one:
        yield one


class Watch:
    """Counts the connections that are open to each address, as they come and go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: Counter[int] = Counter()
        self.most: Counter[Any] = Counter()
        self._open: Counter[Any] = Counter()
        self._lock = threading.Lock()
        connect, close = connection.Connection.connect, connection.Connection.close
        counted: set[int] = set()

        def connecting(one: connection.Connection) -> None:
            end = one._endpoint
            with self._lock:
                counted.add(id(one))
                self.made[end.port] += 1
                for key in (end.address, (end.address, end.port), ""):
                    self._open[key] += 1
                    self.most[key] = max(self.most[key], self._open[key])
            connect(one)

        def closing(one: connection.Connection) -> None:
            end = one._endpoint
            close(one)
            with self._lock:
                if id(one) in counted:
                    counted.remove(id(one))
                    for key in (end.address, (end.address, end.port), ""):
                        self._open[key] -= 1

        monkeypatch.setattr(connection.Connection, "connect", connecting)
        monkeypatch.setattr(connection.Connection, "close", closing)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Return the counter of connections."""
    return Watch(monkeypatch)


def test_an_address_with_many_names_is_never_crowded(rig: Rig, watch: Watch) -> None:
    """Twenty names on one address; each is asked under its own name where that matters."""
    asked = [
        (number, rig.request(host=f"mail{number}.example.net", versions=OLD))
        for number in range(20)
    ]
    limits = Limits(connections=64, per_address=3)
    found: dict[int, Any] = dict(run_many(asked, limits))
    assert set(found) == set(range(20))
    address = rig.host.address
    assert 1 < watch.most[address] <= 3
    assert max(watch.most[address, rig.port(name)] for name in rig.servers) <= 2
    for number, seen in found.items():
        assert [one.service for one in seen] == list(rig.servers)
        assert {one.host for one in seen} == {f"mail{number}.example.net"}
        assert [one.reach for one in seen] == ["open", "open", "refused"]
        assert seen[0].versions["TLSv1"][0] == "refused"
    # No name matters where nothing listens: at most two were asking when the first answer came.
    assert watch.made[rig.port("pop3")] <= 2
    assert watch.made[rig.port("imaps")] >= 20


def test_what_hosts_have_in_common_is_asked_once(rig: Rig, watch: Watch) -> None:
    """Inventory names, services and hosts may differ; what is sent and expected is the same."""
    (first,) = dict(run_many([("", rig.request())], Limits())).values()
    alone = Counter(watch.made)
    watch.made.clear()
    same = rig.request(server_name="mail.example.net")
    hosts = [replace(same, host=f"alias{number}.example.net") for number in range(5)]
    found: dict[int, Any] = dict(run_many(enumerate(hosts), Limits()))
    assert watch.made == alone
    for number, seen in found.items():
        assert [plain(one) for one in seen] == [
            {**plain(one), "host": f"alias{number}.example.net"} for one in first
        ]


def plain(seen: Observation) -> dict[str, Any]:
    """Return an observation without its times."""
    return {**seen.to_dict(), "times": None}


def test_many_see_what_one_at_a_time_sees(rig: Rig) -> None:
    """In any order, and with the connections of all bounded."""
    names = ["mail.example.net", "other.example.net", "mail.example.net."]
    requests = [rig.request(host=name, versions=OLD, injection=True) for name in names]
    single = {number: _run.run(one) for number, one in enumerate(requests)}
    many: dict[int, Any] = dict(run_many(enumerate(requests), Limits(connections=2)))
    assert {number: [plain(one) for one in seen] for number, seen in many.items()} == {
        number: [plain(one) for one in seen] for number, seen in single.items()
    }


def test_the_bound_on_all_connections_holds(rig: Rig, watch: Watch) -> None:
    requests = [rig.request(host=f"mail{number}.example.net") for number in range(6)]
    assert len(list(run_many(enumerate(requests), Limits(connections=2)))) == 6
    assert watch.most[""] <= 2


def test_what_costs_a_host_its_probe_costs_no_other_anything(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trust store that is not there, a fault of our own, a name without an address."""
    resolve = _run.resolve

    def faulty(host: str, *more: Any) -> Any:
        if host == "faulty.example.net":
            raise ZeroDivisionError
        return resolve(host, *more)

    monkeypatch.setattr(_run, "resolve", faulty)
    requests = {
        "untrusting": rig.request(ca_path="/does/not/exist.pem"),
        "faulty": rig.request(host="faulty.example.net"),
        "nowhere": rig.request(host="nowhere.invalid", addresses=()),
        "good": rig.request(),
    }
    found: dict[str, Any] = dict(run_many(requests.items(), Limits()))
    assert isinstance(found["untrusting"], TrustStoreError)
    assert isinstance(found["faulty"], ZeroDivisionError)
    assert {one.reach for one in found["nowhere"]} <= {"no_address", "dns_failure"}
    assert [one.reach for one in found["good"]] == ["open", "open", "refused"]


def test_hosts_are_drawn_only_as_there_is_room(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory does not grow with their number."""
    monkeypatch.setattr(_run, "_MOST_HOSTS", 4)
    drawn = 0

    def endless() -> Iterator[tuple[int, Any]]:
        nonlocal drawn
        while True:
            drawn += 1
            yield drawn, rig.request(host=f"mail{drawn}.example.net")

    for done, _row in enumerate(run_many(endless(), Limits()), 1):
        assert drawn - done <= 4
        if done == 12:
            break


def test_no_time_runs_for_a_host_that_waits_for_its_turn(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each host takes nearly all of its own time, and the last begins after many times that."""
    clock = SimpleNamespace(monotonic=lambda: clock.now, now=0.0)
    late = []

    def slow(endpoint: Any, _settings: Any, deadline: float) -> Observation:
        late.append(clock.now >= deadline)
        clock.now += 0.9
        return inquiry.blank(endpoint, "open", "")

    monkeypatch.setattr(_run, "time", clock)
    monkeypatch.setattr(inquiry, "observe", slow)
    one = rig.request(deadline=1.0)
    one = replace(one, targets=tuple(row for row in one.targets if row.service == "imaps"))
    requests = [replace(one, host=f"mail{number}.example.net") for number in range(20)]
    found = dict(run_many(enumerate(requests), Limits(connections=1)))
    assert len(found) == 20
    assert late == [False] * 20


def test_a_server_that_says_later_is_asked_again_alone() -> None:
    """One that goes on saying so is inconclusive, after two connections and not more."""
    refusing = Served("smtp", "starttls", (Send(b"421 4.7.0 too many connections\r\n"),))
    servers = {"busy": honest("smtp", "starttls"), "refusing": refusing}
    with Certificates() as certificates:
        rig = Rig(certificates, servers)
        wanted = rig._wanted["busy"]
        serve, refused = rig.host._handlers[wanted], []

        def busy(wire: Any) -> None:
            if refused:
                serve(wire)
            else:
                refused.append(wire)
                wire.send(b"421 4.7.0 try again later\r\n")

        rig.host._handlers[wanted] = busy
        with rig:
            seen = rig.probe(versions=OLD)
            sent = rig.host.transcripts[rig._wanted["refusing"]]
    assert seen["busy"].reach == "open"
    assert rig.judged(seen)["busy"] == []
    assert seen["refusing"].reach == "inconclusive"
    assert len(sent) == 2
