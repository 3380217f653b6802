# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One good server behind every pair of answers that the DNS can give for its name.

The truth about a pair is put together from those about each family, and the verdict must be it.
"""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import resolve

from tests.hostile.pki import NAME, Pki
from tests.hostile.server import Knobs, Played
from tests.integration.prober import answer
from tests.support.serving import Server


def _six() -> str:
    """Return an address to serve on as the IPv6 one; where this machine has none, any other:
    which family an address is of is the look-up's word."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return FOUR.replace("127.79", "127.80", 1)
    return "::1"


FOUR = f"127.79.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"
SIX = _six()


@dataclass(frozen=True)
class Records:
    """What a family's question brings. ``good``: every address of it serves as intended;
    ``known``: the answer leaves nothing open; ``breaks`` is the rule of a bad or missing one."""

    answer: Union[tuple[str, ...], int]
    good: bool = False
    known: bool = True
    breaks: str = "name-not-resolved"


def _both(address: str, dead: str) -> dict[str, Records]:
    return {
        "good": Records((address,), good=True),
        "twice": Records((address, address), good=True),
        "one_dead": Records((address, dead), breaks="port-closed"),
        "no_name": Records(socket.EAI_NONAME),
        "no_data": Records(getattr(socket, "EAI_NODATA", socket.EAI_NONAME)),
        "later": Records(socket.EAI_AGAIN, known=False, breaks="resolver-failed"),
        "broken": Records(socket.EAI_FAIL, known=False, breaks="resolver-failed"),
    }


IPV4 = _both(FOUR, "127.79.255.254")
# Far more than any host has; those that are left out are not known.
IPV4["many"] = Records(
    (FOUR, *(f"127.81.0.{one}" for one in range(1, 40))), known=False, breaks="not-probed"
)
IPV6 = {**_both(SIX, "fd00::dead"), "mapped": Records((f"::ffff:{FOUR}",))}
del IPV6["one_dead"]
WANTED = ((), ("ipv4",), ("ipv6",), ("ipv4", "ipv6"), (FOUR,))


def truth(wanted: tuple[str, ...], ipv4: Records, ipv6: Records) -> set[str]:
    """Return the rules that must be reported, the empty set for a host that is as intended."""
    asked = [family for word, family in (("ipv4", ipv4), ("ipv6", ipv6)) if word in wanted]
    if wanted and not asked:
        return set()
    if asked:
        return {one.breaks for one in asked if not one.good}
    # One family will do, unless the other could not be asked or leads to something that fails.
    bad = {one.breaks for one in (ipv4, ipv6) if not one.good and one.breaks != "name-not-resolved"}
    return bad or (set() if ipv4.good or ipv6.good else {"name-not-resolved"})


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, int]]:
    """Serve one good IMAP server on both addresses; give its authority's file and its port."""
    with Pki() as pki:
        handler = Played("imap", "implicit", True, Knobs(), pki)
        with Server(FOUR, {0: handler}) as first:
            port = first.ports[0]
            with Server(SIX, {port: handler}) as second:
                assert second.ports[port] == port
                yield pki.ca_file, port


@pytest.mark.parametrize("wanted", WANTED, ids=("any", "ipv4", "ipv6", "both", "one_address"))
@pytest.mark.parametrize(("four", "six"), list(itertools.product(IPV4, IPV6)))
def test_the_verdict_is_the_truth(
    wanted: tuple[str, ...],
    four: str,
    six: str,
    served: tuple[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    families = {socket.AF_INET: IPV4[four], socket.AF_INET6: IPV6[six]}

    def getaddrinfo(_host: str, _port: Any, family: int, _kind: int) -> list[Any]:
        found = families[socket.AddressFamily(family)].answer
        if isinstance(found, int):
            raise socket.gaierror(found, "as the case says")
        ends = [(one, 0, 0, 0) if ":" in one else (one, 0) for one in found]
        return [(family, socket.SOCK_STREAM, 6, "", end) for end in ends]

    monkeypatch.setattr(resolve, "_in_hosts_file", lambda _host: False)
    monkeypatch.setattr(resolve.socket, "getaddrinfo", getaddrinfo)
    ca_path, port = served
    service = {"protocol": "imap", "tls": "implicit", "port": port, "login": "required"}
    intent = {"host": NAME, "addresses": list(wanted), "services": {"own": service}}
    if not wanted:
        del intent["addresses"]
    given = answer({"intent": intent, "ca_path": ca_path, "timeout": 5})
    result = given["result"]
    broken = truth(wanted, IPV4[four], IPV6[six])
    assert result["compliant"] is not bool(broken)
    assert given["failed"] is bool(broken)
    reported = {one["rule"] for one in result["findings"] if one["severity"] == "error"}
    # Beside a family without a record, a look-up that failed is told at each service.
    told = {"resolver-failed"} if "not-probed" in reported else set()
    assert broken - told <= reported
