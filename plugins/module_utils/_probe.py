# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe one endpoint: the only file that opens a socket; it drives dialogues over it, within time."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Callable, Optional

from ._dialogue import GREETING, TLS, Dialogue, Facts
from ._icmp import icmp_words, watch_icmp
from ._observation import (
    ACCEPTED,
    ESTABLISHED,
    FAILED,
    FILTERED,
    INCONCLUSIVE,
    NOT_PROBED,
    OPEN,
    REFUSED,
    RESET,
    SAFE,
    UNREACHABLE,
    UNTRIED,
    Failure,
    Observation,
    Tls,
)
from ._syntax import Credentials, syntax_for
from ._tls import Session, TlsError, Untried
from ._x509 import CertificateError, days_left, match_name, parse_certificate

# A server that waits for TLS says nothing. After this silence (seconds) TLS is tried on a second
# connection; never early on a relay, where postscreen takes who speaks first for a spammer.
SILENCE = 3.0
_LOGIN_VERSIONS = ("TLSv1.2", "TLSv1.3")
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_CHUNK = 65536

# What the operating system says when the path, the host, or this machine is at fault.
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)
_RESETS = (errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE)


@dataclass(frozen=True)
class Endpoint:
    """Where to probe and what to expect there. ``patient``: a relay, where the server is given
    its full time to greet before anything else is tried."""

    service: str
    host: str
    address: str
    port: int
    protocol: str
    tls: str
    patient: bool = False


@dataclass(frozen=True)
class Settings:
    """How to probe. ``timeout`` is seconds a step; ``context`` verifies or not, ``unverified``
    never does; ``versions`` maps a TLS version to its context, or to why it has none."""

    context: ssl.SSLContext
    unverified: ssl.SSLContext
    versions: dict[str, Any]
    server_name: str
    ehlo_name: str
    timeout: float = 20.0
    verify: bool = True
    source_address: Optional[str] = None
    injection: bool = False
    credentials: Optional[Credentials] = None


class _Stop(Exception):
    """The connection cannot go on: kind (timeout, deadline, reset, closed) and words."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class _Unreached(Exception):
    """No connection came about: a reach of the observation, and the system's words."""

    def __init__(self, reach: str, detail: str) -> None:
        super().__init__(detail)
        self.reach = reach
        self.detail = detail


