# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays one server of the proving ground on a port, as its knobs say."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.hostile.pki import Pki
from tests.support.wire import Wire

GREETINGS = {
    "smtp": b"220 mail.example.net ESMTP\r\n",
    "imap": b"* OK ready\r\n",
    "pop3": b"+OK ready\r\n",
}
# What a server offers to users inside TLS, and what says in clear that it offers none.
LOGINS = {"smtp": "AUTH PLAIN LOGIN", "imap": "AUTH=PLAIN", "pop3": "SASL PLAIN"}
NO_LOGINS = {"smtp": None, "imap": "LOGINDISABLED", "pop3": None}
STARTTLS = {"smtp": "STARTTLS", "imap": "STARTTLS", "pop3": "STLS"}
GO_AHEAD = {"smtp": b"220 2.0.0 go\r\n", "imap": b"OK go\r\n", "pop3": b"+OK go\r\n"}
REFUSED = {"smtp": b"502 5.5.1 no\r\n", "imap": b"BAD no\r\n", "pop3": b"-ERR no\r\n"}
FIRST = {
    "smtp": b"530 5.7.0 Must issue STARTTLS first\r\n",
    "imap": b"NO TLS first\r\n",
    "pop3": b"-ERR TLS first\r\n",
}
LEAVING = {
    "smtp": b"421 4.3.2 shutting down\r\n",
    "imap": b"* BYE shutting down\r\n",
    "pop3": b"-ERR [SYS/TEMP] shutting down\r\n",
}
# For a certificate that the client did not show in the handshake.
MISSING = {
    "smtp": b"421 4.7.0 no client certificate\r\n",
    "imap": b"* BYE no client certificate was sent\r\n",
    "pop3": b"-ERR no client certificate was sent\r\n",
}
NOISE = b"not TLS at all\r\n"
# The record types and versions of RFC 5246 and RFC 8446.
HANDSHAKE, SUPPORTED_VERSIONS = 22, 43
TLS12 = 0x0303


@dataclass(frozen=True)
class Knobs:
    """All that a server can do otherwise; the defaults are those of a well-run one.

    Values by protocol are mappings; a listing's word that is None or "" is left out.
    ``on_old`` is what becomes of a ClientHello that offers nothing from TLS 1.2 on: an alert's
    number, close or reset; None leaves it to OpenSSL. ``refuses``: N for every Nth connection, 1
    for all but the first.
    """

    listens: bool = True
    at_once: str = ""
    refuses: int = 0
    greeting: Mapping[str, bytes] = field(default_factory=dict)
    foreign: bytes | None = None
    bytewise: bool = False
    delay: float = 0.0
    lower: bool = False
    more: int = 0
    starttls_word: str | None = None
    starttls_works: bool = False
    clear: Mapping[str, str] = field(default_factory=dict)
    hello: bytes | None = None
    mail_in_clear: bool = False
    # What MAIL FROM is refused with before TLS, and everywhere.
    first: bytes = FIRST["smtp"]
    no_sender: bytes = b""
    # What becomes of a mail or a login in clear beside its answer: close, leave, no_starttls.
    then_in_clear: str = ""
    starttls_answer: Mapping[str, bytes] = field(default_factory=dict)
    injected: Mapping[str, bytes] = field(default_factory=dict)
    then: str = "tls"
    alert: int = 0
    client_certificate: str = ""
    versions: tuple[str, str] = ("TLSv1_2", "TLSv1_3")
    on_old: Any = None
    chains: tuple[str, ...] = ("ec",)
    inside: Mapping[str, Any] = field(default_factory=dict)
    inside_end: str = ""


