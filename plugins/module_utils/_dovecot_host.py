# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dovecot on this machine: its version and configuration, start, reload and stop, its sockets."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Callable, Optional

from . import _sockets
from ._doveconf import Block, Inet, listeners, parse, protocols, words
from ._dovecot_plan import SIEVE_PROTOCOL, SIEVE_SERVICE

OLDEST = (2, 3)
NEWEST = (2, 4)
COMMAND_SECONDS = 60.0
SETTLE_SECONDS = 15.0
# A bind fails at once; what is not there this long after the reload will not come.
BIND_SECONDS = 1.0
# A login is over by then; a client that idles longer before it is not waited for.
LOGIN_SECONDS = 3.0
QUIET_SECONDS = 5.0
QUIET_TICK = 0.001
_TICK = 0.01
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


class DovecotError(Exception):
    """Dovecot is missing, too old, refuses a configuration, or does not do as told."""


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
    """Return the version of the installed Dovecot. Raises DovecotError."""
    return version_of(_run(["dovecot", "--version"]))


def version_of(text: str) -> Version:
    """Return the version that ``dovecot --version`` printed. Raises DovecotError if too old."""
    found = re.match(r"(\d+)\.(\d+)\S*", text)
    if not found:
        raise DovecotError(f"`dovecot --version` printed no version: {text[:80]!r}")
    generation = (int(found.group(1)), int(found.group(2)))
    if generation < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise DovecotError(f"Dovecot {found.group(0)} is older than {oldest}: nothing was changed")
    return Version(found.group(0), generation)


def read(config: str, protocol: str = "") -> Block:
    """Return what ``doveconf`` makes of a main file, as one protocol sees it where that is given.

    Raises DovecotError with doveconf's own words where it refuses the configuration.
    """
    scope = ["-f", f"protocol={protocol}"] if protocol else []
    text = _run(["doveconf", "-c", config, *scope, *SETTINGS])
    try:
        return parse(text)
    except ValueError as error:
        raise DovecotError(str(error)) from error


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
        for endpoint in _endpoint(address, inet.port)
    }


def _protocol(inet: Inet) -> str:
    """Return the protocol that switches a login service on; "" for what is no login service."""
    if inet.service == SIEVE_SERVICE:
        return SIEVE_PROTOCOL
    name, dash, _rest = inet.service.partition("-login")
    return name if dash else ""


def _endpoint(address: str, port: int) -> list[_sockets.Endpoint]:
    bare = address.strip("[]")
    if bare == "*":
        return [("0.0.0.0", port)]  # noqa: S104 (as the kernel shows it; nothing is bound here)
    if ":" in bare:
        # Dovecot passes over a family that the kernel does not have.
        return [(bare.lower(), port)] if os.path.exists("/proc/net/tcp6") else []
    return [(bare if bare.replace(".", "").isdecimal() else "", port)]


