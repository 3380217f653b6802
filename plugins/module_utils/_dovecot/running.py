# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dovecot on this machine: its version and configuration, start, reload and stop, its sockets."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from .._system import server as _server
from .._system import sockets as _sockets
from .._system.programs import ServerError, manager, output, until
from .doveconf import Block, Inet, listeners, parse, protocols, words
from .plan import SIEVE_PROTOCOL, SIEVE_SERVICE

OLDEST = (2, 3)
NEWEST = (2, 4)
# A login is over by then; a client that idles longer before it is not waited for.
LOGIN_SECONDS = 3.0
QUIET_SECONDS = 5.0
QUIET_TICK = 0.001
SETTINGS = (
    "service",
    "protocols",
    "listen",
    "base_dir",
    "login_trusted_networks",
    "ssl",
    "ssl_min_protocol",
    "disable_plaintext_auth",
    "auth_allow_cleartext",
)


@dataclass(frozen=True)
class Version:
    """``generation`` is the pair that decides about the syntax."""

    text: str
    generation: tuple[int, int]

    @property
    def warning(self) -> str:
        """Return what to warn of: a version that nobody has tried, "" for a tested one."""
        if self.generation <= NEWEST:
            return ""
        tested = " and ".join(".".join(map(str, pair)) for pair in (OLDEST, NEWEST))
        return f"Dovecot {self.text} is newer than what this was tested with ({tested})"


def version() -> Version:
    """Return the version of the installed Dovecot. Raises ServerError."""
    return version_of(output(["dovecot", "--version"]))


def version_of(text: str) -> Version:
    """Return the version that ``dovecot --version`` printed. Raises ServerError if too old."""
    found = re.match(r"(\d+)\.(\d+)\S*", text)
    if not found:
        raise ServerError(f"`dovecot --version` printed no version: {text[:80]!r}")
    generation = (int(found.group(1)), int(found.group(2)))
    if generation < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ServerError(f"Dovecot {found.group(0)} is older than {oldest}: nothing was changed")
    return Version(found.group(0), generation)


def read(config: str, protocol: str = "") -> Block:
    """Return what ``doveconf`` makes of a main file, as one protocol sees it where that is given.

    Raises ServerError with doveconf's own words where it refuses the configuration.
    """
    scope = ["-f", f"protocol={protocol}"] if protocol else []
    text = output(["doveconf", "-c", config, *scope, *SETTINGS])
    try:
        return parse(text)
    except ValueError as error:
        raise ServerError(str(error)) from error


def read_blocks(config: str) -> Block:
    """Return what differs from Dovecot's defaults: all that has blocks for single protocols,
    networks and names. Raises ServerError."""
    try:
        return parse(output(["doveconf", "-n", "-c", config]))
    except ValueError as error:
        raise ServerError(str(error)) from error


def endpoints(conf: Block) -> set[_sockets.Endpoint]:
    """Return where a server with this configuration listens for mail clients.

    The address is "" where it is given by a name: the port alone can then be compared.
    """
    enabled = protocols(conf)
    everywhere = words(conf.settings.get("listen"))
    return {
        endpoint
        for inet in listeners(conf)
        if inet.port and _protocol(inet) in enabled
        for address in inet.addresses or everywhere
        for endpoint in _server.endpoint(address, inet.port)
    }


def _protocol(inet: Inet) -> str:
    """Return the protocol that switches a login service on; "" for what is no login service."""
    if inet.service == SIEVE_SERVICE:
        return SIEVE_PROTOCOL
    name, dash, _rest = inet.service.partition("-login")
    return name if dash else ""


class Server(_server.Server):
    """The one Dovecot of this machine that runs on the main file ``config``.

    A reload was enough for every change of a listener on 2.3 and 2.4, but for the first listener
    of a service on 2.4: the folder of its processes' sockets is made at the start alone, and they
    all end where it is missing.
    """

    name = "Dovecot"

    def __init__(self, config: str, base_dir: str) -> None:
        self._config = config
        self._base_dir = base_dir
        self._pid_file = os.path.join(base_dir, "master.pid")

    def master(self) -> Optional[int]:
        """Return the process id of the running master, None where there is none."""
        return _sockets.daemon(self._pid_file, "dovecot")

    def reload(self) -> None:
        """Reload, and return when that has taken effect: the master then has a new log process.

        Dovecot fails a login that a reload overtakes: the new authentication process does not
        know it. So the reload waits a while for a moment in which nobody is logging in. From the
        signal on, the master takes no connections, and the kernel keeps them for it. The signal is
        what ``doveadm reload`` sends, without the time that takes to start.
        """
        master = self.master()
        if master is None:
            # A signal to the process 0 would go to this module's own group.
            raise ServerError("Dovecot ended before it could be told to reload; its log says why")
        before = _logs(master)
        ports = {port for _address, port in self.listening()}
        until(lambda: _nobody_logs_in(master, ports), QUIET_SECONDS, QUIET_TICK)
        try:
            os.kill(master, signal.SIGHUP)
        except ProcessLookupError as error:
            raise ServerError("Dovecot ended during a reload; its log says why") from error
        if not until(lambda: bool(_logs(master) - before), _server.SETTLE_SECONDS):
            raise ServerError(
                "Dovecot did not take the new configuration within "
                f"{_server.SETTLE_SECONDS:g} s of a reload; its log says why"
            )

    def needs_start(self, conf: Block) -> bool:
        """Tell whether a login service that is to listen could not after a mere reload."""
        enabled = protocols(conf)
        return any(
            inet.port
            and _protocol(inet) in enabled
            and _opens_by_process(conf, inet.service)
            and not os.path.isdir(os.path.join(self._base_dir, f"srv.{inet.service}"))
            for inet in listeners(conf)
        )

    def command(self, verb: str) -> Sequence[str]:
        """Return the command of the service manager, Dovecot's own for a second one."""
        own = {"start": ["dovecot", "-c", self._config]}
        there = manager(verb, "dovecot") if self._config == "/etc/dovecot/dovecot.conf" else []
        return there or own.get(verb, ["doveadm", "-c", self._config, verb])


def _opens_by_process(conf: Block, service: str) -> bool:
    """Tell whether each process of a service has a socket of its own (since 2.4)."""
    return any(
        socket.name.startswith(f"srv.{service}/")
        for block in conf.of_kind("service")
        if block.name == service
        for socket in block.of_kind("unix_listener")
    )


def _logs(master: int) -> set[int]:
    # The part before the slash is the instance's name.
    return {pid for pid, words_ in _sockets.children(master).items() if words_.endswith("/log")}


def _nobody_logs_in(master: int, ports: set[int]) -> bool:
    """Tell whether every connection to ``ports`` belongs to a session that is past its login.

    The table of connections is read last, so that the answer is as young as can be.
    """
    old = [pid for pid in _sockets.children(master) if _sockets.age(pid) > LOGIN_SECONDS]
    settled = _sockets.sessions(old)
    return _sockets.connections(ports) <= settled
