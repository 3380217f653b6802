# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read ports, endpoints and mail URLs from text in the ways people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

from ....module_utils._model.services import MAX_PORT, SERVICES, Service, by_port
from ..facts import IMPLICIT, STARTTLS
from .mail_words import service_named
from .sets import word_set

_NUMBER = re.compile(r"\d{1,5}")
_ENDPOINT = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]{1,20}):/{0,2}(?=[^0-9]|\d+\.))?"
    r"(?:(?P<user>[^\s@/]{1,200})@)?"
    r"(?P<host>\[[^\[\]\s]{1,255}\]|[^\s:/@\[\]]{1,255})"
    r"(?:::?(?P<port>\d{1,5}))?(?:/[^\s]{0,500})?"
)
_URL = re.compile(
    r"(?P<scheme>smtps?|imaps?|pop3s?|submissions?)(?:\+(?P<plus>[a-z]+))?://"
    r"(?:(?P<user>[^\s@/]{0,500})@)?"
    r"(?P<host>\[[^\]\s]{1,60}\]|[^\s:/@,?]{0,255})"
    r"(?::(?P<port>\d{1,5}))?(?P<rest>[/?][^\s,]{0,500})?",
    re.IGNORECASE,
)
_UNVERIFIED = re.compile(
    r"[?&](?:verify(?:_peer|peer)?|ssl_?verify|check_?cert)=(?:0|false|no|none|off)\b"
    r"|[?&](?:skip_?verify|tls_?skip_?verify|insecure|allow_?self_?signed)=(?:1|true|yes)\b"
)
_STARTTLS = re.compile(r"starttls|[?&]tls=(?:true|yes)\b")
_SCHEMES = {
    "ssl": IMPLICIT,
    "tls": STARTTLS,
    "smtps": IMPLICIT,
    "imaps": IMPLICIT,
    "pop3s": IMPLICIT,
    "starttls": STARTTLS,
    "submissions": IMPLICIT,
}


_LOCAL = word_set(
    "localhost localhost4 localhost6 ip6-localhost ip6-loopback ::1 0:0:0:0:0:0:0:1 "
    "localhost.localdomain localhost4.localdomain4 localhost6.localdomain6 mailhog mailpit"
)


@dataclass(frozen=True)
class Endpoint:
    """Where a client connects: ``port`` is 0 if it is not written; ``tls`` follows from the scheme.

    ``unverified``: the URL itself switches the check of the certificate off.
    """

    host: str
    port: int = 0
    tls: Optional[str] = None
    login: Optional[bool] = None
    row: Optional[Service] = None
    unverified: bool = False


def number(text: str) -> int:
    """Return the port that a text is (also ``25/tcp``), 0 for anything else."""
    word = text.strip().strip("'\"").lower()
    word = word[:-4] if word.endswith("/tcp") else word
    if _NUMBER.fullmatch(word) and 0 < int(word) <= MAX_PORT:
        return int(word)
    return 0


def mail_urls(text: str) -> list[Endpoint]:
    """Return the endpoints of a text that consists of mail URLs, none for another text."""
    if "://" not in text:
        return []
    found = []
    for word in re.split(r"[,\s]+", text.strip().strip("'\"")):
        match = _URL.fullmatch(word)
        if match is None:
            return []
        found.append(_from_url(match))
    return found


def _from_url(match: re.Match[str]) -> Endpoint:
    scheme = match["scheme"].lower()
    row = service_named(scheme) or SERVICES["smtp"]
    plus = (match["plus"] or "").lower()
    rest = (match["rest"] or "").lower()
    tls: Optional[str] = _SCHEMES.get(scheme)
    if plus in ("tls", "starttls") or _STARTTLS.search(rest):
        tls = STARTTLS
    elif plus == "ssl" or "ssl=true" in rest or "encryption=ssl" in rest:
        tls = IMPLICIT
    elif "encryption=tls" in rest:
        tls = STARTTLS
    port = int(match["port"]) if match["port"] else row.port
    login = True if match["user"] else None
    unverified = bool(_UNVERIFIED.search(rest))
    return Endpoint(match["host"], port, tls, login, row, unverified)