class Played:
    """A handler for tests.support.serving.Server: one server, all of its connections."""

    def __init__(self, protocol: str, mode: str, login: bool, knobs: Knobs, pki: Pki) -> None:
        self.protocol = protocol
        self.mode = mode
        self.login = login
        self.knobs = knobs
        self.pki = pki
        self._numbers = itertools.count(1)

    def __call__(self, wire: Wire) -> None:
        """Serve one connection."""
        number = next(self._numbers)
        every = self.knobs.refuses
        refused = (every == 1 and number > 1) or (every > 1 and number % every == 0)
        if self.knobs.at_once == "reset":
            wire.reset()
        elif self.knobs.at_once:
            wire.finish()
        else:
            _Talk(self, wire, refused).run()


class _Talk:
    """One connection."""

    def __init__(self, server: Played, wire: Wire, refused: bool) -> None:
        self.server = server
        self.knobs = server.knobs
        self.protocol = server.protocol
        self.wire = wire
        self.refused = refused
        self.open = True
        self.tag = ""
        self.no_starttls = False

    def run(self) -> None:
        """Talk until either side ends."""
        if self.server.mode == "implicit" and not self.start_tls():
            return
        self.greet()
        while self.open:
            line = self.wire.read_line()
            if line is None:
                break
            if self.knobs.foreign is not None:
                self.wire.send(self.knobs.foreign)
                continue
            words = line.decode("utf-8", "replace").split() or [""]
            self.tag = words.pop(0) + " " if self.protocol == "imap" else ""
            self.command(words[0].upper() if words else "")
        self.wire.finish()

    def greet(self) -> None:
        """Send the greeting, or say that this client is not wanted."""
        greeting = self.knobs.greeting.get(self.protocol, GREETINGS[self.protocol])
        if self.refused:
            greeting = LEAVING[self.protocol]
        if self.knobs.delay:
            self.wire.stopping.wait(self.knobs.delay)
        for part in (
            [greeting[i : i + 1] for i in range(len(greeting))]
            if self.knobs.bytewise
            else [greeting]
        ):
            self.wire.send(part)
        self.open = not self.refused and not greeting.startswith(
            (b"421", b"554", b"* BYE", b"-ERR")
        )

    def command(self, verb: str) -> None:
        """Answer one command."""
        if verb in ("MAIL", "AUTHENTICATE", "USER") and not self.wire.tls and self.spoilt():
            return
        if verb in ("EHLO", "CAPABILITY", "CAPA"):
            self.list_capabilities()
        elif verb in ("STARTTLS", "STLS"):
            self.answer_starttls()
        elif verb in ("QUIT", "LOGOUT"):
            self.answer({"smtp": b"221 bye\r\n", "imap": b"OK bye\r\n", "pop3": b"+OK bye\r\n"})
            self.open = False
        elif verb in ("HELO", "RSET", "NOOP"):
            self.answer({"smtp": b"250 ok\r\n", "imap": b"OK\r\n", "pop3": b"+OK\r\n"})
        elif verb == "MAIL":
            free = self.wire.tls or self.knobs.mail_in_clear or not self.server.login
            self.wire.send(
                self.knobs.no_sender or (b"250 2.1.0 ok\r\n" if free else self.knobs.first)
            )
        elif verb in ("LOGIN", "AUTHENTICATE", "USER", "PASS", "AUTH"):
            self.answer(REFUSED if self.wire.tls else FIRST)
        else:
            self.answer(REFUSED)

    def spoilt(self) -> bool:
        """Do what is done about a command in clear; tell whether that is all."""
        what = self.knobs.then_in_clear
        self.no_starttls = what == "no_starttls"
        if what == "leave":
            self.wire.send(LEAVING[self.protocol])
        self.open = what not in ("close", "leave")
        return not self.open

    def answer(self, texts: Mapping[str, bytes]) -> None:
        """Send the answer of this protocol, behind the tag that IMAP wants."""
        self.wire.send(self.tag.encode() + texts[self.protocol])

    def list_capabilities(self) -> None:
        """Answer EHLO, CAPABILITY or CAPA."""
        if self.knobs.inside_end in ("leave", "misses") and self.wire.tls:
            words = LEAVING if self.knobs.inside_end == "leave" else MISSING
            self.wire.send(words[self.protocol])
            self.open = False
            return
        if self.knobs.hello is not None:
            self.wire.send(self.knobs.hello)
            self.open = not self.knobs.hello.startswith(b"421")
            return
        words = [f"X-MORE-{number}" for number in range(self.knobs.more)] + self.words()
        if self.knobs.lower:
            words = [word.lower() for word in words]
        if self.protocol == "smtp":
            lines = ["mail.example.net", *words]
            ends = ["-"] * (len(lines) - 1) + [" "]
            text = "".join(f"250{end}{line}\r\n" for end, line in zip(ends, lines))
        elif self.protocol == "imap":
            text = f"* CAPABILITY IMAP4rev1 {' '.join(words)}\r\n{self.tag}OK done\r\n"
        else:
            text = "".join(f"{line}\r\n" for line in ("+OK", *words, "UIDL", "."))
        self.wire.send(text.encode())

    def words(self) -> list[str]:
        """Return what is listed at this moment."""
        usual = LOGINS if self.wire.tls and self.server.login else NO_LOGINS
        chosen = self.knobs.inside if self.wire.tls else self.knobs.clear
        login = chosen.get(self.protocol, usual[self.protocol])
        words = [login] if login else []
        if self.server.mode == "starttls" and not self.wire.tls:
            word = self.knobs.starttls_word
            words += [STARTTLS[self.protocol] if word is None else word]
        return [word for word in words if word]

    def answer_starttls(self) -> None:
        """Answer STARTTLS or STLS, and begin TLS where that was a yes."""
        offered = self.knobs.starttls_word != "" or self.knobs.starttls_works
        if self.server.mode != "starttls" or self.wire.tls or not offered or self.no_starttls:
            self.answer(REFUSED)
            return
        if self.protocol in self.knobs.starttls_answer:
            self.answer(self.knobs.starttls_answer)
            return
        injected = self.knobs.injected.get(self.protocol, b"")
        self.wire.send(self.tag.encode() + GO_AHEAD[self.protocol] + injected)
        if self.knobs.then == "tls":
            self.open = self.start_tls()
        elif self.knobs.then == "noise":
            self.wire.read_chunk()
            self.wire.send(NOISE * 20)
            self.open = False
        else:
            self.open = False

    def start_tls(self) -> bool:
        """Shake hands as the server; return whether the talk goes on."""
        knobs = self.knobs
        old = knobs.on_old is not None and not _offers_tls12(self.wire.peek())
        alert = knobs.alert or (knobs.on_old if old else 0)
        if alert:
            self.wire.read_chunk()
            if alert == "reset":
                self.wire.reset()
                return False
            if alert != "close":
                self.wire.send(struct.pack("!BHHBB", 21, TLS12, 2, 2, alert))
            self.wire.finish()
            return False
        self.wire.start_tls(
            self.server.pki.context(
                knobs.chains,
                knobs.versions,
                knobs.client_certificate or ("optional" if knobs.inside_end == "misses" else ""),
            )
        )
        if knobs.inside_end == "close":
            self.wire.finish()
        return knobs.inside_end != "close"


def _offers_tls12(hello: bytes) -> bool:
    """Tell whether a ClientHello, at the start of ``hello``, offers TLS 1.2 or later."""
    if len(hello) < 44 or hello[0] != HANDSHAKE:
        return True
    version = int.from_bytes(hello[9:11], "big")
    if version < TLS12:
        return False
    at = 43
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at]
    end = at + 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 2
    while at + 4 <= min(end, len(hello)):
        kind, size = struct.unpack("!HH", hello[at : at + 4])
        if kind == SUPPORTED_VERSIONS:
            offered = hello[at + 5 : at + 4 + size]
            found = [int.from_bytes(offered[i : i + 2], "big") for i in range(0, len(offered), 2)]
            return any(TLS12 <= one < 0x0400 for one in found)
        at += 4 + size
    return True
