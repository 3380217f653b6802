# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test which addresses are probed, and that what is not known of them is told."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any, Optional, Union

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import resolve as module
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.resolve import (
    MOST_ADDRESSES,
    resolve,
)

NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
NO_DATA = socket.gaierror(getattr(socket, "EAI_NODATA", socket.EAI_NONAME), "No address")
LATER = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
BROKEN = socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure in name resolution")
FOUR, SIX = ["198.51.100.1"], ["2001:db8::1"]

Answer = Union[list[str], Exception]


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return a way to say what the DNS answers for each family, and what the hosts file has."""
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n", encoding="utf-8")
    monkeypatch.setattr(module, "HOSTS_FILE", str(hosts))

    def say(ipv4: Answer, ipv6: Answer, listed: str = "") -> None:
        if listed:
            hosts.write_text(f"# mail.example.net\n192.0.2.7\t x {listed} # y\n", encoding="utf-8")

        def rows(answer: Answer, family: int) -> list[Any]:
            if isinstance(answer, Exception):
                raise answer
            scoped = [one.partition("%") for one in answer]
            return [
                (family, 1, 6, "", (host, 0, 0, int(scope or 0)) if ":" in host else (host, 0))
                for host, _percent, scope in scoped
            ]

        def getaddrinfo(_host: str, _port: Any, family: int, kind: int) -> list[Any]:
            assert kind == socket.SOCK_STREAM
            if family == socket.AF_INET:
                return rows(ipv4, family)
            if family == socket.AF_INET6:
                return rows(ipv6, family)
            return [*rows(ipv4, socket.AF_INET), *rows(ipv6, socket.AF_INET6)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return say


def found(*wanted: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Resolve, and return the addresses and the gaps as pairs."""
    addresses, gaps = resolve("mail.example.net", wanted, time.monotonic() + 10)
    return addresses, [(gap.reach, gap.detail) for gap in gaps]


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "wanted", "addresses", "reaches"),
    [
        (FOUR, SIX, (), [*FOUR, *SIX], []),
        (FOUR, NO_DATA, (), FOUR, []),
        (NO_NAME, SIX, (), SIX, []),
        (FOUR, LATER, (), FOUR, ["dns_failure"]),
        (BROKEN, SIX, (), SIX, ["dns_failure"]),
        (NO_DATA, LATER, (), [], ["dns_failure"]),
        (LATER, LATER, (), [], ["dns_failure", "dns_failure"]),
        (NO_NAME, NO_NAME, (), [], ["no_address"]),
        # Each family that is asked for has to be there; the other one is probed all the same.
        (FOUR, NO_DATA, ("ipv4", "ipv6"), FOUR, ["no_address"]),
        (FOUR, LATER, ("ipv4", "ipv6"), FOUR, ["dns_failure"]),
        (FOUR, LATER, ("ipv4",), FOUR, []),
        (FOUR, SIX, ("ipv6",), SIX, []),
        (LATER, LATER, ("192.0.2.9", "::1"), ["192.0.2.9", "::1"], []),
        (FOUR, SIX, ("192.0.2.9", "ipv4", "192.0.2.9"), ["192.0.2.9", *FOUR], []),
        # An IPv4 address in its IPv6 form is none of IPv6.
        (FOUR, ["::ffff:198.51.100.1"], (), FOUR, []),
        (NO_DATA, ["::ffff:198.51.100.1"], (), [], ["no_address"]),
        (FOUR, ["::ffff:198.51.100.1"], ("ipv4", "ipv6"), FOUR, ["no_address"]),
        (FOUR, ["fe80::1%2"], (), [*FOUR, "fe80::1%2"], []),
    ],
)
def test_what_each_family_answers(
    ipv4: Answer,
    ipv6: Answer,
    wanted: tuple[str, ...],
    addresses: list[str],
    reaches: list[str],
    dns: Any,
) -> None:
    """Each family by itself: one that fails takes nothing from the other, and is not forgotten."""
    dns(ipv4, ipv6)
    seen, gaps = found(*wanted)
    assert seen == addresses
    assert [reach for reach, _detail in gaps] == reaches
    assert all("mail.example.net" in detail for _reach, detail in gaps)


def test_the_family_is_named(dns: Any) -> None:
    dns(FOUR, LATER)
    (gap,) = found()[1]
    words = "mail.example.net: Temporary failure in name resolution (IPv6)"
    assert gap == ("dns_failure", words)
    dns(FOUR, NO_DATA)
    (gap,) = found("ipv4", "ipv6")[1]
    assert gap == ("no_address", "mail.example.net has no IPv6 address (No address)")


def test_there_is_a_bound(dns: Any) -> None:
    """The rest is not probed, and that is told."""
    dns([f"10.0.{number >> 8}.{number & 255}" for number in range(3000)], NO_DATA)
    addresses, gaps = found()
    assert len(addresses) == MOST_ADDRESSES
    assert [reach for reach, _detail in gaps] == ["not_probed"]
    assert str(3000 - MOST_ADDRESSES) in gaps[0][1]


@pytest.mark.parametrize("listed", ["mail.example.net", "MAIL.example.net", None])
def test_a_name_of_the_hosts_file_is_not_asked_for_by_family(
    listed: Optional[str], dns: Any
) -> None:
    """The system stops at that file; a look-up of one family alone would go on to the DNS."""
    dns(["192.0.2.7"], [], listed or "mail.example.net.other")
    assert found() == (["192.0.2.7"], [])
    dns(["192.0.2.7"], LATER, listed or "mail.example.net.other")
    if listed is None:
        assert [reach for reach, _detail in found()[1]] == ["dns_failure"]


def test_the_deadline_holds_for_a_resolver_that_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments: release.wait() and [])
    addresses, gaps = resolve("nowhere.invalid", (), time.monotonic() + 0.2)
    release.set()
    assert addresses == []
    assert [gap.reach for gap in gaps] == ["dns_failure"] * 2
    assert gaps[0].detail == "nowhere.invalid: no answer before the deadline (IPv4)"


def test_a_name_that_no_resolver_takes(dns: Any) -> None:
    """As long as Python refuses it by itself, nothing was asked."""
    dns(UnicodeError("label too long"), UnicodeError("label too long"))
    addresses, gaps = resolve("x" * 70 + ".invalid", (), time.monotonic() + 10)
    assert addresses == []
    assert {gap.reach for gap in gaps} == {"dns_failure"}
