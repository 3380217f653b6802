# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what a TLS server says before anything is encrypted: bytes in, what was heard out.

No socket and no crypto: a ServerHello or an alert is all that most questions need. In TLS 1.2 and
below the certificates, the group and the demand for a client's certificate are in cleartext too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from .._model.safe_text import printable
from . import extensions as ext
from . import messages
from .messages import Malformed, ServerHello
from .versions import LEVELS, TLS13, alert_name, version_name

HELLO = "hello"
ALERT = "alert"
NOT_TLS = "not_tls"
BROKEN = "broken"
# Ends that a driver reports: its question never reached the server's TLS.
UNASKED = "unasked"

# A server's first flight with the largest certificates seen in public is below 64 KiB.
TOTAL_LIMIT = 256 * 1024
_RECORD_LIMIT = (1 << 14) + 2048  # RFC 5246 section 6.2.3
_ALERT, _HANDSHAKE = 21, 22
_CONTENT_TYPES = range(20, 25)
_MAJOR = 3
_CLOSE_NOTIFY, _WARNING = 0, 1

_HELLO_REQUEST, _SERVER_HELLO, _TICKET, _CERTIFICATE = 0, 2, 4, 11
_SERVER_KEY_EXCHANGE, _CERTIFICATE_REQUEST, _SERVER_HELLO_DONE, _STATUS = 12, 13, 14, 22


@dataclass(frozen=True)
class Alert:
    """What a server refuses with: level and description as code points (RFC 8446 section 6)."""

    level: int
    code: int

    @property
    def words(self) -> str:
        """The alert as a person reads it, such as ``fatal alert protocol_version (70)``."""
        level = LEVELS.get(self.level, f"level {self.level}")
        return f"{level} alert {alert_name(self.code)} ({self.code})"


@dataclass
class Heard:
    """What came of one question.

    ``kind`` is hello, alert, not_tls (``detail`` shows the first bytes), broken (TLS that no
    server may send), or what the driver said of the end (closed, reset, timeout, ...); "" while
    nothing is known. ``hello`` goes with an ``alert`` where the server gave up after it.
    ``certificates`` are DER, the server's own first; None: not seen. ``group`` is a code point,
    ``dh_bits`` the size of the prime of a group of the server's own. ``wants_certificate`` tells
    whether a client certificate was asked for; None where that could not be seen.
    """

    kind: str = ""
    detail: str = ""
    hello: Optional[ServerHello] = None
    alert: Optional[Alert] = None
    certificates: Optional[tuple[bytes, ...]] = None
    group: Optional[int] = None
    dh_bits: Optional[int] = None
    wants_certificate: Optional[bool] = None

    @property
    def end(self) -> tuple[str, int]:
        """What makes two ends the same: a code point for an alert, else the kind alone.

        To hang up is one end: whether it shows as close_notify, a closed connection or a reset one
        is a matter of moments.
        """
        if self.kind == ALERT and self.alert and self.alert.code != _CLOSE_NOTIFY:
            return ALERT, self.alert.code
        return ("closed" if self.kind in (ALERT, "reset") else self.kind), -1


