# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read further mail programs: offlineimap, ssmtp, git's sendemail, aerc, curl and Emacs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from ....module_utils._model.services import SERVICES, Service, by_port
from ..facts import (
    CLEARTEXT,
    CLIENT,
    IMPLICIT,
    OPTIONAL,
    SOME,
    STARTTLS,
    Fact,
    Lowest,
    Mention,
    Place,
)
from ..facts import unverified as unverified_at
from ..words.mail_words import service_named, truth
from ..words.values import is_local, number
from ..words.versions import lowest_of

_SECTION = re.compile(r"[ \t]*\[([^\]]+)\]")
_SETTING = re.compile(r"[ \t]*([A-Za-z][\w-]*)[ \t]*[=:][ \t]*(.*?)[ \t]*")
_SSMTP = re.compile(r"[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t]*")
_LISP = re.compile(
    r"(?<![\w-])(?P<name>(?:smtpmail|imap|nnimap|pop3|mail|mu4e|starttls|message|user)-[\w-]+"
    r"|nnimap-\w[\w-]*|starttls-use-gnutls)[ \t\n]+'?"
    r"(?P<value>\"[^\"\n]*\"|[\w.-]+)"
)
_Settings = dict[str, tuple[str, int]]


def _sections(text: str) -> Iterator[tuple[str, _Settings]]:
    """Yield the sections of an INI file with their settings, each value with its line."""
    name, found = "", _Settings()
    for index, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if bare.startswith(("#", ";")):
            continue
        section = _SECTION.match(line)
        setting = _SETTING.fullmatch(line)
        if section:
            yield name, found
            name, found = section[1].strip(), {}
        elif setting:
            found[setting[1].lower()] = (setting[2].strip("\"'"), index)
    yield name, found


def _mention(
    row: Optional[Service], line: int, tls: Optional[str], login: Optional[bool], host: str
) -> Iterator[Fact]:
    if row is not None:
        text = str(row.port)
        yield Mention(row, row.port, CLIENT, Place(line), text, tls, login, is_local(host))


def offlineimap_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of an offlineimaprc."""
    for name, found in _sections(text):
        kind = found.get("type", ("", 0))[0].lower()
        if not name.startswith("Repository") or kind not in ("imap", "gmail"):
            continue
        if kind == "gmail" or "preauthtunnel" in found:
            continue
        # ssl is on by default since 6.
        secure = truth(found.get("ssl", ("yes", 0))[0]) is not False
        starttls = truth(found.get("starttls", ("no", 0))[0]) is True
        tls = IMPLICIT if secure else STARTTLS if starttls else CLEARTEXT
        host = found.get("remotehost", ("", 0))[0]
        row = SERVICES["imaps" if secure else "imap"]
        line = next((found[key][1] for key in ("ssl", "remotehost", "type") if key in found), 0)
        if "remoteport" in found:
            row, line = by_port(number(found["remoteport"][0])) or row, found["remoteport"][1]
        yield from _mention(row, line, tls, True, host)
        version, at = found.get("ssl_version", ("", 0))
        lowest = lowest_of(version)
        if lowest:
            yield Lowest(lowest, Place(at), version)


def ssmtp_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a ssmtp.conf."""
    found: _Settings = {}
    for index, raw in enumerate(text.split("\n"), 1):
        setting = _SSMTP.fullmatch(raw)
        if setting:
            found[setting[1].lower()] = (setting[2], index)
    hub, line = found.get("mailhub", ("", 0))
    if not hub:
        return
    host, _colon, port = hub.partition(":")
    row = (service_named(port) or by_port(number(port))) if port else SERVICES["smtp"]
    starttls = truth(found.get("usestarttls", ("no", 0))[0]) is True
    secure = truth(found.get("usetls", ("no", 0))[0]) is True
    tls = STARTTLS if starttls else IMPLICIT if secure else CLEARTEXT
    login = bool(found.get("authuser", ("", 0))[0])
    yield from _mention(row, line, tls if login or tls != CLEARTEXT else None, login, host)


