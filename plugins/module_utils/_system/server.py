# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server of this machine: start, reload, restart and stop it, and check that it listens."""

from __future__ import annotations

import abc
import os
from collections.abc import Iterable, Sequence
from typing import Optional

from . import sockets as _sockets
from .programs import ServerError, output, until

# A bind fails at once; what is not there this long after the reload will not come.
BIND_SECONDS = 1.0
SETTLE_SECONDS = 15.0


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
            raise ServerError(f"{self.name} was started but is not running; look into its log")

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
