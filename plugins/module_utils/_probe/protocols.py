# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The syntax of SMTP, IMAP and POP3 as a probe speaks it: commands, replies, capabilities."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Optional

from .._model.observation import ACCEPTED, REFUSED, SAFE, UNTRIED, VULNERABLE, Phase
from .._model.safe_text import printable
from .request import Credentials

OK = "ok"
NO = "no"
CONTINUE = "continue"
BYE = "bye"
PREAUTH = "preauth"
GARBLED = "garbled"

# Bytes in one line; a longer one is never complete.
LINE_BYTES = 64 * 1024
# A capability list must never be cut: what is cut off would read as not offered. No byte takes
# more than four characters once it is printable.
LINE_LIMIT = 4 * LINE_BYTES

GREETING_STEP = "greeting"
LIST_STEPS = ("capabilities", "capabilities_tls")


@dataclass(frozen=True)
class Reply:
    """One complete reply: its status, its text fit to show, its lines as sent, its first bytes."""

    status: str
    text: str
    lines: tuple[str, ...] = ()
    raw: bytes = b""


def _take_line(buffer: bytearray) -> Optional[bytes]:
    """Take one line off the buffer, without its line end; None while it is incomplete."""
    end = buffer.find(b"\n", 0, LINE_BYTES)
    if end < 0:
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 1]
    return line[:-1] if line.endswith(b"\r") else line


def _text(line: bytes) -> str:
    """Return a line fit to show and to read; white space of any kind separates words."""
    return printable(line.translate(_BLANKS), LINE_LIMIT)


_TLS_WORD = re.compile(
    r"\b(?:STARTTLS|STLS|TLS|SSL)\b|PRIVACYREQUIRED|encrypt|secure|clear ?text|plain ?text",
    re.IGNORECASE,
)
# A name in a reply may hold such a word too.
_NAME = re.compile(r"[\w-]+(?:[.@][\w-]+)+")
_NEED_WORD = re.compile(
    r"PRIVACYREQUIRED|must|requir|need|first|before|without|only|allow|disabled|unencrypted"
    r"|non-?secure|insecure",
    re.IGNORECASE,
)
# Response codes of POP3 (RFC 3206, RFC 2449 section 8.1.1) and IMAP (RFC 5530 section 3).
_TEMPORARY = re.compile(r"\[(?:SYS/TEMP|IN-USE|LOGIN-DELAY|UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]")
_LOGIN_WORD = re.compile(r"authenticat|\bauth\b|log ?in", re.IGNORECASE)

# A reply code and an enhanced status code (RFC 3463), or a status and a response code; the tag of
# IMAP before it is the probe's own, or a server's that says farewell.
_CODE = re.compile(
    r"(?:a |\* )?(\d{3}(?: \d\.\d{1,3}\.\d{1,3})?|(?:OK|NO|BAD|BYE|\+OK|-ERR)(?: \[[A-Z/-]+\])?)"
)


def code_of(text: str) -> str:
    """Return only the code of a reply: a server may echo the password that it was sent."""
    match = _CODE.match(text)
    return match[1] if match else "something that is not a reply"


_BLANKS = bytes.maketrans(b"\t\x0b\x0c", b"   ")
_LIST = re.compile(r"\* CAPABILITY(?:\s|$)", re.IGNORECASE)


