# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One TCP connection of a probe, in cleartext or inside TLS, with a time limit for each step."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any, Optional

from .._model.observation import (
    FILTERED,
    NO_ROUTE,
    NOT_PROBED,
    REFUSED,
    RESET,
    UNREACHABLE,
)
from .._model.safe_text import printable
from .icmp import icmp_words, watch_icmp
from .request import Credentials
from .tls import CLIENT_CERTIFICATE, Contexts, Session, TlsError
from .turns import Turns, Waiting

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_CHUNK = 65536

# What the operating system says when the path, the host, or this machine is at fault.
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)
_RESETS = (errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE)


@dataclass(frozen=True)
class Endpoint:
    """Where to probe and what to expect there. ``patient``: a relay, where the server is given
    its full time to greet before anything else is tried; ``may_login``: credentials may be
    tried there; ``enforcement``: see whether it goes on without STARTTLS."""

    service: str
    host: str
    address: str
    port: int
    protocol: str
    tls: str
    patient: bool = False
    may_login: bool = True
    enforcement: bool = False


@dataclass(frozen=True)
class Settings:
    """How to probe. ``timeout`` is seconds a step; ``turns`` the limits of the run."""

    contexts: Contexts
    server_name: str
    ehlo_name: str
    timeout: float = 20.0
    source_address: Optional[str] = None
    injection: bool = False
    credentials: Optional[Credentials] = None
    turns: Optional[Turns] = None

    def heard(self, endpoint: Endpoint, refusal: str) -> None:
        """Note how a server took a connection: its words where it refused it, else ""."""
        if self.turns is not None:
            self.turns.heard(endpoint.address, endpoint.port, refusal)


class Stop(Exception):
    """The connection cannot go on: kind (timeout, deadline, reset, closed) and words."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Unreached(Exception):
    """No connection came about: a reach of the observation, and the system's words."""

    def __init__(self, reach: str, detail: str) -> None:
        super().__init__(detail)
        self.reach = reach
        self.detail = detail


