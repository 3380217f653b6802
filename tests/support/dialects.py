# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server side of SMTP, IMAP and POP3, as much of it as a probe can see."""

from __future__ import annotations

import base64
import binascii
import re
import ssl

from .listener import USER, Listener
from .wire import Wire

_IMAP_ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


class Session:
    """One conversation: reads commands, finds the method that answers each one."""

    prefix = ""
    unknown = ""

    def __init__(self, name: str, listener: Listener, context: ssl.SSLContext, wire: Wire) -> None:
        self.name = name
        self.listener = listener
        self.context = context
        self.wire = wire
        self.user = ""
        self.open = True

    def run(self) -> None:
        """Talk until either side ends."""
        replaced = self.listener.greeting
        self.wire.send(self.greeting() if replaced is None else replaced)
        while self.open:
            line = self.wire.read_line()
            if line is None:
                break
            self.command(line.decode("utf-8", "replace"))
        self.wire.finish()

    def greeting(self) -> bytes:
        """Return the usual greeting."""
        raise NotImplementedError

    def command(self, line: str) -> None:
        """Answer one command line."""
        verb, _space, rest = line.partition(" ")
        method = getattr(self, self.prefix + verb.lower(), None)
        if method is None:
            self.say(self.unknown)
        else:
            method(rest.strip())

    def say(self, *lines: str) -> None:
        """Send lines in one segment."""
        self.wire.send("".join(line + "\r\n" for line in lines).encode())

    def may_log_in(self) -> bool:
        """Say whether a login is allowed as things stand."""
        return self.listener.login_after_tls if self.wire.tls else self.listener.login_before_tls

    def may_start_tls(self) -> bool:
        """Say whether STARTTLS is offered as things stand."""
        starttls = self.listener.tls == "starttls" and not self.wire.tls
        return starttls and self.listener.starttls_offered

    def start_tls(self, success: str, refusal: str, tag: str = "") -> None:
        """Answer STARTTLS and, on success, shake hands.

        A success is told by the first word, which a replaced reply shares with the usual one.
        """
        allowed = self.listener.tls == "starttls" and not self.wire.tls
        usual = success if self.may_start_tls() else refusal
        reply = self.listener.starttls_reply if allowed else None
        reply = usual if reply is None else reply
        if reply.split(" ")[0] != success.split(" ")[0]:
            self.say(tag + reply)
            return
        self.wire.send(f"{tag}{reply}\r\n".encode() + self.listener.inject_response)
        self.wire.start_tls(self.context, keep_plaintext=self.listener.command_injection)
        self.user = ""

    def log_in(self, user: str, password: str) -> bool:
        """Note and tell whether the credentials are right."""
        right = user == USER and password == self.listener.password
        self.user = user if right else ""
        return right

    def authenticate(self, mechanism: str, initial: str, prompt: str) -> bool | None:
        """Run SASL PLAIN or LOGIN; None when the client cancelled or spoke no base64."""
        questions = {"LOGIN": ("Username:", "Password:")}.get(mechanism, ("",))
        words = [initial] if initial else []
        for question in questions[len(words) :]:
            words.append(self._challenge(prompt + base64.b64encode(question.encode()).decode()))
        try:
            plain = [base64.b64decode(word, validate=True).decode() for word in words]
        except (binascii.Error, UnicodeDecodeError):
            return None
        if mechanism == "PLAIN":
            plain = plain[0].split("\0")[1:]
        return self.log_in(*plain) if len(plain) == 2 else None

    def _challenge(self, text: str) -> str:
        self.say(text)
        return (self.wire.read_line() or b"*").decode("ascii", "replace")

    def mechanism_of(self, argument: str) -> tuple[str, str]:
        """Return the mechanism (empty if not offered) and the initial response (may be empty)."""
        mechanism, _space, initial = argument.partition(" ")
        offered = mechanism.upper() in self.listener.mechanisms
        return (mechanism.upper() if offered else ""), initial.strip()


