# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says of itself: configured listeners, who holds its ports, its packet filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from ipaddress import ip_address
from typing import Any, Optional, TypeVar

from .services import MAX_PORT

# The TLS mode or the login of a listener that the configuration decides client by client.
UNKNOWN = "unknown"
ALL = ""
ALL_IPV4 = "0.0.0.0"  # noqa: S104 (a value to compare with, nothing is bound)
ALL_IPV6 = "::"


class ReadError(ValueError):
    """A configuration, or what a host says of itself, that cannot be understood; one line."""


@dataclass(frozen=True)
class Source:
    """Where a listener is written; ``file`` "" and ``line`` 0 stand for the server's default."""

    file: str = ""
    line: int = 0

    def words(self) -> str:
        """Return the place in words."""
        if not self.file:
            return "by the server's default"
        return f"in {self.file}" + (f" line {self.line}" if self.line else "")


@dataclass(frozen=True)
class Configured:
    """One listener that a mail server's configuration asks for, on one address.

    ``service`` is the table's name of the port, else the server's own; ``protocol`` is one of the
    table's or sieve; ``address`` is "" for all, 0.0.0.0 and :: for all of a family. ``tls`` is the
    mode that clients get: a listener without certificate offers no STARTTLS. ``login`` is none,
    optional or required, as far as the configuration says; ``clear_login`` tells whether it is
    offered before TLS, None where that is not known. ``tls`` and ``login`` may be UNKNOWN.
    ``settings`` are those that decided, with their values; ``proxied`` tells that only a proxy can
    connect, because the server expects the PROXY protocol. ``certificates`` are the SHA-256 digests
    of all certificates in the files that it is told to serve, none where that is not known.
    """

    service: str
    protocol: str
    port: int
    address: str
    tls: str
    login: str
    clear_login: Optional[bool]
    certificate: bool
    server: str
    source: Source = field(default_factory=Source)
    settings: Mapping[str, str] = field(default_factory=dict)
    proxied: bool = False
    certificates: Sequence[str] = ()


@dataclass(frozen=True)
class Holder:
    """Who holds a listening socket: ``pid`` 0 and ``name`` "" where that could not be seen.

    ``server`` is a name of the table of servers, or "". ``unit`` is the systemd socket unit where
    systemd holds the socket (``systemd`` is then true), else the service unit of the process.
    """

    port: int
    address: str
    pid: int = 0
    name: str = ""
    program: str = ""
    server: str = ""
    systemd: bool = False
    unit: str = ""

    def words(self) -> str:
        """Return the holder in words."""
        if self.systemd:
            return f"systemd's {self.unit}" if self.unit else "systemd (a socket unit)"
        if not self.pid:
            return "a process that could not be seen"
        unit = f", {self.unit}" if self.unit else ""
        return f"{self.name} (pid {self.pid}{unit})"


_Listening = TypeVar("_Listening", Configured, Holder)


@dataclass(frozen=True)
class Server:
    """A mail server. ``error`` says why its configuration is unknown although it is found."""

    name: str
    found: bool = False
    version: str = ""
    tested: bool = False
    error: str = ""


@dataclass(frozen=True)
class Firewall:
    """The host's own packet filter: ``blocks`` is None where it could not be read."""

    blocks: Optional[bool] = None
    detail: str = ""


@dataclass(frozen=True)
class HostView:
    """All of it. ``holders`` is None where the listening sockets could not be read."""

    configured: Sequence[Configured] = ()
    holders: Optional[Sequence[Holder]] = None
    servers: Sequence[Server] = ()
    firewall: Firewall = field(default_factory=Firewall)

    def to_dict(self) -> dict[str, Any]:
        """Return the view as plain data (the form that listener_info returns)."""
        return {
            "configured": [asdict(one) for one in self.configured],
            "holders": None if self.holders is None else [asdict(one) for one in self.holders],
            "servers": [asdict(one) for one in self.servers],
            "firewall": asdict(self.firewall),
        }


def view_from(data: Mapping[str, Any]) -> HostView:
    """Return the view in a result of listener_info. Raises ReadError for anything else."""
    try:
        return HostView(
            configured=tuple(_configured(one) for one in data["configured"]),
            holders=(
                None
                if data["holders"] is None
                else tuple(_checked(Holder(**one)) for one in data["holders"])
            ),
            servers=tuple(Server(**one) for one in data["servers"]),
            firewall=Firewall(**data["firewall"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReadError(
            f"this is not a result of listener_info ({type(error).__name__}: {error})"
        ) from error


def covers(listener: str, address: str) -> bool:
    """Tell whether a listener bound to ``listener`` takes connections to ``address``.

    A name in place of an address is taken to cover: what it stands for is not known.
    """
    if listener == ALL:
        return True
    wanted, bound = _address(address), _address(listener)
    if wanted is None or bound is None or wanted == bound:
        return True
    return bool(bound.is_unspecified) and bound.version == wanted.version


def _address(text: str) -> Any:
    """Return the address that ``text`` is, or None; a scope (fe80::1%eth0) does not matter."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _configured(data: Mapping[str, Any]) -> Configured:
    return _checked(Configured(**{**data, "source": Source(**data["source"])}))


def _checked(one: _Listening) -> _Listening:
    """Return ``one`` if its address and port can be compared."""
    if not isinstance(one.address, str):
        raise ReadError(f"address {one.address!r}")
    if not isinstance(one.port, int) or not 0 < one.port <= MAX_PORT:
        raise ReadError(f"port {one.port!r}")
    return one
