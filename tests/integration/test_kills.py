# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill a change before each call that changes a file or a process, and see what is left.

After the next run, which undoes and is then refused, the files and the listeners are those from
before or the intended ones, byte for byte and port for port. Every STRIDE-th call is tried;
MAILPORTS_KILLS=1 tries each one.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Collection, Iterable, Iterator

import pytest

from tests import hosts
from tests.integration import listener_change, on_host
from tests.integration.listener_change import STATE, arguments, drive, show
from tests.integration.test_postfix_listeners import AUTH

STRIDE = int(os.environ.get("MAILPORTS_KILLS", "9"))
SERVERS = {
    "postfix": (("smtp", "submission"), ("smtp", "submissions"), "etc/postfix"),
    "dovecot": (("imap", "imaps"), ("imaps", "pop3s"), "etc/dovecot"),
}
PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "imap": 143, "imaps": 993, "pop3s": 995}
MASTERS = {"postfix": "master", "dovecot": "dovecot"}


@pytest.fixture(scope="module")
def plain() -> Iterator[hosts.Site]:
    """Bring both hosts up as Debian installs them, with Dovecot to ask about logins."""
    with hosts.running(mail=False) as site:
        for host in site.hosts.values():
            listener_change.prepare(site, host)
            (host.root / "etc/dovecot/conf.d/98-auth.conf").write_text(AUTH, encoding="ascii")
            host.run("postfix check; newaliases", check=True)
            show(host, "good")
            host.restart("dovecot", "postfix")
        yield site


State = tuple[dict[str, str], frozenset[int]]


def listening(host: hosts.Host, server: str) -> frozenset[int]:
    """Return the mail ports where a server's master listens."""
    done = host.run(f"ss -Hltnp | grep '\"{MASTERS[server]}\"' | awk '{{print $4}}'")
    found = {int(line.rpartition(":")[2]) for line in done.stdout.split()}
    return frozenset(found & set(PORTS.values()))


def settled(host: hosts.Host, server: str, known: Collection[frozenset[int]]) -> frozenset[int]:
    """Return the listeners once they are known ones: a reload goes on when the module is dead."""
    limit = time.monotonic() + 10
    while (found := listening(host, server)) not in known and time.monotonic() < limit:
        select.select([], [], [], 0.1)
    return found


def differing(left: State, states: Iterable[State]) -> list[tuple[list[str], list[int]]]:
    """Return, for each known state, the files that differ from it and the listeners there are."""
    files, ports = left
    return [
        (sorted(dict(files.items() ^ known.items())), sorted(ports ^ there))
        for known, there in states
    ]


def state(host: hosts.Host, server: str) -> State:
    """Return the files and the listeners."""
    return listener_change.files(host, SERVERS[server][2]), listening(host, server)


@pytest.mark.parametrize("base", list(hosts.bases.RELEASES))
@pytest.mark.parametrize("server", SERVERS)
def test_killed_at_every_call(server: str, base: str, plain: hosts.Site) -> None:
    host = plain.hosts[base]
    one, other, _folder = SERVERS[server]
    drive(server, host, other)
    drive(server, host, one)
    states = {one: state(host, server)}
    total = drive(server, host, other, 0)["calls"]
    states[other] = state(host, server)
    assert {len(ports) for _files, ports in states.values()} == {2}
    now, neither, tried = other, [], 0
    for number in range(1, total + 1, STRIDE):
        wish = one if now == other else other
        drive(server, host, wish, number)
        between = settled(host, server, {ports for _files, ports in states.values()})
        refused = on_host.module(
            host, f"{server}_listeners", arguments(host, *wish, certificate="/nowhere.pem")
        )
        assert "No such file" in refused["msg"], refused
        left = state(host, server)
        tried += 1
        if between not in {ports for _files, ports in states.values()}:
            neither.append((number, "listeners before the undo", sorted(between)))
            print(neither[-1])
        found = [name for name, known in states.items() if known == left]
        if found:
            now = found[0]
        else:
            neither.append((number, "after the undo", differing(left, states.values())))
            print(neither[-1])
            drive(server, host, now)
    print(
        f"\n{server} on {base}: {tried} of {total} calls, {len(neither)} neither before nor after"
    )
    assert neither == []
    assert not list((host.root / STATE / server).glob("journal*"))
