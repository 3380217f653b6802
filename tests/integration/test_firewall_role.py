# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the role firewall: what the intent closes is refused, though a server listens there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.integration import role_play
from tests.integration.role_play import changed, executed
from tests.integration.running import Prober, Run, intent

OPEN: dict[str, Any] = {"smtp": {}, "submissions": {}, "imaps": {}}
VARIABLES: dict[str, Any] = {"mailports_intent": {"host": "mail.example.net", "services": OPEN}}
CHAIN = {"mailports_firewall_chain": ["inet", "filter", "input"]}
# A user's own rules, as many have them: what is not named is dropped.
STRICT = """
nft -f - <<'END'
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        meta l4proto { icmp, ipv6-icmp } accept
        tcp dport 22 accept
    }
}
END
"""
MOST_TASKS = 10


@pytest.fixture(scope="module")
def guarded() -> Iterator[hosts.Site]:
    """Bring both hosts up, with all eight ports open."""
    with hosts.running() as site:
        yield site


@pytest.fixture
def play(guarded: hosts.Site, tmp_path: Path, ansible_home: Path) -> Any:
    """Return the way to run the role on both hosts."""

    def run(*flags: str, **more: Any) -> Run:
        variables = {**VARIABLES, **more}
        text = role_play.text("firewall")
        done = role_play.play(guarded, tmp_path, ansible_home, text, variables, *flags)
        assert done.status == 0, done.text
        return done

    return run


@pytest.fixture
def reached(guarded: hosts.Site) -> Iterator[Any]:
    """Return the way to see what each service answers the controller."""
    prober = Prober(guarded)

    def look(host: hosts.Host) -> dict[str, set[str]]:
        result = prober.check(intent(host), timeout=1.0)
        seen: dict[str, set[str]] = {}
        for one in result["observations"]:
            seen.setdefault(one["reach"], set()).add(one["service"])
        return seen

    yield look
    prober.close()


def test_only_the_intended_ports_are_reached(guarded: hosts.Site, play: Any, reached: Any) -> None:
    """A dry run changes nothing, a second run neither, and what was made goes away again."""
    everything, wanted = set(hosts.PORTS), set(OPEN)
    assert changed(play("--check")) == [3, 3]
    for host in guarded.hosts.values():
        assert reached(host) == {"open": everything}
    assert changed(play()) == [4, 4]
    for host in guarded.hosts.values():
        assert reached(host) == {"open": wanted, "refused": everything - wanted}
    again = play()
    assert changed(again) == [0, 0]
    assert 0 < executed(again, "firewall") <= MOST_TASKS
    wider = {**OPEN, "pop3s": {}}
    assert changed(play(mailports_intent={"host": "h", "services": wider})) == [2, 2]
    for host in guarded.hosts.values():
        assert reached(host)["open"] == {*wanted, "pop3s"}
    play(mailports_firewall_state="absent")
    assert changed(play(mailports_firewall_state="absent")) == [0, 0]
    for host in guarded.hosts.values():
        assert reached(host) == {"open": everything}
        assert host.run("nft list ruleset", check=True).stdout == ""


def test_a_chain_that_drops_what_it_does_not_name(
    guarded: hosts.Site, play: Any, reached: Any
) -> None:
    """The open ports are accepted there, also after what the system loads at its start."""
    everything, wanted = set(hosts.PORTS), set(OPEN)
    for host in guarded.hosts.values():
        host.run(STRICT, check=True)
        assert reached(host) == {"filtered": everything}
    play(**CHAIN)
    assert changed(play(**CHAIN)) == [0, 0]
    for host in guarded.hosts.values():
        assert reached(host) == {"open": wanted, "refused": everything - wanted}
        host.run("nft flush ruleset", check=True)
        host.run(STRICT, check=True)
        host.run("nft -f /etc/nftables-mailports-start.nft", check=True)
        assert reached(host) == {"open": wanted, "refused": everything - wanted}
    play(mailports_firewall_state="absent", **CHAIN)
    for host in guarded.hosts.values():
        rules = host.run("nft -j list ruleset", check=True).stdout
        assert "mailports" not in json.dumps(json.loads(rules))
        host.run("nft flush ruleset", check=True)


def test_the_chain_changes_and_nothing_is_left(
    guarded: hosts.Site, play: Any, reached: Any
) -> None:
    """The old chain loses its jump, and `absent` finds what there is by itself."""
    everything, wanted = set(hosts.PORTS), set(OPEN)
    other = STRICT.replace("inet filter", "inet second")
    for host in guarded.hosts.values():
        host.run(STRICT + other, check=True)
    play(**CHAIN)
    second = {"mailports_firewall_chain": ["inet", "second", "input"]}
    play(**second)
    for host in guarded.hosts.values():
        first = host.run("nft list table inet filter", check=True).stdout
        assert "mailports" not in first
        assert "jump mailports" in host.run("nft list table inet second", check=True).stdout
        assert reached(host) == {"filtered": wanted, "refused": everything - wanted}
    assert changed(play(**second)) == [0, 0]
    play(mailports_firewall_state="absent")
    for host in guarded.hosts.values():
        assert "mailports" not in host.run("nft list ruleset", check=True).stdout
        host.run("nft flush ruleset", check=True)


def test_a_chain_that_is_not_there(guarded: hosts.Site, tmp_path: Path, ansible_home: Path) -> None:
    """The message names the variable and the chain, and nothing was done."""
    variables = {**VARIABLES, "mailports_firewall_chain": ["inet", "nowhere", "input"]}
    text = role_play.text("firewall")
    done = role_play.play(guarded, tmp_path, ansible_home, text, variables)
    assert done.status != 0
    assert "mailports_firewall_chain: there is no chain inet nowhere input" in done.text
    for host in guarded.hosts.values():
        assert host.run("nft list ruleset", check=True).stdout == ""
