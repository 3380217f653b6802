# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One mail dialogue as a state machine: bytes in, bytes out, facts learnt; no socket, no clock.

The flow is the same for SMTP, IMAP and POP3; their syntax stands in protocols.py. A driver does::

    while dialogue.wants != "done":
        if dialogue.wants == "tls":
            ...                                  # do the handshake
            send(dialogue.tls_started(may_login))
        else:
            send(dialogue.receive(recv()))       # or dialogue.ended(kind, detail)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from .._model.observation import (
    ACCEPTED,
    NOT_OFFERED,
    NOT_TRIED,
    REFUSED,
    SAFE,
    UNTRIED,
    Failure,
    Phase,
    Starttls,
)
from .._model.safe_text import printable
from .protocols import BYE, CONTINUE, GARBLED, LINE_BYTES, OK, PREAUTH, Reply, Syntax, code_of
from .request import Credentials

TOTAL_LIMIT = 256 * 1024
PENDING_LIMIT = LINE_BYTES

GREETING = "greeting"
CAPABILITIES = "capabilities"
FALLBACK = "fallback"
CLEAR = "before_tls"
UNDO = "before_tls_undo"
STARTTLS = "starttls"
TLS = "tls"
CAPABILITIES_TLS = "capabilities_tls"
FALLBACK_TLS = "fallback_tls"
CONTROL = "inside_tls"
CONTROL_UNDO = "inside_tls_undo"
LOGIN = "login"
INJECTION = "injection"
DONE = "done"


@dataclass
class Facts:
    """All that one dialogue has learnt; what it did not reach keeps its default.

    ``unexplained`` is the code of a refusal before TLS that does not say that TLS is missing.
    """

    greeting: str = ""
    protocol_seen: str = ""
    refusal: str = ""
    preauthenticated: bool = False
    clear: Phase = Phase()
    secure: Phase = Phase()
    starttls: Starttls = Starttls()
    injection: str = UNTRIED
    login: str = NOT_TRIED
    login_reply: str = ""
    enforced: str = NOT_TRIED
    enforced_reply: str = ""
    unexplained: str = ""
    disagreement: Optional[tuple[str, ...]] = ()
    failure: Optional[Failure] = None


