# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server of this machine: start, reload, restart and stop it, and check that it listens."""

from __future__ import annotations

import abc
import os
import select
import socket
import ssl
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Optional

from . import sockets as _sockets
from .programs import ServerError, output, until

# A bind fails at once; what is not there this long after the reload will not come.
BIND_SECONDS = 1.0
SETTLE_SECONDS = 15.0
# A server that is there greets or shakes hands by then; postscreen greets after six seconds.
ANSWER_SECONDS = 10.0
# One that is silent for so long may be waiting for a handshake.
_SILENT_SECONDS = 1.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 (nothing is bound)


class Server(abc.ABC):
    """One server of this machine; ``name`` is for messages."""

    name = ""

    @abc.abstractmethod
    def master(self) -> Optional[int]:
        """Return the process id of the process that listens, None where it does not run."""

    @abc.abstractmethod
    def command(self, verb: str) -> Sequence[str]:
        """Return the command that does ``start`` or ``stop``."""

    @abc.abstractmethod
    def reload(self) -> None:
        """Have it read its files again, and return once they are in effect. Raises ServerError."""

    def start(self) -> None:
        """Start the server and return when it runs. Raises ServerError."""
        output(self.command("start"))
        if not until(lambda: self.master() is not None, SETTLE_SECONDS):
            raise ServerError(f"{self.name} was started but is not running; check its log")

    def stop(self) -> None:
        """Stop the server and return once it has ended. Raises ServerError."""
        output(self.command("stop"))
        if not until(lambda: self.master() is None, SETTLE_SECONDS):
            raise ServerError(f"{self.name} did not stop within {SETTLE_SECONDS:g} s")

    def listening(self) -> set[_sockets.Endpoint]:
        """Return where the master listens."""
        master = self.master()
        return set() if master is None else _sockets.listening(master)

    def missing(self, wanted: Iterable[_sockets.Endpoint]) -> list[_sockets.Endpoint]:
        """Return those of ``wanted`` where the master does not listen.

        An address "" stands for any, where it is given by a name.
        """
        have = self.listening()
        ports = {port for _address, port in have}
        return sorted(
            (address, port)
            for address, port in wanted
            if (address, port) not in have and (address or port not in ports)
        )

    def serves(self, wanted: Iterable[_sockets.Endpoint], closed: Iterable[int]) -> bool:
        """Tell whether it runs, listens on ``wanted`` and on none of the ports ``closed``."""
        have = {port for _address, port in self.listening()}
        return self.master() is not None and not self.missing(wanted) and not have & set(closed)

    def serve(
        self, wanted: set[_sockets.Endpoint], closed: Iterable[int], *, restart: bool = False
    ) -> None:
        """Start the server, or let it read its files again, and wait until it ``serves`` them.

        A reload keeps the listening sockets that stay, so a running server is restarted only where
        ``restart`` asks for it. Raises ServerError.
        """
        self._renew(restart)
        gone = frozenset(closed)
        if not until(lambda: self.serves(wanted, gone), BIND_SECONDS):
            raise ServerError(self._complaint(wanted, gone))

    def restore(self, running: bool, *, restart: bool = False) -> None:
        """Make the server read the old files, or stop it where it did not run before."""
        if running:
            self._renew(restart)
        elif self.master() is not None:
            self.stop()

    def _renew(self, restart: bool) -> None:
        if restart and self.master() is not None:
            self.stop()
        if self.master() is None:
            self.start()
        else:
            self.reload()

    def _complaint(self, wanted: Iterable[_sockets.Endpoint], closed: frozenset[int]) -> str:
        lines = []
        for address, port in self.missing(wanted):
            held = ", ".join(_sockets.holders(port, self.master() or 0))
            why = f"that port is held by {held}" if held else "nobody holds that port"
            lines.append(
                f"{self.name} does not listen on {address or 'its address'} port {port}; {why}"
            )
        still = sorted(closed & {port for _address, port in self.listening()})
        lines += [f"{self.name} still listens on port {port}" for port in still]
        return "\n".join(lines) or f"{self.name} listens as it should now, but took too long to"


def endpoint(address: str, port: int) -> list[_sockets.Endpoint]:
    """Return where a server listens that is told of this address (``*`` for all of IPv4), as the
    kernel shows it: nothing for a family that it does not have, "" for a name."""
    bare = address.strip("[]")
    if bare == "*":
        return [("0.0.0.0", port)]  # noqa: S104 (as the kernel shows it; nothing is bound here)
    if ":" in bare:
        return [(bare.lower(), port)] if os.path.exists("/proc/net/tcp6") else []
    return [(bare if bare.replace(".", "").isdecimal() else "", port)]


def held_by_others(
    wanted: Iterable[_sockets.Endpoint], master: Optional[int], units: Mapping[int, str]
) -> list[str]:
    """Return who stands in the way of the listeners that the master does not have yet.

    ``units`` are systemd's socket units by port.
    """
    own = set() if master is None else _sockets.listening(master)
    others = set(_sockets.endpoints().values()) - own
    found = []
    for address, port in sorted(set(wanted) - own):
        if any(port == there and _overlap(address, held) for held, there in others):
            who = units.get(port) or ", ".join(_sockets.holders(port, master or 0))
            where = f"{address} port {port}" if address else f"port {port}"
            found.append(f"{where} is held by {who or 'a process that cannot be seen'}")
    return found


def _overlap(one: str, other: str) -> bool:
    """Tell whether two addresses may not be bound at once; :: may stand for IPv4 as well."""
    if one == other or "" in (one, other) or "::" in (one, other):
        return True
    any_ipv4 = "0.0.0.0"  # noqa: S104 (nothing is bound here)
    return any_ipv4 in (one, other) and ":" not in one + other


def silent(places: Collection[_sockets.Endpoint]) -> list[_sockets.Endpoint]:
    """Return those of ``places`` where no server answers: with a greeting, or to a handshake.

    A connection alone proves nothing: the kernel takes it for whoever holds the socket.
    """
    return [place for place in sorted(places) if not _answers(place)]


def _answers(place: _sockets.Endpoint) -> bool:
    address, port = place
    try:
        with socket.create_connection((_ANY.get(address, address), port), ANSWER_SECONDS) as client:
            if select.select([client], [], [], _SILENT_SECONDS)[0]:
                return bool(client.recv(1))
            return _shakes_hands(client)
    except OSError:
        return False


def _shakes_hands(client: socket.socket) -> bool:
    """Tell whether a server that has been silent takes a handshake, or greets after all."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with context.wrap_socket(client):
            return True
    except ssl.SSLError:
        # Bytes that are no handshake, or an alert: somebody has answered.
        return True
