# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what holds a run together: deadline, threads, names, faults of this machine's own."""

from __future__ import annotations

import errno
import os
import resource
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import (
    connection as _connection,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import crew as _crew
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import inquiry as _inquiry
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import request as _request
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import run as _run
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.asker import Asker
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.resolve import Gap
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.tls import TrustStoreError

from tests.support.certificates import Certificates
from tests.support.scripted import Send, Silence
from tests.unit.plugins.module_utils._probe.probing import (
    Rig,
    Served,
    honest,
)

SILENT = Served("imap", "implicit", (Silence(),))


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """One set of certificates for all tests here."""
    with Certificates() as made:
        yield made


# --- the deadline and the threads ------------------------------------------------------------


def test_what_the_deadline_cuts_off_is_not_probed(certificates: Certificates) -> None:
    """The one that was being heard, and those that were never begun."""
    servers = {f"silent_{number}": SILENT for number in range(4)}
    with Rig(certificates, servers) as rig:
        # Long enough for a busy machine to begin with the first.
        seen = rig.probe(parallel=1, timeout=20.0, deadline=2.5)
        judged = rig.judged(seen)
    first = seen["silent_0"]
    assert first.failure is not None
    assert first.failure.kind == "deadline"
    others = [seen[f"silent_{number}"] for number in (1, 2, 3)]
    assert {one.reach for one in others} == {"not_probed"}
    assert {one.reach_detail for one in others} == {"the deadline of the whole probe passed"}
    for name in servers:
        assert [finding.rule for finding in judged[name]] == ["not-probed"]


def test_a_thread_that_does_not_come_back_is_not_waited_for(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its endpoint is not probed; the others are seen."""
    release = threading.Event()
    observe = _inquiry.observe

    def stuck(endpoint: Any, settings: Any, deadline: float) -> Any:
        if endpoint.service == "stuck":
            release.wait()
        return observe(endpoint, settings, deadline)

    monkeypatch.setattr(_inquiry, "observe", stuck)
    servers = {"stuck": honest("imap", "implicit"), "good": honest("imap", "implicit")}
    with Rig(certificates, servers) as rig:
        seen = rig.probe(deadline=1.0)
        release.set()
    assert seen["stuck"].reach == "not_probed"
    assert seen["good"].tls.status == "established"


@pytest.mark.parametrize("parallel", [0, 1, 2, 1000])
def test_any_number_of_threads(parallel: int, certificates: Certificates) -> None:
    """All is seen, in the order asked for, and the threads end."""
    servers = {
        f"{protocol}_{tls}": honest(protocol, tls)
        for protocol in ("smtp", "imap", "pop3")
        for tls in ("starttls", "implicit")
    }
    with Rig(certificates, servers) as rig:
        before = set(threading.enumerate())
        seen = rig.probe(parallel=parallel, versions=("SSLv3", "TLSv1", "TLSv1.1"), injection=True)
        assert rig.judged(seen) == {name: [] for name in servers}
    assert list(seen) == list(servers)
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(10)
    assert not any(thread.is_alive() for thread in left)


@pytest.mark.parametrize(("busy", "threads"), [(True, 16), (False, 40)])
def test_more_threads_join_only_where_there_is_time_for_them(
    busy: bool, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All the threads that were asked for wait for the network, but not for a processor."""
    met: set[threading.Thread] = set()
    asked: list[float] = []
    over = threading.Event()

    def slow(endpoint: Any, _settings: Any, _deadline: float) -> Any:
        met.add(threading.current_thread())
        if len(met) == 40:
            over.set()
        over.wait(20)
        return _inquiry.blank(endpoint, "filtered", "")

    def used() -> float:
        asked.append(time.monotonic())
        # Often enough for all the threads to have been let in.
        if len(asked) == 20:
            over.set()
        return asked[-1] if busy else 0.0

    clock = SimpleNamespace(monotonic=time.monotonic, process_time=used)
    monkeypatch.setattr(_crew, "time", clock)
    monkeypatch.setattr(_inquiry, "observe", slow)
    targets = tuple(replace(TARGETS[0], port=port) for port in range(1, 81))
    request = _request.Request("x.invalid", targets, addresses=("127.0.0.1",), parallel=40)
    assert len(_run.run(request)) == 80
    assert len(met) == threads


def test_the_order_is_that_of_addresses_and_targets(certificates: Certificates) -> None:
    """Whichever answers first."""
    with Rig(certificates, {"a": honest("imap", "implicit"), "b": SILENT}) as rig:
        request = rig.request(addresses=("127.0.0.99", rig.host.address), timeout=0.5)
        seen = _run.run(request)
    assert [(one.address, one.service) for one in seen] == [
        ("127.0.0.99", "a"),
        ("127.0.0.99", "b"),
        (rig.host.address, "a"),
        (rig.host.address, "b"),
    ]


def test_nothing_to_probe() -> None:
    """No targets, no observations, no connection."""
    assert _run.run(_request.Request(host="x.invalid", targets=(), addresses=("127.0.0.1",))) == []


# --- names -----------------------------------------------------------------------------------

TARGETS = (
    _request.Target("imaps", "imap", 1, "implicit"),
    _request.Target("pop3s", "pop3", 2, "implicit"),
)


def test_what_is_not_known_of_the_addresses_is_told_for_each_target(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also beside addresses that are probed; without any no connection is tried."""
    gaps = [Gap("dns_failure", "no answer (IPv6)")]
    monkeypatch.setattr(_run, "resolve", lambda *_arguments: ([], gaps))
    seen = _run.run(_request.Request(host="nowhere.invalid", targets=TARGETS))
    assert [(one.reach, one.address, one.service) for one in seen] == [
        ("dns_failure", "", "imaps"),
        ("dns_failure", "", "pop3s"),
    ]
    assert seen[0].reach_detail == "no answer (IPv6)"
    monkeypatch.setattr(_run, "resolve", lambda *_arguments: (["127.0.0.1"], gaps))
    seen = _run.run(_request.Request(host="nowhere.invalid", targets=TARGETS))
    assert [one.reach for one in seen] == ["refused", "refused", "dns_failure", "dns_failure"]


def test_the_scope_of_an_address_reaches_the_socket() -> None:
    """As a number, which connect takes; without a scope there is none."""
    family, address = _connection._socket_address("fe80::1%1", 25)
    assert (family, address) == (socket.AF_INET6, ("fe80::1", 25, 0, 1))
    assert _connection._socket_address("2001:db8::1", 25)[1] == ("2001:db8::1", 25, 0, 0)
    assert _connection._socket_address("198.51.100.1", 25) == (
        socket.AF_INET,
        ("198.51.100.1", 25),
    )
    with pytest.raises(socket.gaierror):
        _connection._socket_address("mail.example.net", 25)


@pytest.mark.parametrize(
    ("name", "hello"),
    [
        ("probe.example.org", "probe.example.org"),
        ("localhost", "[127.0.0.1]"),
        ("büro.example.org", "[127.0.0.1]"),
        ("my host.example.org", "[127.0.0.1]"),
        ("", "[127.0.0.1]"),
    ],
)
def test_the_name_in_the_hello(name: str, hello: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's, where it can stand there."""
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    assert _run._own_name() == hello


# --- faults of this machine's own ------------------------------------------------------------


def test_too_many_open_files(certificates: Certificates) -> None:
    """No verdict is built on a socket that could not be made."""
    with Rig(certificates, {"good": honest("imap", "implicit")}) as rig:
        request = rig.request(verify=False, ca_path=None, versions=("TLSv1",), injection=True)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest_free = os.dup(0)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        try:
            seen = _run.run(request)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert seen[0].reach == "not_probed"
    assert seen[0].reach_detail == os.strerror(errno.EMFILE)


@pytest.mark.parametrize(
    ("number", "reach"),
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.EHOSTUNREACH, "unreachable"),
        # No router said so: it is this machine that knows no way.
        (errno.ENETUNREACH, "not_probed"),
        (errno.ECONNRESET, "reset"),
        (errno.ETIMEDOUT, "filtered"),
        (errno.EPERM, "not_probed"),
        (errno.EACCES, "not_probed"),
        (errno.EADDRNOTAVAIL, "not_probed"),
        (errno.EINVAL, "not_probed"),
        (errno.EMFILE, "not_probed"),
        (errno.ENOBUFS, "not_probed"),
    ],
)
def test_what_connect_says(number: int, reach: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the host or the path says is a reach; the rest was not probed."""

    def connect(_self: Any, _address: Any) -> int:
        return number

    monkeypatch.setattr(_connection.socket, "socket", _socket_with(connect_ex=connect))
    request = _request.Request(host="x.invalid", targets=TARGETS, addresses=("127.0.0.1",))
    assert {one.reach for one in _run.run(request)} == {reach}


def _socket_with(**methods: Any) -> Any:
    """Return a socket class with other methods."""
    return type("Socket", (socket.socket,), methods)


def test_a_connect_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the time of a step it is filtered; where the deadline was the reason, not probed."""

    # Nothing can be written to that end: like a connect without an answer, it is never ready.
    reading, writing = (os.fdopen(one) for one in os.pipe())
    never = _socket_with(
        connect_ex=lambda _self, _address: errno.EINPROGRESS,
        fileno=lambda _self: reading.fileno(),
    )
    monkeypatch.setattr(_connection.socket, "socket", never)
    request = {"host": "x.invalid", "targets": TARGETS, "addresses": ("127.0.0.1",)}
    with reading, writing:
        seen = _run.run(_request.Request(**request, timeout=0.2, deadline=20.0))
        late = _run.run(_request.Request(**request, timeout=20.0, deadline=0.2))
    assert {one.reach for one in seen} == {"filtered"}
    assert {one.reach_detail for one in seen} == {"no answer within 0.2 s"}
    assert {one.reach for one in late} == {"not_probed"}


def test_a_fault_of_our_own_costs_one_verdict(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is told, fit to print; nobody else is harmed."""
    observe, ask = _inquiry.observe, Asker.ask

    def faulty(endpoint: Any, settings: Any, deadline: float) -> Any:
        if endpoint.service == "faulty":
            raise ValueError("\x1b[2Jbroken")
        return observe(endpoint, settings, deadline)

    def faulty_ask(self: Asker, *question: Any, **how: Any) -> Any:
        if self._endpoint.service == "half":
            raise KeyError("half")
        return ask(self, *question, **how)

    monkeypatch.setattr(_inquiry, "observe", faulty)
    monkeypatch.setattr(Asker, "ask", faulty_ask)
    servers = {name: honest("imap", "implicit") for name in ("faulty", "half", "good")}
    with Rig(certificates, servers) as rig:
        seen = rig.probe(versions=("SSLv3", "TLSv1", "TLSv1.1"))
        judged = rig.judged(seen)
    assert seen["faulty"].reach == "not_probed"
    assert seen["faulty"].reach_detail.isprintable()
    # The words of an error may hold what must not be shown.
    assert seen["faulty"].reach_detail == "internal error: ValueError"
    assert seen["half"].versions["TLSv1"][0] == "untried"
    assert [finding.rule for finding in judged["faulty"]] == ["not-probed"]
    assert {finding.rule for finding in judged["half"]} == {"not-known", "tls-version-not-probed"}
    assert judged["good"] == []


@pytest.mark.parametrize("what", ["missing", "empty", "rubbish"])
def test_a_trust_store_that_cannot_be_used(what: str, tmp_path: Any) -> None:
    """It is told before any connection is made."""
    path = tmp_path / "ca.pem"
    if what != "missing":
        path.write_text("" if what == "empty" else "rubbish\n", encoding="utf-8")
    request = _request.Request(
        host="x.invalid", targets=TARGETS, addresses=("127.0.0.1",), ca_path=str(path)
    )
    with pytest.raises(TrustStoreError, match="ca_path"):
        _run.run(request)


@pytest.mark.parametrize("name", [".example.net", "a" * 70 + ".example.net", "fe80::1%lo", "::1"])
def test_a_server_name_that_tls_cannot_send(name: str, certificates: Certificates) -> None:
    """It never ends in trust, and never in an exception."""
    with Rig(certificates, {"good": honest("imap", "implicit")}) as rig:
        seen = rig.probe(server_name=name)["good"]
    assert seen.reach == "not_probed" or seen.tls.name_matches is False


def test_one_endpoint_does_not_wait_for_another(certificates: Certificates) -> None:
    """With a thread each, a slow one costs the others nothing: all are judged."""
    servers = {f"silent_{number}": SILENT for number in range(10)}
    servers["noisy"] = Served("smtp", "starttls", (Send(b"\0" * 100), Silence()))
    servers["good"] = honest("smtp", "starttls")
    with Rig(certificates, servers) as rig:
        seen = rig.probe(timeout=1.0, deadline=8.0)
    assert seen["good"].tls.status == "established"
    assert "not_probed" not in {one.reach for one in seen.values()}