class Dialogue:
    """The flow of one conversation.

    ``implicit``: TLS comes before the greeting. ``handshake_only``: stop once TLS is there.
    ``inject``: send a command in cleartext right after STARTTLS; is it obeyed inside TLS?
    ``enforcement``: see before STARTTLS whether the server goes on without it. A refusal that does
    not say why is held against the answer to the same command inside TLS; ``unexplained`` is such a
    refusal, from an earlier dialogue.
    ``credentials``: tried inside TLS, and only where the driver says that it may be.

    Transitions: greeting -> capabilities [-> fallback] [-> before_tls [-> before_tls_undo]] ->
    starttls -> tls -> capabilities_tls [-> fallback_tls] [-> inside_tls [-> inside_tls_undo]]
    [-> login] -> done; every reply can also lead to done at once.
    """

    def __init__(
        self,
        syntax: Syntax,
        implicit: bool = False,
        handshake_only: bool = False,
        inject: bool = False,
        enforcement: bool = False,
        credentials: Optional[Credentials] = None,
        unexplained: str = "",
    ) -> None:
        self.facts = Facts(unexplained=unexplained)
        self.step = TLS if implicit else GREETING
        self._syntax = syntax
        self._implicit = implicit
        self._secure = False
        self._handshake_only = handshake_only
        self._inject = inject
        self._enforcement = enforcement
        self._announced: Optional[Phase] = None
        self._credentials = credentials
        self._script: list[bytes] = []
        self._buffer = bytearray()
        self._received = 0
        self._handlers: dict[str, Callable[[Reply], bytes]] = {
            GREETING: self._on_greeting,
            CAPABILITIES: self._on_capabilities,
            FALLBACK: self._on_fallback,
            CLEAR: self._on_clear,
            UNDO: self._on_undo,
            STARTTLS: self._on_starttls,
            CAPABILITIES_TLS: self._on_capabilities,
            FALLBACK_TLS: self._on_fallback,
            CONTROL: self._on_control,
            CONTROL_UNDO: self._on_control_undo,
            LOGIN: self._on_login,
        }

    @property
    def wants(self) -> str:
        """What the driver is to do next: ``read``, ``tls`` or ``done``."""
        return self.step if self.step in (TLS, DONE) else "read"

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the server; return the bytes to send now (often none)."""
        self._buffer += data
        self._received += len(data)
        out = b""
        while self.wants == "read" and self.step != INJECTION:
            reply = self._syntax.take(self._buffer, self.step)
            if reply is None:
                break
            out += self._handlers[self.step](reply)
        if self.step == INJECTION:
            self._conclude(self._syntax.injection_verdict(bytes(self._buffer)))
        if self.wants == "read" and self._too_much():
            self._fail("flood", f"{self._received} bytes received without a complete reply")
        return out

    def tls_started(self, may_login: bool = False) -> bytes:
        """Say that TLS is established; return the bytes to send first inside it."""
        self._secure = True
        if not may_login:
            self._credentials = None
        if self._handshake_only:
            return self._finish()
        if self._inject:
            self.step = INJECTION
            return self._syntax.quit_command
        if self._implicit:
            self.step = GREETING
            return b""
        return self._ask_capabilities()

    def ended(self, kind: str, detail: str) -> None:
        """Say that the connection ended, or its time ran out, before the dialogue did."""
        if self.step == INJECTION and kind == "closed" and not self._buffer:
            self._conclude(SAFE)
            return
        if self.step == GREETING and self._buffer:
            self.facts.greeting = printable(bytes(self._buffer[:1024]))
            found = self._syntax.recognise(bytes(self._buffer[:1024]))
            undecided = self._syntax.capabilities_first and found == self._syntax.name
            self.facts.protocol_seen = "" if undecided else found
        self._fail(kind, detail)

    def _conclude(self, verdict: Optional[str]) -> None:
        """End the search for the injection bug, once there is a verdict."""
        if verdict is not None:
            self.facts.injection = verdict
            self.step = DONE

    def _too_much(self) -> bool:
        """Tell whether the server has sent more than any mail server has to say."""
        return len(self._buffer) > PENDING_LIMIT or self._received > TOTAL_LIMIT

    def _fail(self, kind: str, detail: str) -> None:
        if self.step == CLEAR and self.facts.enforced == NOT_TRIED:
            self.facts.enforced, self.facts.enforced_reply = UNTRIED, detail
        self.facts.failure = Failure(self.step, kind, detail)
        self.step = DONE

    def _finish(self) -> bytes:
        """End in good order; the answer to the farewell is not waited for."""
        self.step = DONE
        return self._syntax.quit_command

    def _give_up(self, reply: Reply) -> bytes:
        """End because the server refuses this client: no verdict can be built on that."""
        self.facts.refusal = printable(reply.text)
        return self._finish()

    def _on_greeting(self, reply: Reply) -> bytes:
        facts = self.facts
        facts.greeting = printable(reply.text)
        if reply.status == GARBLED:
            facts.protocol_seen = self._syntax.recognise(reply.raw)
            if facts.protocol_seen == "smtp" and self._syntax.called(reply.text) != "unknown":
                facts.protocol_seen = self._syntax.called(reply.text)
            self._fail("foreign", "not a greeting of this protocol")
            return b""
        if not self._syntax.capabilities_first:
            facts.protocol_seen = self._syntax.name
        if reply.status == PREAUTH:
            facts.preauthenticated = True
            return self._finish()
        if reply.status != OK:
            return self._give_up(reply)
        self._announced = self._syntax.greeting_phase(reply)
        if self._handshake_only and not self._syntax.capabilities_first:
            return self._ask_starttls()
        return self._ask_capabilities()

    def _ask_capabilities(self) -> bytes:
        self.step = CAPABILITIES_TLS if self._secure else CAPABILITIES
        return self._syntax.capabilities_command

    def _on_capabilities(self, reply: Reply) -> bytes:
        if reply.status == OK:
            self.facts.protocol_seen = self._syntax.name
            return self._after_capabilities(self._syntax.phase(reply, self.facts.greeting))
        if reply.status in (BYE, GARBLED):
            return self._odd(reply)
        if not self._syntax.not_understood(reply):
            return self._give_up(reply)
        if not self._syntax.fallback_command:
            return self._after_capabilities(Phase())
        self.step = FALLBACK_TLS if self._secure else FALLBACK
        return self._syntax.fallback_command

    def _on_fallback(self, reply: Reply) -> bytes:
        if reply.status in (BYE, GARBLED):
            return self._odd(reply)
        if not self.facts.protocol_seen and reply.status != OK:
            if not self._syntax.not_understood(reply):
                return self._give_up(reply)
            # Only the dialogue decides: what knows neither command is something else.
            self.facts.protocol_seen = self._syntax.called(self.facts.greeting)
            self._fail("foreign", f"this is not an SMTP server: {printable(reply.text)}")
            return b""
        self.facts.protocol_seen = self._syntax.name
        return self._after_capabilities(self._syntax.fallback_phase(reply))

    def _odd(self, reply: Reply) -> bytes:
        """Handle a farewell, or an answer that is not a reply, in the middle of the dialogue."""
        if reply.status == BYE:
            return self._give_up(reply)
        self._fail("garbled", printable(reply.text))
        return b""

    def _after_capabilities(self, phase: Phase) -> bytes:
        phase = self._with_announced(phase)
        if not self._secure:
            self.facts.clear = phase
            return self._ask_in_clear() or self._ask_starttls()
        self.facts.secure = phase
        if self.facts.unexplained:
            self.step = CONTROL
            return self._syntax.clear_command
        return self._log_in()

    def _log_in(self) -> bytes:
        """Begin the login, or end where none is wanted or possible."""
        if self._credentials is None:
            return self._finish()
        mechanisms = self.facts.secure.mechanisms or ()
        self._script = self._syntax.login_script(self._credentials, mechanisms)
        if not self._script:
            self.facts.login_reply = "no mechanism in common with the probe"
            return self._finish()
        self.step = LOGIN
        return self._script.pop(0)

    def _with_announced(self, phase: Phase) -> Phase:
        """Add the logins of the list in the greeting: a client may believe either list."""
        announced, self._announced = self._announced, None
        if announced is None:
            return phase
        if phase.capabilities is None:
            self.facts.disagreement = None
            return announced
        lists = [set(filter(_matters, one.capabilities or ())) for one in (announced, phase)]
        self.facts.disagreement = tuple(sorted(lists[0] ^ lists[1]))
        found = dict.fromkeys([*(phase.mechanisms or ()), *(announced.mechanisms or ())])
        return Phase(phase.capabilities, tuple(found), bool(found))

    def _ask_in_clear(self) -> bytes:
        """Ask for what needs TLS first, where that is wanted and TLS can be had."""
        capabilities = self.facts.clear.capabilities
        listed = capabilities is None or self._syntax.offers_starttls(capabilities)
        if not (self._enforcement and listed and self._syntax.clear_command):
            return b""
        self.step = CLEAR
        return self._syntax.clear_command

    def _on_clear(self, reply: Reply) -> bytes:
        self.facts.enforced = self._syntax.enforcement(reply)
        self.facts.enforced_reply = printable(reply.text)
        if reply.status in (BYE, GARBLED):
            return self._odd(reply)
        if self.facts.enforced != ACCEPTED or not self._syntax.undo_command:
            if self.facts.enforced == UNTRIED:
                self.facts.unexplained = self._syntax.refusal_code(reply)
            return self._ask_starttls()
        self.step = UNDO
        return self._syntax.undo_command

    def _on_undo(self, reply: Reply) -> bytes:
        return self._odd(reply) if reply.status in (BYE, GARBLED) else self._ask_starttls()

    def _on_control(self, reply: Reply) -> bytes:
        """What goes on inside TLS, or misses only a login there, was refused for want of TLS."""
        if reply.status in (BYE, GARBLED):
            return self._odd(reply)
        facts = self.facts
        inside = self._syntax.enforcement(reply)
        went_on = inside == ACCEPTED
        if inside != UNTRIED and self._syntax.refusal_code(reply) != facts.unexplained:
            facts.enforced = REFUSED
        facts.enforced_reply += f"; inside TLS: {printable(reply.text)}"
        if went_on and self._syntax.undo_command:
            self.step = CONTROL_UNDO
            return self._syntax.undo_command
        return self._log_in()

    def _on_control_undo(self, reply: Reply) -> bytes:
        return self._odd(reply) if reply.status in (BYE, GARBLED) else self._log_in()

    def _ask_starttls(self) -> bytes:
        """Ask for TLS, even where it is not offered: the offer may have been removed on the way."""
        self.step = STARTTLS
        capabilities = self.facts.clear.capabilities
        offered = None if capabilities is None else self._syntax.offers_starttls(capabilities)
        self.facts.starttls = Starttls(offered=offered)
        injected = self._syntax.injected_command if self._inject else b""
        return self._syntax.starttls_command + injected

    def _on_starttls(self, reply: Reply) -> bytes:
        offered = self.facts.starttls.offered
        if self._syntax.starttls_accepted(reply):
            leftover = len(self._buffer)
            self._buffer.clear()
            self.facts.starttls = Starttls(offered, ACCEPTED, printable(reply.text), leftover)
            self.step = TLS
            return b""
        status = NOT_OFFERED if offered is False else REFUSED
        self.facts.starttls = Starttls(offered, status, printable(reply.text))
        if reply.status in (BYE, GARBLED):
            return self._odd(reply)
        return self._finish()

    def _on_login(self, reply: Reply) -> bytes:
        if reply.status in (OK, CONTINUE) and self._script:
            return self._script.pop(0)
        self.facts.login = ACCEPTED if reply.status == OK else REFUSED
        self.facts.login_reply = code_of(reply.text)
        return self._finish()


def _matters(capability: str) -> bool:
    """Tell whether a capability of IMAP is about TLS or logins."""
    return capability in ("STARTTLS", "LOGINDISABLED") or capability.startswith("AUTH=")