class Server:
    """The one Dovecot of this machine that runs on the main file ``config``."""

    def __init__(self, config: str, base_dir: str) -> None:
        self._config = config
        self._pid_file = os.path.join(base_dir, "master.pid")

    def master(self) -> Optional[int]:
        """Return the process id of the running master, None where there is none."""
        try:
            with open(self._pid_file, encoding="ascii") as file:
                pid = int(file.read())
        except (OSError, ValueError):
            return None
        return pid if _sockets.command(pid).startswith("dovecot") else None

    def listening(self) -> set[_sockets.Endpoint]:
        """Return where the master listens."""
        master = self.master()
        return set() if master is None else _sockets.listening(master)

    def missing(self, wanted: Iterable[_sockets.Endpoint]) -> list[_sockets.Endpoint]:
        """Return those of ``wanted`` where the master does not listen."""
        have = self.listening()
        ports = {port for _address, port in have}
        return sorted(
            (address, port)
            for address, port in wanted
            if (address, port) not in have and (address or port not in ports)
        )

    def serve(self, wanted: set[_sockets.Endpoint], closed: Iterable[int]) -> None:
        """Start the server, or let it read its configuration again, and wait until it listens on
        ``wanted`` and on none of the ports ``closed``.

        A reload was enough for every change of a listener on 2.3 and 2.4, and keeps the sockets
        that stay, so that nothing here restarts a server that runs. Raises DovecotError.
        """
        if self.master() is None:
            self._start()
        else:
            self._reload()
        gone = frozenset(closed)

        def as_wanted() -> bool:
            have = {port for _address, port in self.listening()}
            return not self.missing(wanted) and not gone & have

        if not _until(as_wanted, BIND_SECONDS):
            raise DovecotError(self._complaint(wanted, gone))

    def restore(self, running: bool) -> None:
        """Make the server read the old files, or stop it where it did not run before."""
        if running and self.master() is None:
            self._start()
        elif running:
            self._reload()
        elif self.master() is not None:
            self._stop()

    def _reload(self) -> None:
        """Reload, and return when that has taken effect: the master then has a new log process.

        Dovecot fails a login that a reload overtakes: the new authentication process does not
        know it. So the reload waits a while for a moment in which nobody is logging in. From the
        signal on, the master takes no connections, and the kernel keeps them for it. The signal is
        what ``doveadm reload`` sends, without the time that takes to start.
        """
        master = self.master() or 0
        before = _logs(master)
        ports = {port for _address, port in self.listening()}
        _until(lambda: _nobody_logs_in(master, ports), QUIET_SECONDS, QUIET_TICK)
        os.kill(master, signal.SIGHUP)
        if not _until(lambda: bool(_logs(master) - before), SETTLE_SECONDS):
            raise DovecotError(
                f"Dovecot did not take the new configuration within {SETTLE_SECONDS:g} s of "
                "a reload; its log says why"
            )

    def _start(self) -> None:
        _run(self._manage("start") or ["dovecot", "-c", self._config])
        if not _until(lambda: self.master() is not None, SETTLE_SECONDS):
            raise DovecotError("Dovecot was started and does not run; its log says why")

    def _stop(self) -> None:
        _run(self._manage("stop") or ["doveadm", "-c", self._config, "stop"])
        if not _until(lambda: self.master() is None, SETTLE_SECONDS):
            raise DovecotError(f"Dovecot did not stop within {SETTLE_SECONDS:g} s")

    def _manage(self, verb: str) -> Sequence[str]:
        """Return the command of the service manager; none for a second Dovecot of the user's."""
        if self._config != "/etc/dovecot/dovecot.conf":
            return []
        if os.path.isdir("/run/systemd/system"):
            return ["systemctl", verb, "dovecot.service"]
        if os.path.exists("/etc/init.d/dovecot"):
            return ["/etc/init.d/dovecot", verb]
        return []

    def _complaint(self, wanted: Iterable[_sockets.Endpoint], closed: frozenset[int]) -> str:
        lines = []
        for address, port in self.missing(wanted):
            held = ", ".join(_sockets.holders(port, self.master() or 0)) or "nobody"
            lines.append(
                f"Dovecot does not listen on {address or 'its address'} port {port}; "
                f"on that port listens {held}"
            )
        still = sorted(closed & {port for _address, port in self.listening()})
        lines += [f"Dovecot still listens on port {port}" for port in still]
        return "\n".join(lines) or "Dovecot listens as it should, but only by now"


def _logs(master: int) -> set[int]:
    return {pid for pid, words_ in _sockets.children(master).items() if words_ == "dovecot/log"}


def _nobody_logs_in(master: int, ports: set[int]) -> bool:
    """Tell whether every connection to ``ports`` belongs to a session that is past its login.

    The table of connections is read last, so that the answer is as young as can be.
    """
    old = [pid for pid in _sockets.children(master) if _sockets.age(pid) > LOGIN_SECONDS]
    settled = _sockets.sessions(old)
    return _sockets.connections(ports) <= settled


def _until(condition: Callable[[], bool], seconds: float, tick: float = _TICK) -> bool:
    """Wait for a condition of another process, of which the kernel tells nothing by itself."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        select.select([], [], [], tick)
    return True


def _run(argv: Sequence[str]) -> str:
    """Run one command and return what it printed. Raises DovecotError with its words.

    The streams are files: a daemon that is started keeps them open, and a pipe, as run_command
    has, would never end.
    """
    env = {**os.environ, "LC_ALL": "C", "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            status = subprocess.run(  # pylint: disable=ansible-bad-function
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=env,
                timeout=COMMAND_SECONDS,
                check=False,
            ).returncode
        except FileNotFoundError as error:
            raise DovecotError(f"{argv[0]} was not found: is Dovecot installed here?") from error
        except subprocess.TimeoutExpired as error:
            raise DovecotError(f"{argv[0]} did not end within {COMMAND_SECONDS:g} s") from error
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    if status:
        words_ = (texts[1].strip() or texts[0].strip())[-1000:]
        raise DovecotError(f"{' '.join(argv[:1])} ended with {status}: {words_}")
    return texts[0]