class Smtp(Session):
    """RFC 5321 with STARTTLS (RFC 3207) and AUTH (RFC 4954)."""

    prefix = "smtp_"
    unknown = "502 5.5.2 Command not recognised"

    def greeting(self) -> bytes:
        """Return the 220 line."""
        return f"220 {self.name} ESMTP\r\n".encode()

    def capabilities(self) -> list[str]:
        """Return what EHLO lists at this moment."""
        if self.listener.capabilities is not None:
            return list(self.listener.capabilities)
        words = ["PIPELINING", "SIZE 10240000"]
        if self.may_start_tls():
            words.append("STARTTLS")
        if self.may_log_in():
            words.append("AUTH " + " ".join(self.listener.mechanisms))
        return [*words, "ENHANCEDSTATUSCODES", "8BITMIME"]

    def smtp_ehlo(self, _argument: str) -> None:
        """EHLO."""
        words = [self.name, *self.capabilities()]
        self.say(*(f"250-{word}" for word in words[:-1]), f"250 {words[-1]}")

    def smtp_helo(self, _argument: str) -> None:
        """HELO."""
        self.say(f"250 {self.name}")

    def smtp_starttls(self, argument: str) -> None:
        """STARTTLS."""
        refusal = "502 5.5.1 STARTTLS is not available"
        if self.wire.tls:
            refusal = "503 5.5.1 TLS is already active"
        if argument:
            self.say("501 5.5.4 STARTTLS takes no argument")
        else:
            self.start_tls("220 2.0.0 Ready for TLS", refusal)

    def _needs_tls(self) -> bool:
        """Refuse, as a submission server does in clear, and say whether it did."""
        submission = self.listener.login_after_tls and not self.listener.login_before_tls
        needed = submission and self.listener.tls == "starttls" and not self.wire.tls
        if needed:
            self.say("530 5.7.0 STARTTLS must come first")
        return needed

    def smtp_auth(self, argument: str) -> None:
        """AUTH."""
        if self._needs_tls():
            return
        mechanism, initial = self.mechanism_of(argument)
        if not self.may_log_in():
            self.say("503 5.5.1 No logins here")
        elif not mechanism:
            self.say("504 5.5.4 Mechanism not offered")
        else:
            right = self.authenticate(mechanism, initial, "334 ")
            bad = "501 5.5.2 Malformed response" if right is None else "535 5.7.8 Wrong credentials"
            self.say("235 2.7.0 Welcome" if right else bad)

    def smtp_mail(self, _argument: str) -> None:
        """MAIL FROM."""
        if not self._needs_tls():
            self.say("250 2.1.0 Sender accepted")

    def smtp_rcpt(self, _argument: str) -> None:
        """RCPT TO: only for who has logged in; nothing here relays or delivers."""
        if not self._needs_tls():
            self.say("250 2.1.5 Accepted" if self.user else "554 5.7.1 Relaying denied")

    def smtp_rset(self, _argument: str) -> None:
        """RSET."""
        self.say("250 2.0.0 Reset")

    def smtp_noop(self, _argument: str) -> None:
        """NOOP."""
        self.say("250 2.0.0 Fine")

    def smtp_quit(self, _argument: str) -> None:
        """QUIT."""
        self.say("221 2.0.0 Goodbye")
        self.open = False


class Imap(Session):
    """RFC 9051 up to the login, with STARTTLS and SASL-IR (RFC 4959)."""

    prefix = "imap_"
    tag = "*"

    def greeting(self) -> bytes:
        """Return the untagged OK or PREAUTH with the capabilities."""
        word = "PREAUTH" if self.listener.preauth else "OK"
        if self.listener.preauth:
            self.user = USER
        return f"* {word} [CAPABILITY {' '.join(self.capabilities())}] {self.name}\r\n".encode()

    def capabilities(self) -> list[str]:
        """Return the capabilities at this moment."""
        if self.listener.capabilities is not None:
            return list(self.listener.capabilities)
        words = ["IMAP4rev1", "SASL-IR"]
        if self.may_start_tls():
            words.append("STARTTLS")
        if not self.may_log_in():
            return [*words, "LOGINDISABLED"]
        return words + [f"AUTH={mechanism}" for mechanism in self.listener.mechanisms]

    def command(self, line: str) -> None:
        """Answer one tagged command."""
        tag, _space, rest = line.partition(" ")
        verb, _space, argument = rest.partition(" ")
        method = getattr(self, self.prefix + verb.lower(), None)
        self.tag = tag
        if not tag or not verb:
            self.say("* BAD A command needs a tag and a name")
        elif method is None:
            self.say(f"{tag} BAD Unknown command")
        else:
            method(argument)

    def imap_capability(self, _argument: str) -> None:
        """CAPABILITY."""
        listing = " ".join(self.capabilities())
        self.say(f"* CAPABILITY {listing}", f"{self.tag} OK Capabilities listed")

    def imap_noop(self, _argument: str) -> None:
        """NOOP."""
        self.say(f"{self.tag} OK Nothing done")

    def imap_starttls(self, _argument: str) -> None:
        """STARTTLS, which RFC 9051 section 6.2.1 allows only before a login."""
        refusal = "BAD STARTTLS is not available"
        if self.user:
            self.say(f"{self.tag} BAD STARTTLS comes before the login")
        else:
            self.start_tls("OK Begin TLS", refusal, tag=f"{self.tag} ")

    def _finish_login(self, right: bool | None) -> None:
        if right:
            self.say(f"{self.tag} OK [CAPABILITY {' '.join(self.capabilities())}] Logged in")
        elif right is None:
            self.say(f"{self.tag} BAD Malformed response")
        else:
            self.say(f"{self.tag} NO [AUTHENTICATIONFAILED] Wrong credentials")

    def _refuse_login(self) -> bool:
        if self.user:
            self.say(f"{self.tag} BAD Already logged in")
        elif not self.may_log_in():
            self.say(f"{self.tag} NO [PRIVACYREQUIRED] Not without TLS")
        return bool(self.user) or not self.may_log_in()

    def imap_login(self, argument: str) -> None:
        """LOGIN with atoms or quoted strings."""
        if self._refuse_login():
            return
        words = [
            re.sub(r"\\(.)", r"\1", match[1]) if match[2] is None else match[2]
            for match in _IMAP_ARGUMENT.finditer(argument)
        ]
        self._finish_login(self.log_in(*words) if len(words) == 2 else None)

    def imap_authenticate(self, argument: str) -> None:
        """AUTHENTICATE."""
        if self._refuse_login():
            return
        mechanism, initial = self.mechanism_of(argument)
        if mechanism:
            self._finish_login(self.authenticate(mechanism, initial, "+ "))
        else:
            self.say(f"{self.tag} NO Mechanism not offered")

    def imap_logout(self, _argument: str) -> None:
        """LOGOUT."""
        self.say("* BYE Goodbye", f"{self.tag} OK Logged out")
        self.open = False