class _Connection:
    """A TCP connection, with TLS once it is started, and one time limit for each step."""

    def __init__(self, endpoint: Endpoint, settings: Settings, deadline: float) -> None:
        self.times: dict[str, float] = {}
        self.heard = False
        self._endpoint = endpoint
        self._timeout = settings.timeout
        self._source = settings.source_address
        self._deadline = deadline
        self._socket: Any = None
        self._session: Optional[Session] = None
        self._step = ""
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
        """Connect. Raises _Unreached."""
        family = socket.AF_INET6 if ":" in self._endpoint.address else socket.AF_INET
        try:
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            watch_icmp(self._socket, True)
            if self._source is not None:
                self._socket.bind((self._source, 0))
            self._socket.settimeout(self._left())
            self._socket.connect((self._endpoint.address, self._endpoint.port))
            watch_icmp(self._socket, False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, _Stop) as error:
            reach, detail = self._why_not(error)
            self.close()
            raise _Unreached(reach, detail) from None

    def _why_not(self, error: Exception) -> tuple[str, str]:
        """Sort a failed connect; what this machine could not even try is not probed."""
        if isinstance(error, (socket.timeout, _Stop)):
            if time.monotonic() >= self._deadline:
                return NOT_PROBED, "the deadline of the whole probe passed"
            return FILTERED, f"no answer within {self._timeout:g} s"
        number = getattr(error, "errno", None)
        words = os.strerror(number) if number else str(error)
        icmp = icmp_words(self._socket) if self._socket is not None else ""
        detail = f"{words} ({icmp})" if icmp else words
        if number == errno.ECONNREFUSED:
            return REFUSED, detail
        if number in _RESETS:
            return RESET, detail
        if number == errno.ETIMEDOUT:
            return FILTERED, detail
        return (UNREACHABLE if number in _UNREACHABLE else NOT_PROBED), detail

    def _left(self) -> float:
        """Return the seconds left for this step. Raises _Stop when there are none."""
        now = time.monotonic()
        if now >= self._deadline:
            raise _Stop("deadline", "the deadline of the whole probe passed")
        if now >= self._limit:
            raise _Stop("timeout", f"nothing complete within {self._timeout:g} s")
        return self._limit - now

    def silent_for(self, seconds: float) -> bool:
        """Wait for the server to say something; tell whether it stayed silent all the time."""
        try:
            self._socket.settimeout(min(seconds, self._left()))
            self._socket.recv(1, socket.MSG_PEEK)
        except socket.timeout:
            return True
        except (OSError, _Stop):
            return False
        return False

    def receive(self) -> bytes:
        """Return the next bytes, out of TLS where it is on. Raises _Stop at the end of it all."""
        self._flush()
        while True:
            data = self._receive_raw()
            if self._session is None:
                return data
            try:
                data = self._session.decrypt(data)
            except EOFError:
                raise _Stop("closed", "the server ended TLS") from None
            except TlsError as error:
                raise _Stop("closed", f"TLS broke off: {error.detail}") from None
            if data:
                return data

    def _receive_raw(self) -> bytes:
        try:
            self._socket.settimeout(self._left())
            if _QUICKACK is not None:
                # A server that has just sent its TLS 1.3 tickets may hold its next line back
                # until they are acknowledged (Nagle), which the kernel would delay by 40 ms.
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            data: bytes = self._socket.recv(_CHUNK)
        except socket.timeout:
            self._left()
            raise _Stop("timeout", f"nothing complete within {self._timeout:g} s") from None
        except OSError as error:
            raise _Stop("reset", os.strerror(error.errno or 0)) from None
        if not data:
            raise _Stop("closed", "the server closed the connection")
        self.heard = True
        return data

    def send(self, data: bytes) -> None:
        """Send bytes, inside TLS where it is on. Raises _Stop."""
        if self._session is not None:
            if data:
                self._session.encrypt(data)
            data = self._session.out()
        if data:
            self._send_raw(data)

    def _flush(self) -> None:
        if self._session is not None:
            self.send(b"")

    def _send_raw(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self._left())
            self._socket.sendall(data)
        except socket.timeout:
            raise _Stop("timeout", "the server takes no more data") from None
        except OSError as error:
            raise _Stop("reset", os.strerror(error.errno or 0)) from None

    def start_tls(self, context: ssl.SSLContext, server_name: str) -> Session:
        """Do the handshake; its last bytes go out with the next ones sent. Raises TlsError, _Stop."""
        session = Session(context, server_name)
        data = b""
        while True:
            try:
                session.handshake(data)
            finally:
                # An alert is sent as well, so that the server's log says why.
                if not session.established:
                    out = session.out()
                    if out:
                        self._send_raw(out)
            if session.established:
                self._session = session
                return session
            data = self._receive_raw()

    def close(self) -> None:
        """Close the socket; nothing is waited for."""
        self.begin("closed")
        if self._socket is not None:
            self._socket.close()


@dataclass
class _Talk:
    """What one connection brought: the dialogue's facts, and TLS beside them."""

    facts: Facts
    tls: Tls = Tls()
    certificate: Optional[dict[str, Any]] = None
    certificate_error: str = ""
    tls_kind: str = ""
    heard: bool = False
    times: Optional[dict[str, float]] = None


def observe(endpoint: Endpoint, settings: Settings, deadline: float) -> Observation:
    """Probe one endpoint and return what was seen; ``deadline`` in the time of time.monotonic."""
    return _Observer(endpoint, settings, deadline).observe()


def try_version(
    endpoint: Endpoint, settings: Settings, deadline: float, mode: str, version: str
) -> tuple[str, str]:
    """Return (accepted, refused or untried, why) for one TLS version in a TLS mode."""
    context = settings.versions[version]
    if isinstance(context, Untried):
        return UNTRIED, str(context)
    talk = _Observer(endpoint, settings, deadline).talk(mode, context, handshake_only=True)
    if isinstance(talk, _Unreached):
        return UNTRIED, f"{talk.reach}: {talk.detail}"
    if talk.tls.status == ESTABLISHED:
        return ACCEPTED, talk.tls.cipher
    if talk.tls_kind in ("alert", "closed", "reset", "protocol"):
        return REFUSED, talk.tls.error
    if talk.tls.error:
        return UNTRIED, talk.tls.error
    failure = talk.facts.failure
    detail = talk.facts.refusal or (failure.detail if failure else talk.facts.starttls.reply)
    return UNTRIED, f"no TLS handshake came about: {detail}"