class Reader:
    """Takes a server's bytes, split anywhere, until ``done``; then ``heard`` says what they are.

    ``whole``: read on to the end of the first flight, for the certificates of TLS 1.2 and below.
    """

    def __init__(self, whole: bool = False) -> None:
        self.heard = Heard()
        self.done = False
        self._whole = whole
        self._raw = bytearray()
        self._messages = bytearray()
        self._alerts = bytearray()
        self._received = 0
        self._handlers: dict[int, Callable[[bytes], None]] = {
            _HELLO_REQUEST: self._skip,
            _SERVER_HELLO: self._on_hello,
            _CERTIFICATE: self._on_certificate,
            _STATUS: self._skip,
            _SERVER_KEY_EXCHANGE: self._on_key_exchange,
            _CERTIFICATE_REQUEST: self._on_request,
            _SERVER_HELLO_DONE: self._on_end,
            _TICKET: self._skip,
        }

    def receive(self, data: bytes) -> None:
        """Take bytes from the server. Raises nothing, whatever they are."""
        if self.done:
            return
        self._received += len(data)
        self._raw += data
        try:
            while not self.done and self._record():
                pass
        except Malformed as fault:
            self._break(str(fault))
        if not self.done and self._received > TOTAL_LIMIT:
            self._break(f"{self._received} bytes and no end")

    def ended(self, kind: str, detail: str) -> None:
        """Say that the connection ended, or its time ran out, before the server had its say."""
        if self.done:
            return
        heard = self.heard
        self.done = True
        if heard.hello is not None:
            heard.kind, heard.detail = HELLO, f"{kind}: {detail}"
        elif heard.alert is not None:
            heard.kind, heard.detail = ALERT, heard.alert.words
        else:
            cut = f" after {self._received} bytes of an answer" if self._received else ""
            heard.kind, heard.detail = kind, f"{detail}{cut}"

    def _break(self, words: str) -> None:
        self.done = True
        self.heard.kind = HELLO if self.heard.hello is not None else BROKEN
        self.heard.detail = words

    def _record(self) -> bool:
        """Take one record; tell whether there was a whole one. Raises Malformed."""
        raw = self._raw
        if not raw:
            return False
        if raw[0] not in _CONTENT_TYPES or (len(raw) > 1 and raw[1] != _MAJOR):
            self.done = True
            self.heard.kind = HELLO if self.heard.hello is not None else NOT_TLS
            self.heard.detail = f"not TLS: {printable(bytes(raw[:120]), 120)}"
            return False
        if len(raw) < 5:
            return False
        length = int.from_bytes(raw[3:5], "big")
        if length > _RECORD_LIMIT:
            raise Malformed(f"a record of {length} bytes")
        if len(raw) < 5 + length:
            return False
        content_type, body = raw[0], bytes(raw[5 : 5 + length])
        del raw[: 5 + length]
        if content_type == _ALERT:
            self._alerts += body
            self._take_alerts()
        elif content_type == _HANDSHAKE:
            self._messages += body
            while not self.done and self._message():
                pass
        else:
            raise Malformed(f"a record of type {content_type} where the handshake stands")
        return True

    def _take_alerts(self) -> None:
        while len(self._alerts) >= 2 and not self.done:
            alert = Alert(self._alerts[0], self._alerts[1])
            del self._alerts[:2]
            self.heard.alert = alert
            # A warning, such as unrecognized_name (RFC 6066 section 3), lets the handshake go on.
            if alert.level != _WARNING or alert.code == _CLOSE_NOTIFY:
                self.ended("alert", alert.words)

    def _message(self) -> bool:
        """Take one handshake message; tell whether there was a whole one. Raises Malformed."""
        waiting = self._messages
        if len(waiting) < 4:
            return False
        length = int.from_bytes(waiting[1:4], "big")
        if length > TOTAL_LIMIT:
            raise Malformed(f"a handshake message of {length} bytes")
        if len(waiting) < 4 + length:
            return False
        kind, body = waiting[0], bytes(waiting[4 : 4 + length])
        del waiting[: 4 + length]
        out_of_turn = kind != _HELLO_REQUEST and (kind == _SERVER_HELLO) != (
            self.heard.hello is None
        )
        if kind not in self._handlers or out_of_turn:
            raise Malformed(f"a handshake message of type {kind} out of turn")
        self._handlers[kind](body)
        return True

    def _skip(self, _body: bytes) -> None:
        """Pass over a message that answers nothing here."""

    def _on_hello(self, body: bytes) -> None:
        hello = messages.server_hello(body)
        self.heard.hello = hello
        self.heard.alert = None
        self.heard.kind = HELLO
        self.heard.detail = version_name(hello.version)
        share = hello.extension(ext.KEY_SHARE)
        if share is not None:
            self.heard.group = messages.share_group(share)
        if not self._whole or hello.version >= TLS13:
            self.done = True

    def _on_certificate(self, body: bytes) -> None:
        self.heard.certificates = messages.certificates(body)

    def _on_key_exchange(self, body: bytes) -> None:
        if self.heard.hello is None:
            return
        found = messages.key_exchange_group(self.heard.hello.suite, body)
        self.heard.group, self.heard.dh_bits = found

    def _on_request(self, _body: bytes) -> None:
        self.heard.wants_certificate = True

    def _on_end(self, _body: bytes) -> None:
        self.heard.wants_certificate = bool(self.heard.wants_certificate)
        self.done = True