class Pop3(Session):
    """RFC 1939 up to the login, with CAPA (RFC 2449), STLS (RFC 2595) and AUTH (RFC 5034)."""

    prefix = "pop3_"
    unknown = "-ERR Unknown command"
    claimed = ""

    def greeting(self) -> bytes:
        """Return the +OK line."""
        return f"+OK {self.name} ready\r\n".encode()

    def capabilities(self) -> list[str]:
        """Return what CAPA lists at this moment."""
        if self.listener.capabilities is not None:
            return list(self.listener.capabilities)
        words = ["TOP", "UIDL", "RESP-CODES", "PIPELINING", "AUTH-RESP-CODE"]
        if self.may_start_tls():
            words.append("STLS")
        if self.may_log_in():
            words += ["USER", "SASL " + " ".join(self.listener.mechanisms)]
        return words

    def pop3_capa(self, _argument: str) -> None:
        """CAPA."""
        self.say("+OK", *self.capabilities(), ".")

    def pop3_noop(self, _argument: str) -> None:
        """NOOP, of the transaction state as STAT is."""
        self.say("+OK" if self.user else "-ERR Log in first")

    def pop3_stat(self, _argument: str) -> None:
        """STAT: the mailbox is empty."""
        self.say("+OK 0 0" if self.user else "-ERR Log in first")

    def pop3_stls(self, _argument: str) -> None:
        """STLS."""
        self.start_tls("+OK Begin TLS", "-ERR STLS is not available")

    def _refuse_login(self) -> bool:
        if not self.may_log_in():
            self.say("-ERR [AUTH] Not without TLS")
        return not self.may_log_in()

    def pop3_user(self, argument: str) -> None:
        """USER."""
        if not self._refuse_login():
            self.claimed = argument
            self.say("+OK")

    def pop3_pass(self, argument: str) -> None:
        """PASS."""
        if not self._refuse_login():
            self._finish_login(self.log_in(self.claimed, argument))

    def pop3_auth(self, argument: str) -> None:
        """AUTH; without an argument it lists the mechanisms."""
        if self._refuse_login():
            return
        mechanism, initial = self.mechanism_of(argument)
        if not argument:
            self.say("+OK", *self.listener.mechanisms, ".")
        elif mechanism:
            self._finish_login(self.authenticate(mechanism, initial, "+ "))
        else:
            self.say("-ERR Mechanism not offered")

    def _finish_login(self, right: bool | None) -> None:
        self.say("+OK Logged in" if right else "-ERR [AUTH] Wrong credentials")

    def pop3_quit(self, _argument: str) -> None:
        """QUIT."""
        self.say("+OK Goodbye")
        self.open = False


SESSIONS: dict[str, type[Session]] = {"smtp": Smtp, "imap": Imap, "pop3": Pop3}
