# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How one port of an embedded mail server behaves: the knobs and their defaults."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass

from .certificates import KINDS

USER = "alice"
PASSWORD = "Wonderland-1"
PROTOCOLS = ("smtp", "imap", "pop3")
TLS_MODES = ("implicit", "starttls", "cleartext")


@dataclass(frozen=True)
class Listener:
    """How one port behaves; the defaults are those of a well-run server.

    ``starttls_reply`` replaces the answer to STARTTLS or STLS (for IMAP without the tag); the
    handshake follows only if it is a success. ``inject_response`` is sent in clear in the same
    segment as the success. ``capabilities`` replaces the whole list, before and after TLS.
    ``greeting`` (with its line ends) replaces the usual one. ``greeting_delay`` holds the greeting
    back until the event is set; closing the host sets it. ``command_injection`` is the bug of
    keeping what was pipelined behind STARTTLS in clear. ValueError for an unknown word.
    """

    protocol: str
    tls: str
    certificate: str = "good"
    login_before_tls: bool = False
    login_after_tls: bool = True
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    starttls_offered: bool = True
    starttls_reply: str | None = None
    min_tls: ssl.TLSVersion | None = None
    max_tls: ssl.TLSVersion | None = None
    command_injection: bool = False
    inject_response: bytes = b""
    greeting: bytes | None = None
    greeting_delay: threading.Event | None = None
    preauth: bool = False
    capabilities: tuple[str, ...] | None = None
    password: str = PASSWORD

    def __post_init__(self) -> None:
        """Refuse words that no server understands."""
        for word, known in (
            (self.protocol, PROTOCOLS),
            (self.tls, TLS_MODES),
            (self.certificate, KINDS),
        ):
            if word not in known:
                raise ValueError(f"{word!r} is not one of {', '.join(known)}")