def endpoint(text: str) -> Optional[Endpoint]:
    """Return host and port of ``host:port``, ``tls://host:port``, ``[::1]:port`` or a host."""
    match = _ENDPOINT.fullmatch(text.strip().strip("'\""))
    if match is None:
        return None
    port = int(match["port"] or 0)
    if port > MAX_PORT:
        return None
    tls = _SCHEMES.get(match["scheme"] or "")
    return Endpoint(match["host"], port, tls, True if match["user"] else None)


_MAILBOX = re.compile(
    r"\{(?P<host>[\w.-]{1,255}|\[[0-9a-fA-F:]+\])(?::(?P<port>\d{1,5}))?"
    r"(?P<flags>(?:/[\w-]{1,30}(?:=[^/}\s]{0,200})?){1,12})\}"
)


def mailboxes(text: str) -> list[Endpoint]:
    """Return the endpoints of mailboxes as PHP writes them: ``{host:143/notls}INBOX``."""
    found = []
    for match in _MAILBOX.finditer(text) if "{" in text and "/" in text else ():
        flags = {one.partition("=")[0].lower() for one in match["flags"].split("/")}
        protocol = "pop3" if "pop3" in flags else "imap"
        if not flags & {"imap", "imap2", "imap4", "pop3", "ssl", "tls", "notls", "novalidate-cert"}:
            continue
        tls = "cleartext" if "notls" in flags else STARTTLS if "tls" in flags else None
        tls = IMPLICIT if "ssl" in flags else tls
        row = SERVICES[f"{protocol}s" if tls == IMPLICIT else protocol]
        port = int(match["port"] or row.port)
        unverified = "novalidate-cert" in flags
        found.append(Endpoint(match["host"], port, tls, True, row, unverified))
    return found


def url_row(found: Endpoint) -> Optional[Service]:
    """Return the row of the port of a mail URL, if it is one of the URL's own protocol."""
    if found.row is None:
        return None
    row = by_port(found.port)
    return row if row is not None and row.protocol == found.row.protocol else None


def spans(text: str) -> list[tuple[int, int]]:
    """Return the ranges (first, last) of a firewall's ports: ``25,143``, ``100:200/tcp``, names.

    Ports of udp are left out.
    """
    found: list[tuple[int, int]] = []
    for word in re.split(r"[,\s]+", text.strip().strip("'\"").lower()):
        port, slash, protocol = word.partition("/")
        if slash and protocol not in ("tcp", "any", "all"):
            continue
        ends = re.fullmatch(r"(\d{1,5})(?:[-:](\d{1,5}))?", port)
        named = service_named(port)
        if ends:
            first = int(ends[1])
            last = int(ends[2] or first)
            if first <= last <= MAX_PORT:
                found.append((first, last))
        elif named:
            found.append((named.port, named.port))
    return found


def is_local(host: str) -> bool:
    """Tell whether a host is the same machine (or a mail catcher used in tests)."""
    word = host.strip("[]'\" ").lower().rstrip(".")
    return word in _LOCAL or word.endswith(".localhost") or word.startswith("127.")


def ports_within(text: str) -> list[tuple[Service, int]]:
    """Return the mail ports in a firewall's list of ports, with their rows; one of each range."""
    found = []
    for port in ports_in(text):
        row = by_port(port)
        if row is not None:
            found.append((row, port))
    return found


def ports_in(text: str) -> list[int]:
    """Return the mail ports in a firewall's list of ports; of each range only the worst."""
    found = []
    for first, last in spans(text):
        if last - first >= 10000:
            continue
        held = [row.port for row in SERVICES.values() if first <= row.port <= last]
        if first == last:
            found += held
        else:
            # One finding for each range: the worst port stands for the others.
            worst = [port for port in held if _is_clear(port)]
            found += sorted(worst)[:1]
    return found


def _is_clear(port: int) -> bool:
    row = by_port(port)
    return row is not None and row.protocol != "smtp" and row.tls != "implicit"