def sendemail_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of the sections sendemail of a configuration of git."""
    for name, found in _sections(text):
        if not name.lower().startswith("sendemail"):
            continue
        host, line = found.get("smtpserver", ("", 0))
        if not host or host.startswith(("/", "!", "~")):
            continue
        mode = found.get("smtpencryption", ("", 0))[0].lower()
        secure = {"ssl": IMPLICIT, "tls": STARTTLS, "": CLEARTEXT, "none": CLEARTEXT}.get(mode)
        row: Optional[Service] = SERVICES["submissions" if secure == IMPLICIT else "smtp"]
        if "smtpserverport" in found:
            port, line = found["smtpserverport"]
            row = by_port(number(port)) or service_named(port)
        login = bool(found.get("smtpuser", ("", 0))[0])
        yield from _mention(row, line, secure if login or mode else None, login, host)
        authorities = found.get("smtpsslcertpath")
        if authorities is not None and not authorities[0] and not is_local(host):
            yield unverified_at(Place(authorities[1]))


_AERC = re.compile(
    r"(?P<protocol>imap|smtp)(?P<s>s?)(?P<plus>(?:\+\w+)*)://(?:(?P<user>[^@/\s]+)@)?"
    r"(?P<host>\[[^\]\s]+\]|[^\s:/]+)(?::(?P<port>\d{1,5}))?"
)


def aerc_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of aerc's accounts.conf, where imap:// and smtp:// demand STARTTLS."""
    for _name, found in _sections(text):
        for key in ("source", "outgoing"):
            value, line = found.get(key, ("", 0))
            match = _AERC.match(value)
            if match is None:
                continue
            smtp = match["protocol"] == "smtp"
            usual = ("submissions" if match["s"] else "submission") if smtp else None
            row: Optional[Service] = SERVICES[usual or f"imap{match['s']}"]
            if match["port"]:
                row = by_port(number(match["port"]))
            tls = STARTTLS if not match["s"] else IMPLICIT
            tls = CLEARTEXT if "+insecure" in match["plus"] else tls
            login = bool(match["user"]) and "+none" not in match["plus"]
            yield from _mention(row, line, tls, login, match["host"])


_CURL = re.compile(r"[ \t]*-{0,2}([a-z][a-z0-9-]*)(?:[ \t]*[=:][ \t]*|[ \t]+|$)(.*?)[ \t]*")
_CURL_URL = re.compile(
    r"(?P<protocol>smtp|imap|pop3)(?P<s>s?)://(?:[^@/\s]+@)?"
    r"(?P<host>\[[^\]\s]+\]|[^\s:/]+)(?::(?P<port>\d{1,5}))?"
)


def curl_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a configuration of curl that names a mail server."""
    found: _Settings = {}
    for index, raw in enumerate(text.split("\n"), 1):
        setting = None if raw.lstrip().startswith("#") else _CURL.fullmatch(raw)
        if setting:
            found[setting[1]] = (setting[2].strip("\"'"), index)
    value, line = found.get("url", ("", 0))
    match = _CURL_URL.match(value)
    if match is None:
        return
    row: Optional[Service] = service_named(f"{match['protocol']}{match['s']}")
    if match["port"]:
        row = by_port(number(match["port"]))
    tls = CLEARTEXT
    if match["s"]:
        tls = IMPLICIT
    elif "ssl-reqd" in found:
        tls = STARTTLS
    elif "ssl" in found:
        tls = OPTIONAL
    login = bool({"user", "netrc", "netrc-file", "netrc-optional"} & set(found))
    login = login or match["protocol"] != "smtp"
    yield from _mention(row, line, tls, login, match["host"])
    if "insecure" in found and not is_local(match["host"]):
        yield unverified_at(Place(found["insecure"][1]))


_STREAMS = {
    "starttls": STARTTLS,
    "tls": IMPLICIT,
    "ssl": IMPLICIT,
    "plain": CLEARTEXT,
    "network": CLEARTEXT,
    "nil": None,
}


def emacs_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of smtpmail's and nnimap's variables."""
    found: _Settings = {}
    plain = "\n".join("" if line.lstrip().startswith(";") else line for line in text.split("\n"))
    for match in _LISP.finditer(plain):
        line = plain.count("\n", 0, match.start("value")) + 1
        found[match["name"]] = (match["value"].strip('"'), line)
    for prefix, default in (("smtpmail", "smtp"), ("nnimap", "imap")):
        port = found.get(f"{prefix}-smtp-service") or found.get(f"{prefix}-server-port")
        if port is None:
            continue
        host = next(
            (
                found[name][0]
                for name in (f"{prefix}-smtp-server", f"{prefix}-address")
                if name in found
            ),
            "",
        )
        stream = found.get(f"{prefix}-stream-type", ("", 0))[0]
        tls = _STREAMS.get(stream)
        row = by_port(number(port[0])) or service_named(port[0])
        if row is None or row.protocol != default:
            continue
        login = f"{prefix}-smtp-user" in found or default == "imap"
        login = login or (row.login == "required" and bool(host))
        if tls is None and default == "smtp":
            # smtpmail takes STARTTLS where it is offered.
            tls = None if row.name == "smtp" else SOME
        yield from _mention(row, port[1], tls, login, host)
