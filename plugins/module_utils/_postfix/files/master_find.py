# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the entries of master.cf that are one listener, however their service is spelled."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from typing import Optional

from ..._model.services import MAX_PORT, SERVICES
from .lines import CfError
from .master_cf import Entry

# The address that stands for "no address is written": the entry listens on all of them.
ALL = "all"
_PORTS = {name: row.port for row in SERVICES.values() for name in (row.name, *row.also)}
# Names that Postfix 3.6 and later know by themselves (known_tcp_ports).
_KNOWN = ("smtp", "smtps", "submission", "submissions")

_LOOPBACK = re.compile(r"loopback-only|localhost|127\.[0-9.]+|::1")

Ask = Callable[[str, str], int]


def port_of(name: str, ask: Ask = socket.getservbyname) -> Optional[int]:
    """Return the port that a service name or number stands for, or None.

    The project's table comes first, then ``ask``, which raises OSError for an unknown name.
    """
    if name.isascii() and name.isdecimal():
        return int(name) if 1 <= int(name[:9]) <= MAX_PORT else None
    if name in _PORTS:
        return _PORTS[name]
    try:
        return ask(name, "tcp")
    except OSError:
        return None


def divided(service: str) -> tuple[str, str]:
    """Return the address and the name in ``address:name``; the address is "" for all.

    Written as in master(5), with an IPv6 address in brackets; it is returned without them.
    """
    address, _colon, name = service.rpartition(":")
    return plain_address(address), name


def plain_address(address: str) -> str:
    """Return an address in its one canonical form, without brackets; host names in lower case."""
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare.lower()


def is_loopback(address: str) -> bool:
    """Tell whether an address, or a word of inet_interfaces, is this host's alone."""
    return bool(_LOOPBACK.fullmatch(plain_address(address)))


def spelled(name: str, address: str, version: tuple[int, int], ask: Ask) -> str:
    """Return how a new entry names its service, so that this Postfix knows it.

    A name that neither this Postfix nor the host knows is written as the port's number.
    Raises CfError where there is no port.
    """
    port = port_of(name, ask)
    if port is None:
        raise CfError(f"service: {name!r} is no port and no service that this host knows")
    known = name.isdecimal() or (version >= (3, 6) and name in _KNOWN)
    if not known:
        try:
            known = ask(name, "tcp") == port
        except OSError:
            known = False
    word = name if known else str(port)
    if not address or address == ALL:
        return word
    return f"[{address}]:{word}" if ":" in address else f"{address}:{word}"


def matching(
    entries: Sequence[Entry], kind: str, name: str, address: str, ask: Ask = socket.getservbyname
) -> list[Entry]:
    """Return the entries of the type ``kind`` that ``name`` means.

    An entry of the type inet is meant when its port is the same, and its address: one given, ALL
    for entries without an address, or "" for any. Other types are meant by name alone.
    """
    if kind != "inet":
        return [entry for entry in entries if (entry["type"], entry["service"]) == (kind, name)]
    port = port_of(name, ask)
    found = []
    for entry in entries:
        if entry["type"] == "inet":
            where, label = divided(entry["service"])
            same = label == name or (port is not None and port_of(label, ask) == port)
            if same and (not address or where == ("" if address == ALL else address)):
                found.append(entry)
    return found


def chosen(entries: Sequence[Entry]) -> Optional[Entry]:
    """Return which of the matching entries is to be changed, or None where there is none.

    One without an address comes before those with one; of entries spelled alike Postfix uses the
    last. Raises CfError where that leaves several.
    """
    everywhere = [entry for entry in entries if not divided(entry["service"])[0]]
    left = {entry["service"]: entry for entry in everywhere or entries}
    if len(left) > 1:
        places = ", ".join(f"{name} (line {entry.line})" for name, entry in left.items())
        raise CfError(f"several entries are this listener: {places}; name one by its address")
    return next(iter(left.values()), None)