def _lines(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return capabilities, one a line, in upper case and with single spaces."""
    return tuple(" ".join(line.upper().split()) for line in lines)


def _garbled(line: bytes) -> Reply:
    return Reply(GARBLED, printable(line), raw=line)


class Syntax:
    """What a protocol has to say for the flow of a dialogue; see dialogue.py."""

    name = ""
    starttls_name = "STARTTLS"
    capabilities_first = False
    capabilities_command = b""
    fallback_command = b""
    starttls_command = b""
    injected_command = b""
    # What needs TLS first where STARTTLS is enforced, and takes it back where it went through;
    # no mail and no password is sent.
    clear_command = b""
    undo_command = b""
    quit_command = b""

    def take(self, buffer: bytearray, step: str) -> Optional[Reply]:
        """Take one complete reply off the buffer; None while it is incomplete."""
        raise NotImplementedError

    def offers_starttls(self, capabilities: tuple[str, ...]) -> bool:
        """Tell whether a capability list holds STARTTLS, whatever follows the word."""
        return any(line.split()[:1] == [self.starttls_name] for line in capabilities)

    def not_understood(self, reply: Reply) -> bool:
        """Tell whether a command was refused as unknown, and not for what this client is."""
        return reply.status == NO

    def enforcement(self, reply: Reply) -> str:
        """Tell from the answer to ``clear_command`` whether TLS is needed first: refused where the
        answer says so, accepted, or untried where it proves neither."""
        if reply.status in (OK, CONTINUE):
            return ACCEPTED
        return REFUSED if reply.status == NO and self.asks_for_tls(reply) else UNTRIED

    def asks_for_tls(self, reply: Reply) -> bool:
        """Tell whether a refusal says that TLS is what is missing."""
        words = _NAME.sub(" ", reply.text)
        return bool(_TLS_WORD.search(words) and _NEED_WORD.search(words))

    def refusal_code(self, reply: Reply) -> str:
        """Return the code of a refusal that is not about the moment, "" where a reply is none."""
        lasting = reply.status == NO and not _TEMPORARY.search(reply.text)
        return code_of(reply.text) if lasting else ""

    def phase(self, reply: Reply, greeting: str) -> Phase:
        """Read a capability list."""
        raise NotImplementedError

    def greeting_phase(self, reply: Reply) -> Optional[Phase]:
        """Read the capabilities in a greeting; None where it has none."""
        return None

    def fallback_phase(self, reply: Reply) -> Phase:
        """Read the answer to the command tried where no capability list is to be had."""
        return Phase()

    def starttls_accepted(self, reply: Reply) -> bool:
        """Tell whether TLS may begin now."""
        return reply.status == OK

    def injection_verdict(self, received: bytes) -> Optional[str]:
        """Tell from what came inside TLS so far whether the injected command was obeyed.

        Returns vulnerable, safe, or untried where the answer proves nothing; None to wait on.
        """
        raise NotImplementedError

    def login_script(self, credentials: Credentials, mechanisms: tuple[str, ...]) -> list[bytes]:
        """Return the lines of a login, each sent on the positive answer to the one before."""
        raise NotImplementedError

    @staticmethod
    def recognise(data: bytes) -> str:
        """Name the protocol whose greeting ``data`` is, or "unknown"."""
        for pattern, name in _GREETINGS:
            if re.match(pattern, data, re.IGNORECASE | re.DOTALL):
                return name
        return "unknown"

    @staticmethod
    def called(greeting: str) -> str:
        """Name a protocol by the words of a greeting: a hint, for what does not speak SMTP.

        The text of a greeting is free (RFC 5321 section 4.2), so it decides nothing.
        """
        found = re.search(r"lmtp|nntp|smtp|ftp", greeting, re.IGNORECASE)
        return found[0].lower() if found and found[0].lower() != "smtp" else "unknown"


_GREETINGS = (
    (rb"\d{3}([ -]|\r?\n|$)", "smtp"),
    (rb"\* (OK|PREAUTH|BYE)\b", "imap"),
    (rb"(\+OK|-ERR)\b", "pop3"),
    (rb"SSH-", "ssh"),
    (rb"HTTP/|<(!doctype )?html", "http"),
    (rb'"IMPLEMENTATION"', "sieve"),
    (rb"[\x15\x16]\x03[\x00-\x04]", "tls"),
)


class Smtp(Syntax):
    """SMTP (RFC 5321), with STARTTLS (RFC 3207) and AUTH (RFC 4954)."""

    name = "smtp"
    capabilities_first = True
    starttls_command = b"STARTTLS\r\n"
    injected_command = b"NOOP\r\n"
    # An empty sender alone is no mail (RFC 5321 section 3.3).
    clear_command = b"MAIL FROM:<>\r\n"
    undo_command = b"RSET\r\n"
    quit_command = b"QUIT\r\n"

    _LINE = re.compile(rb"(\d{3})([ -])?(.*)", re.DOTALL)

    def __init__(self, ehlo_name: str) -> None:
        name = ehlo_name.encode("ascii", "replace")
        self.capabilities_command = b"EHLO " + name + b"\r\n"
        self.fallback_command = b"HELO " + name + b"\r\n"
        self._pending: list[str] = []

    def take(self, buffer: bytearray, step: str) -> Optional[Reply]:
        """Take one reply, of one line or many (RFC 5321 section 4.2)."""
        while True:
            line = _take_line(buffer)
            if line is None:
                return None
            match = self._LINE.fullmatch(line)
            if match is None or (step == GREETING_STEP and self.recognise(line) != self.name):
                self._pending.clear()
                return _garbled(line)
            self._pending.append(_text(match[3]).strip())
            if match[2] != b"-":
                break
        code = match[1].decode("ascii")
        lines = tuple(self._pending)
        self._pending.clear()
        return Reply(self._status(code), f"{code} {' / '.join(lines)}".strip(), lines)

    @staticmethod
    def _status(code: str) -> str:
        """Map a reply code: 421 is a farewell wherever it comes (RFC 5321 section 3.8)."""
        if code == "421":
            return BYE
        return {"2": OK, "3": CONTINUE}.get(code[0], NO)

    def phase(self, reply: Reply, greeting: str) -> Phase:
        """Read an EHLO reply (RFC 5321 section 4.1.1.1); the first line is the server's name."""
        capabilities = _lines(reply.lines[1:])
        # "AUTH=" is what old clients wanted to see; servers still send it beside "AUTH ".
        auth = [line[4:] for line in capabilities if re.match(r"AUTH(?:[ =]|$)", line)]
        mechanisms = tuple(dict.fromkeys(" ".join(auth).replace("=", " ").split()))
        # AUTH without a mechanism says neither that a login is offered nor that none is.
        return Phase(capabilities, mechanisms, None if auth and not mechanisms else bool(auth))

    def not_understood(self, reply: Reply) -> bool:
        """Only these codes are about the command itself; an FTP server answers 530 to all of them.

        Any other refuses this client, mostly for the name that it gives (RFC 5321 section 4.2.4).
        """
        return reply.text[:3] in ("500", "502", "530")

    def asks_for_tls(self, reply: Reply) -> bool:
        """530 (RFC 3207 section 4), or words about TLS or a login, which needs TLS in its turn.

        Any other refusal may be about the empty sender. A temporary one is about the moment, but
        for Courier's, which says 400 and that STARTTLS is required.
        """
        if reply.text[0] == "4":
            return bool(re.search(r"\bSTARTTLS\b.*\brequired\b", reply.text, re.IGNORECASE))
        words = _NAME.sub(" ", reply.text)
        login = _LOGIN_WORD.search(words) and _NEED_WORD.search(words)
        return reply.text[:3] == "530" or bool(login) or super().asks_for_tls(reply)

    def refusal_code(self, reply: Reply) -> str:
        """One that begins with 4 is temporary (RFC 5321 section 4.2.1)."""
        return "" if reply.text.startswith("4") else super().refusal_code(reply)

    def starttls_accepted(self, reply: Reply) -> bool:
        """Only 220 begins TLS (RFC 3207 section 4)."""
        return reply.text.startswith("220")

    def injection_verdict(self, received: bytes) -> Optional[str]:
        """The first answer inside TLS is due to QUIT: 221; any other belongs to the injected NOOP.

        Only 421 can come at any time (RFC 5321 section 3.8).
        """
        if b"\n" not in received:
            return None
        return {b"221": SAFE, b"421": UNTRIED}.get(received[:3], VULNERABLE)

    def login_script(self, credentials: Credentials, mechanisms: tuple[str, ...]) -> list[bytes]:
        """AUTH PLAIN or AUTH LOGIN (RFC 4954 section 4)."""
        if "PLAIN" in mechanisms:
            return [b"AUTH PLAIN " + credentials.plain() + b"\r\n"]
        if "LOGIN" in mechanisms:
            words = (credentials.user, credentials.password)
            return [b"AUTH LOGIN\r\n"] + [
                base64.b64encode(w.encode("utf-8")) + b"\r\n" for w in words
            ]
        return []


class Imap(Syntax):
    """IMAP4 (RFC 9051, RFC 3501)."""

    name = "imap"
    capabilities_command = b"a CAPABILITY\r\n"
    starttls_command = b"a STARTTLS\r\n"
    injected_command = b"injected NOOP\r\n"
    # Without an initial response no password is sent, and * takes it back (RFC 9051, 6.2.2).
    clear_command = b"a AUTHENTICATE PLAIN\r\n"
    undo_command = b"*\r\n"
    quit_command = b"a LOGOUT\r\n"

    def __init__(self) -> None:
        self._pending: list[str] = []

    def take(self, buffer: bytearray, step: str) -> Optional[Reply]:
        """Take a greeting, or all untagged lines up to the tagged one (RFC 9051 section 7)."""
        while True:
            line = _take_line(buffer)
            if line is None:
                return None
            text = _text(line)
            word = (text[2:].split(None, 1) or [""])[0].upper()
            if step == GREETING_STEP:
                status = {"OK": OK, "PREAUTH": PREAUTH, "BYE": BYE}.get(word)
                if not text.startswith("* ") or status is None:
                    return _garbled(line)
                return Reply(status, text, (text,))
            if text.startswith("* "):
                if word == "BYE":
                    return self._reply(BYE, text)
                self._pending.append(text)
            elif text.startswith("+"):
                return self._reply(CONTINUE, text)
            elif text.startswith("a "):
                return self._reply(OK if word == "OK" else NO, text)
            else:
                self._pending.clear()
                return _garbled(line)

    def _reply(self, status: str, text: str) -> Reply:
        lines = tuple(self._pending)
        self._pending.clear()
        return Reply(status, text, lines)

    def greeting_phase(self, reply: Reply) -> Optional[Phase]:
        """Read the CAPABILITY response code of the greeting (RFC 9051 section 7.1)."""
        match = re.search(r"\[CAPABILITY\s([^\]]*)\]", reply.text, re.IGNORECASE)
        return self._phase_from(match[1]) if match else None

    def phase(self, reply: Reply, greeting: str) -> Phase:
        """Read a CAPABILITY response (RFC 9051 section 7.2.2); without one nothing is known."""
        lists = [line[len("* CAPABILITY") :] for line in reply.lines if _LIST.match(line)]
        return self._phase_from(" ".join(lists)) if lists else Phase()

    @staticmethod
    def _phase_from(text: str) -> Phase:
        """LOGIN works unless LOGINDISABLED says otherwise (RFC 9051 section 6.2.3)."""
        capabilities = tuple(text.upper().split())
        mechanisms = dict.fromkeys(word[5:] for word in capabilities if word.startswith("AUTH="))
        if "LOGINDISABLED" not in capabilities:
            mechanisms["LOGIN"] = None
        return Phase(capabilities, tuple(mechanisms), bool(mechanisms))

    def injection_verdict(self, received: bytes) -> Optional[str]:
        """An answer with the injected command's tag gives it away; LOGOUT's tag comes after it."""
        if re.search(rb"^injected ", received, re.MULTILINE):
            return VULNERABLE
        return SAFE if re.search(rb"^a [^\n]*\n", received, re.MULTILINE) else None

    def login_script(self, credentials: Credentials, mechanisms: tuple[str, ...]) -> list[bytes]:
        """AUTHENTICATE PLAIN, or LOGIN with quoted strings (RFC 9051 sections 6.2.2 and 6.2.3)."""
        if "PLAIN" in mechanisms:
            return [b"a AUTHENTICATE PLAIN\r\n", credentials.plain() + b"\r\n"]
        words = (credentials.user, credentials.password)
        if "LOGIN" in mechanisms and all(re.fullmatch(r"[ -~]*", word) for word in words):
            quoted = [re.sub(r'(["\\])', r"\\\1", word) for word in words]
            return [f'a LOGIN "{quoted[0]}" "{quoted[1]}"\r\n'.encode("ascii")]
        return []


class Pop3(Syntax):
    """POP3 (RFC 1939), with CAPA (RFC 2449), STLS (RFC 2595) and AUTH (RFC 5034)."""

    name = "pop3"
    starttls_name = "STLS"
    capabilities_command = b"CAPA\r\n"
    # Without CAPA only the USER command itself tells whether it is allowed; no password follows.
    fallback_command = b"USER probe\r\n"
    starttls_command = b"STLS\r\n"
    # No server knows it, so the answer is -ERR (RFC 1939 section 3); that to QUIT is +OK.
    injected_command = b"INJECTED\r\n"
    clear_command = b"USER probe\r\n"
    quit_command = b"QUIT\r\n"

    def __init__(self) -> None:
        self._pending: list[str] = []

    def take(self, buffer: bytearray, step: str) -> Optional[Reply]:
        """Take a line, or after CAPA a list up to its dot (RFC 1939 section 3)."""
        while True:
            line = _take_line(buffer)
            if line is None:
                return None
            text = _text(line)
            if self._pending:
                if text != ".":
                    self._pending.append(text)
                    continue
                lines = tuple(self._pending)
                self._pending.clear()
                return Reply(OK, lines[0], lines[1:])
            if text.startswith("+OK") and step in LIST_STEPS:
                self._pending.append(text)
                continue
            return self._status_line(line, text, step)

    @staticmethod
    def _status_line(line: bytes, text: str, step: str) -> Reply:
        """Read one status line; an error as greeting means that this client is refused."""
        if text.startswith("+OK"):
            return Reply(OK, text)
        if text.startswith("-ERR"):
            return Reply(BYE if step == GREETING_STEP else NO, text)
        if text.startswith("+ ") or text == "+":
            return Reply(CONTINUE, text)
        return _garbled(line)

    def phase(self, reply: Reply, greeting: str) -> Phase:
        """Read a CAPA list (RFC 2449); a timestamp in the greeting is APOP (RFC 1939 section 7)."""
        capabilities = _lines(reply.lines)
        rows = [line.split() or [""] for line in capabilities]
        mechanisms = dict.fromkeys(word for row in rows if row[0] == "SASL" for word in row[1:])
        if any(row[0] == "USER" for row in rows):
            mechanisms["USER"] = None
        if re.search(r"<[^<>\s]+@[^<>\s]*>", greeting):
            mechanisms["APOP"] = None
        return Phase(capabilities, tuple(mechanisms), bool(mechanisms))

    def fallback_phase(self, reply: Reply) -> Phase:
        """Read the answer to USER."""
        mechanisms = ("USER",) if reply.status == OK else ()
        return Phase(None, mechanisms, bool(mechanisms))

    def injection_verdict(self, received: bytes) -> Optional[str]:
        """The first answer inside TLS is due to QUIT, +OK, or to the injected command, -ERR."""
        if b"\n" not in received:
            return None
        if received.startswith(b"-ERR"):
            return VULNERABLE
        return SAFE if received.startswith(b"+OK") else UNTRIED

    def login_script(self, credentials: Credentials, mechanisms: tuple[str, ...]) -> list[bytes]:
        """AUTH PLAIN (RFC 5034 section 4), or USER and PASS (RFC 1939 section 7)."""
        if "PLAIN" in mechanisms:
            return [b"AUTH PLAIN\r\n", credentials.plain() + b"\r\n"]
        words = (credentials.user, credentials.password)
        if "USER" in mechanisms and all(re.fullmatch(r"[^\r\n\0]*", word) for word in words):
            return [f"{verb} {word}\r\n".encode() for verb, word in zip(("USER", "PASS"), words)]
        return []


def syntax_for(protocol: str, ehlo_name: str) -> Syntax:
    """Return the syntax of ``protocol``, ready for one dialogue."""
    if protocol == Smtp.name:
        return Smtp(ehlo_name)
    return Imap() if protocol == Imap.name else Pop3()