def try_injection(endpoint: Endpoint, settings: Settings, deadline: float) -> tuple[str, str]:
    """Return (vulnerable, safe or untried, why) for a command sent in clear behind STARTTLS."""
    talk = _Observer(endpoint, settings, deadline).talk("starttls", settings.unverified, inject=True)
    if isinstance(talk, _Unreached):
        return UNTRIED, f"{talk.reach}: {talk.detail}"
    if talk.tls.status == FAILED and talk.tls_kind != "timeout":
        return SAFE, f"the server went no further: {talk.tls.error}"
    failure = talk.facts.failure
    return talk.facts.injection, f"{failure.kind}: {failure.detail}" if failure else ""


class _Observer:
    """Opens as many connections as it takes to see one endpoint as it is."""

    def __init__(self, endpoint: Endpoint, settings: Settings, deadline: float) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._deadline = deadline

    def observe(self) -> Observation:
        """Return the observation; see the module's ``observe``."""
        if self._endpoint.tls == "implicit":
            mode, talk = self._implicit_first()
        else:
            mode, talk = self._greeting_first()
        if isinstance(talk, _Unreached):
            return self._observation(reach=talk.reach, reach_detail=talk.detail)
        return self._merge(mode, talk)

    def _implicit_first(self) -> tuple[str, Any]:
        """TLS is expected at once; where something else answers, listen to what it says."""
        talk = self._trusting_talk("implicit")
        if isinstance(talk, _Talk) and talk.tls_kind == "not_tls":
            second = self._trusting_talk("starttls")
            if isinstance(second, _Talk):
                return "starttls", second
        return "implicit", talk

    def _greeting_first(self) -> tuple[str, Any]:
        """A greeting is expected; where nothing is said, see whether the server waits for TLS."""
        swapped: list[_Talk] = []

        def look_for_tls(connection: _Connection) -> bool:
            return self._swap(connection, swapped)

        talk = self._trusting_talk("starttls", look_for_tls)
        if isinstance(talk, _Talk) and not swapped and not talk.heard:
            failure = talk.facts.failure
            if failure is not None and failure.kind in ("timeout", "closed"):
                self._try_implicit(swapped)
        return ("implicit", swapped[0]) if swapped else ("starttls", talk)

    def _swap(self, connection: _Connection, swapped: list[_Talk]) -> bool:
        """Tell whether to give up waiting for a greeting because TLS was found instead."""
        if self._endpoint.patient or not connection.silent_for(SILENCE):
            return False
        return self._try_implicit(swapped)

    def _try_implicit(self, found: list[_Talk]) -> bool:
        talk = self._trusting_talk("implicit")
        if isinstance(talk, _Talk) and talk.tls.status == ESTABLISHED:
            found.append(talk)
        return bool(found)

    def _trusting_talk(
        self, mode: str, before_greeting: Optional[Callable[[_Connection], bool]] = None
    ) -> Any:
        """Talk with verification; a certificate that fails it costs a second, unverified talk.

        The standard library hands over a peer's certificate only where the handshake succeeds.
        """
        talk = self.talk(
            mode,
            self._settings.context,
            credentials=self._settings.credentials,
            before_greeting=before_greeting,
        )
        if not isinstance(talk, _Talk) or talk.tls_kind != "trust":
            return talk
        second = self.talk(mode, self._settings.unverified)
        if not isinstance(second, _Talk) or second.tls.status != ESTABLISHED:
            return talk
        second.tls = replace(
            second.tls, trusted=False, trust_error=talk.tls.error, trust_code=talk.tls.trust_code
        )
        return second

    def talk(
        self,
        mode: str,
        context: ssl.SSLContext,
        handshake_only: bool = False,
        inject: bool = False,
        credentials: Optional[Credentials] = None,
        before_greeting: Optional[Callable[[_Connection], bool]] = None,
    ) -> Any:
        """Hold one dialogue over one connection; return a _Talk, or the _Unreached as a value."""
        dialogue = Dialogue(
            syntax_for(self._endpoint.protocol, self._settings.ehlo_name),
            implicit=mode == "implicit",
            handshake_only=handshake_only,
            inject=inject,
            credentials=credentials,
        )
        connection = _Connection(self._endpoint, self._settings, self._deadline)
        talk = _Talk(dialogue.facts)
        try:
            connection.connect()
            connection.begin(dialogue.step)
            if before_greeting is None or not before_greeting(connection):
                self._drive(connection, dialogue, talk, context)
        except _Unreached as unreached:
            return unreached
        except _Stop as stop:
            if dialogue.step == TLS:
                talk.tls = replace(talk.tls, status=FAILED, error=stop.detail)
                talk.tls_kind = stop.kind
            dialogue.ended(stop.kind, stop.detail)
        finally:
            connection.close()
            talk.heard = connection.heard
            talk.times = {k: v for k, v in connection.times.items() if k != "done"}
        return talk

    def _drive(
        self, connection: _Connection, dialogue: Dialogue, talk: _Talk, context: ssl.SSLContext
    ) -> None:
        """Move bytes between the connection and the dialogue until it is done. Raises _Stop."""
        while dialogue.wants != "done":
            connection.begin(dialogue.step)
            if dialogue.wants == "tls":
                if not self._establish(connection, talk, context):
                    dialogue.ended("tls", talk.tls.error)
                    return
                out = dialogue.tls_started(self._may_login(talk.tls))
            else:
                out = dialogue.receive(connection.receive())
            if dialogue.wants == "done":
                connection.begin("done")
                _say_goodbye(connection, out)
            elif out:
                connection.send(out)

    def _establish(self, connection: _Connection, talk: _Talk, context: ssl.SSLContext) -> bool:
        """Do the handshake and note what it shows; tell whether TLS is there. Raises _Stop."""
        try:
            session = connection.start_tls(context, self._settings.server_name)
        except TlsError as error:
            talk.tls = Tls(status=FAILED, error=error.detail, trust_code=error.code)
            talk.tls_kind = error.kind
            return False
        verified = context is self._settings.context and self._settings.verify
        talk.tls = Tls(
            status=ESTABLISHED,
            version=session.version,
            cipher=session.cipher,
            trusted=True if verified else None,
        )
        self._read_certificate(session.certificate, talk)
        return True

    def _read_certificate(self, der: bytes, talk: _Talk) -> None:
        try:
            certificate = parse_certificate(der)
        except CertificateError as error:
            talk.certificate_error = str(error)
            return
        talk.certificate = certificate.to_dict()
        talk.certificate["days_left"] = days_left(certificate, datetime.now(timezone.utc))
        matches = match_name(certificate, self._settings.server_name)
        talk.tls = replace(talk.tls, name_matches=matches)

    @staticmethod
    def _may_login(tls: Tls) -> bool:
        """A password goes only into verified, current TLS of the right name."""
        return bool(tls.trusted and tls.name_matches and tls.version in _LOGIN_VERSIONS)

    def _merge(self, mode: str, talk: _Talk) -> Observation:
        """Make the observation of the talk that saw most."""
        facts = talk.facts
        reach, detail = OPEN, ""
        if facts.refusal:
            reach, detail = INCONCLUSIVE, facts.refusal
        elif facts.failure is not None and facts.failure.kind == "reset" and not talk.heard:
            reach, detail = RESET, facts.failure.detail
        return self._observation(
            reach=reach,
            reach_detail=detail,
            protocol_seen=facts.protocol_seen,
            tls_mode=_mode_seen(mode, talk),
            greeting=facts.greeting,
            preauthenticated=facts.preauthenticated,
            clear=facts.clear,
            secure=facts.secure,
            starttls=facts.starttls,
            tls=talk.tls,
            certificate=talk.certificate,
            certificate_error=talk.certificate_error,
            login=facts.login,
            login_reply=facts.login_reply,
            failure=_failure(facts, talk),
            times=talk.times or {},
        )

    def _observation(self, **seen: Any) -> Observation:
        end = self._endpoint
        return Observation(
            service=end.service,
            host=end.host,
            address=end.address,
            port=end.port,
            protocol=end.protocol,
            tls_expected=end.tls,
            **seen,
        )


def _failure(facts: Facts, talk: _Talk) -> Optional[Failure]:
    """Return the dialogue's failure; one of the handshake is told as TLS, not twice."""
    failure = facts.failure
    return None if failure is not None and talk.tls_kind and failure.kind == "tls" else failure


def _mode_seen(mode: str, talk: _Talk) -> str:
    """Return the TLS mode that the server really speaks, "" where that was not seen."""
    if mode == "implicit":
        return "implicit" if talk.tls.status == ESTABLISHED else ""
    if talk.facts.starttls.status == ACCEPTED:
        return "starttls"
    if talk.facts.starttls.status in (REFUSED, "not_offered"):
        return "cleartext"
    return ""


def _say_goodbye(connection: _Connection, out: bytes) -> None:
    """Send the farewell; that the server may have gone already takes nothing from what was seen."""
    try:
        connection.send(out)
    except _Stop:
        pass


__all__ = ["GREETING", "Endpoint", "Settings", "observe", "try_injection", "try_version"]