class Connection:
    """A TCP connection, with TLS once it is started, and one time limit for each step.

    The socket never blocks: whatever takes time is waited for by poll, up to the step's limit.
    """

    def __init__(self, endpoint: Endpoint, settings: Settings, deadline: float) -> None:
        self.times: dict[str, float] = {}
        self.heard = False
        self._endpoint = endpoint
        self._timeout = settings.timeout
        self._source = settings.source_address
        self._turns = settings.turns
        self._waiting = settings.turns.waiting() if settings.turns is not None else Waiting()
        self._deadline = deadline
        self._socket: Any = None
        self._session: Optional[Session] = None
        self._step = ""
        self._begun = self._limit = 0.0
        self._poll = select.poll()
        self.begin("connect")

    def begin(self, step: str) -> None:
        """Begin a step: note how long the one before took, and give this one its time."""
        if step == self._step:
            return
        now = time.monotonic()
        if self._step:
            self.times[self._step] = round((now - self._begun) * 1000, 3)
        self._step, self._begun = step, now
        self._limit = min(now + self._timeout, self._deadline)

    def connect(self) -> None:
        """Connect, as soon as the network may be asked. Raises Unreached."""
        self._wait_for_the_network()
        try:
            family, target = _socket_address(self._endpoint.address, self._endpoint.port)
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.setblocking(False)
            watch_icmp(self._socket, family, True)
            if self._source is not None:
                source_family, source = _socket_address(self._source, 0)
                if source_family != family:
                    words = f"source_address {self._source} is of another address family"
                    raise Unreached(NOT_PROBED, words)
                self._socket.bind(source)
            self._reach(target)
            watch_icmp(self._socket, family, False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, Stop) as error:
            reach, detail = self._why_not(error)
            self.close()
            raise Unreached(reach, detail) from None
        except Unreached:
            self.close()
            raise

    def _wait_for_the_network(self) -> None:
        """Wait until the ceiling of the network allows one more connection. Raises Unreached."""
        seconds = self._turns.wait(self._endpoint.address) if self._turns is not None else 0.0
        if seconds <= 0:
            return
        left = self._deadline - time.monotonic()
        if seconds >= left:
            words = "the deadline passed while its network had no room for another connection"
            raise Unreached(NOT_PROBED, words)
        time.sleep(seconds)
        self._begun = time.monotonic()
        self._limit = min(self._begun + self._timeout, self._deadline)

    def _reach(self, target: Any) -> None:
        """Have the connection come about. Raises OSError, Stop."""
        number = self._socket.connect_ex(target)
        if number == errno.EINPROGRESS:
            self._wait(select.POLLOUT)
            number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, os.strerror(number))

    def _why_not(self, error: Exception) -> tuple[str, str]:
        """Sort a failed connect; what this machine could not even try is not probed."""
        if isinstance(error, Stop):
            if error.kind == "deadline":
                return NOT_PROBED, error.detail
            return FILTERED, f"no answer within {self._timeout:g} s"
        if isinstance(error, socket.gaierror):
            return NOT_PROBED, printable(f"not an address: {error.strerror}")
        number = getattr(error, "errno", None)
        words = os.strerror(number) if number else str(error)
        icmp = icmp_words(self._socket) if self._socket is not None else ""
        detail = f"{words} ({icmp})" if icmp else words
        if number == errno.ECONNREFUSED and not icmp:
            return REFUSED, detail
        if number == errno.ENETUNREACH and not icmp:
            # No router said so: it is this machine that knows no way.
            return NOT_PROBED, NO_ROUTE + self._endpoint.address
        if number in _RESETS:
            return RESET, detail
        if number == errno.ETIMEDOUT:
            return FILTERED, detail
        # Words from the path are an answer, whatever the system makes of them (over IPv6 it calls
        # an administrative prohibition a lack of permission, as it does its own rules).
        # What a filter answers by ICMP hides what stands behind it.
        return (UNREACHABLE if icmp or number in _UNREACHABLE else NOT_PROBED), detail

    def _left(self) -> float:
        """Return the seconds left for this step. Raises Stop when there are none."""
        now = time.monotonic()
        if now >= self._deadline:
            raise Stop("deadline", "the deadline of the whole probe passed")
        if now >= self._limit:
            raise Stop("timeout", f"no complete reply within {self._timeout:g} s")
        return self._limit - now

    def _wait(self, event: int) -> None:
        """Wait until the socket is ready for POLLIN or POLLOUT. Raises Stop."""
        # For a socket that is known already this sets what is waited for.
        self._poll.register(self._socket, event)
        self._waiting.since = time.monotonic()
        try:
            while not self._poll.poll(self._left() * 1000):
                pass
        finally:
            self._waiting.since = 0.0

    def allow(self, seconds: float) -> None:
        """Let this step last at least so much longer, but not beyond the deadline."""
        self._limit = min(max(self._limit, time.monotonic() + seconds), self._deadline)

    def silent_for(self, seconds: float) -> bool:
        """Wait for the server to say something; tell whether it stayed silent all the time."""
        self._poll.register(self._socket, select.POLLIN)
        try:
            return not self._poll.poll(min(seconds, self._left()) * 1000)
        except Stop:
            return False

    def receive(self) -> bytes:
        """Return the next bytes, out of TLS where it is on. Raises Stop at the end of it all."""
        self._flush()
        # A greeting may have come together with the end of the handshake.
        data = self._opened(b"")
        while not data:
            data = self._opened(self._receive_raw())
        return data

    def _opened(self, data: bytes) -> bytes:
        """Return what ``data`` says, out of TLS where it is on. Raises Stop at the end of TLS."""
        if self._session is None:
            return data
        try:
            return self._session.decrypt(data)
        except EOFError:
            raise Stop("closed", "the server ended TLS") from None
        except TlsError as error:
            kind = error.kind if error.kind == CLIENT_CERTIFICATE else "closed"
            raise Stop(kind, f"TLS broke off: {error.detail}") from None

    def _receive_raw(self) -> bytes:
        try:
            if _QUICKACK is not None and self._session is not None:
                # A server that has just sent its TLS 1.3 tickets may hold its next line back
                # until they are acknowledged (Nagle), which the kernel would delay by 40 ms.
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            data = None
            while data is None:
                self._wait(select.POLLIN)
                data = self._arrived()
        except OSError as error:
            raise Stop("reset", os.strerror(error.errno or 0)) from None
        if not data:
            raise Stop("closed", "the server closed the connection")
        self.heard = True
        return data

    def _arrived(self) -> Optional[bytes]:
        """Return what has come, b"" at the end of it all, None for nothing yet. Raises OSError."""
        try:
            data: bytes = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return None
        return data

    def send(self, data: bytes) -> None:
        """Send bytes, inside TLS where it is on. Raises Stop."""
        if self._session is not None:
            try:
                self._session.encrypt(data)
            except TlsError as error:
                raise Stop("closed", f"TLS broke off: {error.detail}") from None
            data = self._session.out()
        if data:
            self._send_raw(data)

    def _flush(self) -> None:
        if self._session is not None:
            self.send(b"")

    def _send_raw(self, data: bytes) -> None:
        try:
            sent = self._take(data)
            while sent < len(data):
                self._wait(select.POLLOUT)
                sent += self._take(data[sent:])
        except OSError as error:
            raise Stop("reset", os.strerror(error.errno or 0)) from None

    def _take(self, data: bytes) -> int:
        """Return how many bytes the kernel takes now. Raises OSError."""
        try:
            sent: int = self._socket.send(data)
        except BlockingIOError:
            return 0
        return sent

    def start_tls(self, context: ssl.SSLContext, server_name: str) -> Session:
        """Do the handshake; its last bytes go out with the next ones. Raises TlsError, Stop."""
        session = Session(context, server_name)
        session.handshake(b"")
        while not session.established:
            try:
                self._send_raw(session.out())
                data = self._receive_raw()
            except Stop as stop:
                if stop.kind in ("closed", "reset") and session.wants_certificate:
                    # Postfix closes without an alert.
                    stop.kind = CLIENT_CERTIFICATE
                raise
            try:
                session.handshake(data)
            except TlsError:
                # The alert is for the server's log; that it can go out is not what matters here.
                with contextlib.suppress(Stop):
                    self._send_raw(session.out())
                raise
        self._session = session
        return session

    def close(self) -> None:
        """Close the socket; nothing is waited for."""
        self.begin("closed")
        if self._socket is not None:
            self._socket.close()


def _socket_address(address: str, port: int) -> tuple[int, Any]:
    """Return the family and the socket address of an address, its scope (``%eth0``) included.

    ``connect`` by itself would lose the scope. No name is looked up. Raises socket.gaierror.
    """
    family, scope = (socket.AF_INET6, (0, 0)) if ":" in address else (socket.AF_INET, ())
    if "%" not in address:
        with contextlib.suppress(OSError):
            socket.inet_pton(family, address)
            return family, (address, port, *scope)
    row = socket.getaddrinfo(address, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)[0]
    return row[0], row[4]
