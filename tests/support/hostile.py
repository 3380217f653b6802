# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A catalogue of hostile servers, by name, each a script for `Scripted`."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from .scripted import (
    Close,
    Expect,
    Flood,
    ReadChunk,
    Reset,
    Send,
    SendSlowly,
    SendTagged,
    Silence,
    StartTls,
    Step,
)

MEGABYTE = 1_000_000
NOISE = bytes(range(256)) * 16
ESCAPES = b"\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\x9b31m\x00&amp;"
BAD_UTF8 = b"\xff\xfe\xc3\x28\xed\xa0\x80"
ALERT = b"\x15\x03\x01\x00\x02\x02\x28"  # a fatal TLS alert: handshake_failure

GREETINGS = {
    "smtp": b"220 mail.example.net ESMTP\r\n",
    "imap": b"* OK ready\r\n",
    "pop3": b"+OK ready\r\n",
}
_LISTING_COMMAND = {"smtp": b"EHLO", "imap": b"CAPABILITY", "pop3": b"CAPA"}
_STARTTLS_COMMAND = {"smtp": b"STARTTLS", "imap": b"STARTTLS", "pop3": b"STLS"}
_LISTINGS: dict[str, tuple[Step, ...]] = {
    "smtp": (Send(b"250-mail.example.net\r\n250 STARTTLS\r\n"),),
    "imap": (
        Send(b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n"),
        SendTagged(b"OK done\r\n"),
    ),
    "pop3": (Send(b"+OK\r\nSTLS\r\n.\r\n"),),
}
_GO_AHEAD: dict[str, Step] = {
    "smtp": Send(b"220 2.0.0 go\r\n"),
    "imap": SendTagged(b"OK go\r\n"),
    "pop3": Send(b"+OK go\r\n"),
}
_CAPABILITY_FLOODS: dict[str, tuple[Step, ...]] = {
    "smtp": (Flood(b"250-X-MORE\r\n", MEGABYTE), Send(b"250 HELP\r\n")),
    "imap": (
        Send(b"* CAPABILITY"),
        Flood(b" X-MORE", MEGABYTE),
        Send(b"\r\n"),
        SendTagged(b"OK done\r\n"),
    ),
    "pop3": (Send(b"+OK\r\n"), Flood(b"X-MORE\r\n", MEGABYTE), Send(b".\r\n")),
}
_BANNERS = {
    "http_banner": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "ssh_banner": b"SSH-2.0-OpenSSH_9.2\r\n",
    "ftp_banner": b"220-FTP server\r\n220 (vsFTPd 3.0.3)\r\n",
}
# What such a server says to everything until somebody logs in.
_FTP_ANSWERS = (Expect(), Send(b"530 Please login with USER and PASS.\r\n")) * 2


@dataclass(frozen=True)
class Case:
    """One hostile server: the protocol and TLS mode a probe is told to expect, and the script."""

    protocol: str
    tls: str
    script: tuple[Step, ...]


def opening(protocol: str, upto: str) -> tuple[Step, ...]:
    """Return a well-behaved STARTTLS opening that stops after ``upto``.

    ``upto`` is accept, greeting, listing (EHLO, CAPABILITY, CAPA), command (STARTTLS was read,
    not answered) or go_ahead (it was answered). The IMAP client must ask for CAPABILITY.
    """
    stages: dict[str, tuple[Step, ...]] = {
        "accept": (),
        "greeting": (Send(GREETINGS[protocol]),),
        "listing": (Expect(_LISTING_COMMAND[protocol]), *_LISTINGS[protocol]),
        "command": (Expect(_STARTTLS_COMMAND[protocol]),),
        "go_ahead": (_GO_AHEAD[protocol],),
    }
    names = list(stages)
    return tuple(step for name in names[: names.index(upto) + 1] for step in stages[name])


def catalogue(context: ssl.SSLContext, interval: float = 1.0) -> dict[str, Case]:
    """Return every hostile server by a name such as ``smtp_reset_after_greeting``.

    ``context`` is the TLS of those that get so far; ``interval`` is the pause of the slow ones,
    in seconds.
    """
    cases: dict[str, Case] = {}
    for protocol in GREETINGS:
        for name, script in {
            **_greeting_scripts(protocol, interval),
            **_ending_scripts(protocol, context),
            **_tls_scripts(protocol),
        }.items():
            cases[f"{protocol}_{name}"] = Case(protocol, "starttls", script)
        for name, script in _implicit_scripts(protocol, context).items():
            cases[f"{protocol}_{name}"] = Case(protocol, "implicit", script)
        cases[f"{protocol}_tls_on_a_plain_port"] = Case(
            protocol, "starttls", (StartTls(context), Send(GREETINGS[protocol]), Silence())
        )
    cases.update(_temporary_refusals(context))
    return cases


def _greeting_scripts(protocol: str, interval: float) -> dict[str, tuple[Step, ...]]:
    """Return the servers that misbehave in the greeting or in the list of capabilities."""
    greeting = GREETINGS[protocol]
    start, words = greeting.rstrip().split(b" ", 1)
    banners = {name: (Send(banner), Silence()) for name, banner in _BANNERS.items()}
    banners["ftp_banner"] = (Send(_BANNERS["ftp_banner"]), *_FTP_ANSWERS, Silence())
    others = {
        f"{other}_greeting": (Send(GREETINGS[other]), Silence())
        for other in GREETINGS
        if other != protocol
    }
    continued = b"220-" if protocol == "smtp" else start + b" "
    return {
        "says_nothing": (Silence(),),
        "one_byte_at_a_time": (SendSlowly(greeting * 1000, interval),),
        "greeting_line_without_end": (Send(start + b" "), Flood(b"A")),
        "greeting_without_end": (Flood(continued + words + b"\r\n"),),
        "noise": (Send(NOISE), Silence()),
        "noise_without_end": (Flood(NOISE),),
        "nul_bytes": (Send(b"\0" * 4096), Silence()),
        "escapes_in_banner": (Send(start + b" " + ESCAPES + b"\r\n"), Silence()),
        "bad_utf8_in_banner": (Send(start + b" " + BAD_UTF8 + b"\r\n"), Silence()),
        "megabyte_of_capabilities": (
            Send(greeting),
            Expect(_LISTING_COMMAND[protocol]),
            *_CAPABILITY_FLOODS[protocol],
            Silence(),
        ),
        "silent_after_greeting": (Send(greeting), Silence()),
        **banners,
        **others,
    }


def _ending_scripts(protocol: str, context: ssl.SSLContext) -> dict[str, tuple[Step, ...]]:
    """Return a reset and a polite close at every step."""
    secured = (*opening(protocol, "go_ahead"), StartTls(context))
    places = {
        "accept": opening(protocol, "accept"),
        "greeting": opening(protocol, "greeting"),
        "listing": opening(protocol, "listing"),
        "starttls": opening(protocol, "command"),
        "go_ahead": opening(protocol, "go_ahead"),
        "client_hello": (*opening(protocol, "go_ahead"), ReadChunk()),
        "handshake": secured,
        "listing_in_tls": (*secured, Expect(_LISTING_COMMAND[protocol])),
    }
    scripts: dict[str, tuple[Step, ...]] = {}
    for place, steps in places.items():
        scripts[f"reset_after_{place}"] = (*steps, Reset())
        scripts[f"close_after_{place}"] = (*steps, Close())
    return scripts


def _tls_scripts(protocol: str) -> dict[str, tuple[Step, ...]]:
    """Return the servers that say yes to STARTTLS and then break TLS."""
    ready = opening(protocol, "go_ahead")
    return {
        "plaintext_after_starttls": (*ready, ReadChunk(), Send(GREETINGS[protocol]), Silence()),
        "noise_after_starttls": (*ready, ReadChunk(), Send(NOISE), Silence()),
        "alert_after_starttls": (*ready, ReadChunk(), Send(ALERT), Close()),
        "silent_after_starttls": (*ready, ReadChunk(), Silence()),
    }


def _implicit_scripts(protocol: str, context: ssl.SSLContext) -> dict[str, tuple[Step, ...]]:
    """Return the servers on a port of implicit TLS."""
    return {
        "plain_on_a_tls_port": (Send(GREETINGS[protocol]), Silence()),
        "alert_on_a_tls_port": (ReadChunk(), Send(ALERT), Close()),
        "noise_on_a_tls_port": (ReadChunk(), Send(NOISE), Silence()),
        "silent_tls_port": (Silence(),),
        "reset_in_client_hello": (ReadChunk(), Reset()),
        "silent_inside_tls": (StartTls(context), Silence()),
        "noise_inside_tls": (StartTls(context), Send(NOISE), Silence()),
        "close_inside_tls": (StartTls(context), Close()),
        "reset_inside_tls": (StartTls(context), Reset()),
    }


def _temporary_refusals(context: ssl.SSLContext) -> dict[str, Case]:
    """Return the servers that say "not now" in their protocol's own words."""
    busy = Send(b"421 4.7.0 Too many connections, try later\r\n")
    listed = opening("smtp", "listing")
    scripts: dict[str, tuple[Step, ...]] = {
        "smtp_421_at_greeting": (busy, Close()),
        "smtp_421_at_ehlo": (*opening("smtp", "greeting"), Expect(b"EHLO"), busy, Close()),
        "smtp_421_at_starttls": (*listed, Expect(b"STARTTLS"), busy, Close()),
        "smtp_421_inside_tls": (
            *opening("smtp", "go_ahead"),
            StartTls(context),
            Expect(b"EHLO"),
            busy,
            Close(),
        ),
        "smtp_554_at_greeting": (Send(b"554 5.7.1 No service for you\r\n"), Expect(), Close()),
        "imap_bye_at_greeting": (Send(b"* BYE Too many connections\r\n"), Close()),
        "imap_bye_at_starttls": (
            *opening("imap", "command"),
            Send(b"* BYE Shutting down\r\n"),
            Close(),
        ),
        "pop3_err_at_greeting": (Send(b"-ERR [SYS/TEMP] Try later\r\n"), Close()),
    }
    return {
        name: Case(name.split("_", maxsplit=1)[0], "starttls", script)
        for name, script in scripts.items()
    }
