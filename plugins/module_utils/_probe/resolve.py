# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of a host: each family is looked up by itself, and what is missing is told."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._model.host_names import FAMILIES
from .._model.observation import DNS_FAILURE, NO_ADDRESS, NOT_PROBED
from .._model.safe_text import printable

# More than any mail host has; a name with thousands would be a load on whoever bears them.
MOST_ADDRESSES = 32
HOSTS_FILE = "/etc/hosts"
_WORDS = {"ipv4": "IPv4", "ipv6": "IPv6"}
# The DNS was asked and has no such record; any other error says nothing about the name.
_NO_RECORD = tuple(
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if hasattr(socket, name)
)


@dataclass(frozen=True)
class Gap:
    """Addresses that were asked for and are not there: ``reach`` is no_address where the DNS says
    so, dns_failure where it did not answer, not_probed where there are too many; and the words."""

    reach: str
    detail: str


@dataclass(frozen=True)
class _Family:
    """What the look-up of one family brought: its addresses, or why there are none."""

    name: str
    addresses: tuple[str, ...] = ()
    reach: str = ""
    detail: str = ""


def resolve(host: str, wanted: Sequence[str], deadline: float) -> tuple[list[str], list[Gap]]:
    """Return the addresses to probe, and what is missing of those that were asked for.

    ``wanted`` holds addresses, which are taken as they are, and ipv4 or ipv6, which name all
    records of that family and must have one; empty for both families, of which one will do.
    ``deadline`` is in the time of time.monotonic: the system's resolver knows none of its own.
    """
    names = [word for word in wanted or FAMILIES if word in FAMILIES]
    found = _looked_up(host, names, deadline)
    addresses: list[str] = []
    for word in wanted or FAMILIES:
        addresses += found[word].addresses if word in FAMILIES else (word,)
    addresses = list(dict.fromkeys(addresses))
    gaps = _gaps(
        host, [found[name] for name in names], every=bool(wanted), any_found=bool(addresses)
    )
    if len(addresses) > MOST_ADDRESSES:
        rest = len(addresses) - MOST_ADDRESSES
        words = f"{rest} of {len(addresses)} addresses were left out ({MOST_ADDRESSES} are probed)"
        gaps.append(Gap(NOT_PROBED, words))
    return addresses[:MOST_ADDRESSES], gaps


def _gaps(host: str, families: Sequence[_Family], every: bool, any_found: bool) -> list[Gap]:
    """Return what is missing; without ``every`` a family may be without a record."""
    failed = [one for one in families if one.reach == DNS_FAILURE]
    empty = [one for one in families if one.reach == NO_ADDRESS]
    gaps = [Gap(DNS_FAILURE, f"{host}: {one.detail}") for one in failed]
    if empty and (every or not (any_found or failed)):
        names = " and ".join(_WORDS[one.name] for one in empty)
        details = "; ".join(dict.fromkeys(one.detail for one in empty))
        gaps.append(Gap(NO_ADDRESS, f"{host} has no {names} address ({details})"))
    return gaps


def _looked_up(host: str, names: Sequence[str], deadline: float) -> dict[str, _Family]:
    """Ask for all families at once, and wait for them no longer than the deadline."""
    answers: queue.Queue[_Family] = queue.Queue()
    for name in names:
        threading.Thread(target=lambda n=name: answers.put(_ask(host, n)), daemon=True).start()
    found: dict[str, _Family] = {}
    try:
        while len(found) < len(names):
            one = answers.get(timeout=max(deadline - time.monotonic(), 0.001))
            found[one.name] = one
    except queue.Empty:
        pass
    late = "no answer before the deadline"
    return {
        name: found.get(name) or _Family(name, reach=DNS_FAILURE, detail=f"{late} ({_WORDS[name]})")
        for name in names
    }


def _ask(host: str, name: str) -> _Family:
    """Look one family up. An address in its mapped form is none of the family that it is in."""
    family = FAMILIES[name]
    # A system that finds a name in its own file asks no further; by family it would.
    asked = 0 if _in_hosts_file(host) else family
    try:
        rows = socket.getaddrinfo(host, None, asked, socket.SOCK_STREAM)
    except socket.gaierror as error:
        words = error.strerror or str(error)
        if error.errno in _NO_RECORD:
            return _Family(name, reach=NO_ADDRESS, detail=printable(words))
        return _Family(name, reach=DNS_FAILURE, detail=printable(f"{words} ({_WORDS[name]})"))
    except (OSError, UnicodeError) as error:
        return _Family(name, reach=DNS_FAILURE, detail=printable(f"{error} ({_WORDS[name]})"))
    given = [_with_scope(row[4]) for row in rows if row[0] == family]
    real = tuple(one for one in given if not _is_mapped(one))
    if real:
        return _Family(name, real)
    detail = f"{given[0]} is an IPv4 address in its IPv6 form" if given else "no such record"
    return _Family(name, reach=NO_ADDRESS, detail=detail)


def _in_hosts_file(host: str) -> bool:
    """Tell whether this system's own table of hosts has the name (hosts(5))."""
    wanted = host.rstrip(".").lower()
    try:
        with open(HOSTS_FILE, encoding="utf-8", errors="replace") as stream:
            lines = stream.read(1 << 20).lower().splitlines()
    except OSError:
        return False
    return any(wanted in line.split("#", 1)[0].split()[1:] for line in lines)


def _is_mapped(address: str) -> bool:
    """Tell whether an IPv6 address only stands for an IPv4 one (RFC 4291 section 2.5.5.2)."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    return getattr(parsed, "ipv4_mapped", None) is not None


def _with_scope(address: Any) -> str:
    """Return the text of a socket address; a link-local one is of no use without its scope."""
    scope = address[3] if len(address) == 4 else 0
    return f"{address[0]}%{scope}" if scope else str(address[0])
