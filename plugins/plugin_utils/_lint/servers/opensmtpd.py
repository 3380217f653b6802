# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and judge OpenSMTPD's configuration: what it listens on and where it relays to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from ....module_utils._model.services import SERVICES, Service, by_port
from ..facts import (
    CLEARTEXT,
    CLIENT,
    IMPLICIT,
    LISTENER,
    OPTIONAL,
    STARTTLS,
    Fact,
    Flaw,
    Mention,
    Place,
    unverified,
)
from ..words.mail_words import service_named
from ..words.values import is_local, number

_MACRO = re.compile(r"^[ \t]*(\w+)[ \t]*=[ \t]*\"?([^\"\n#]*?)\"?[ \t]*$", re.MULTILINE)
_LISTEN = re.compile(r"[ \t]*listen[ \t]+on[ \t]+(\S+)(.*)")
_PORT = re.compile(r"\bport[ \t]+([\w-]+)")
_RELAY = re.compile(
    r"(?P<scheme>smtps?(?:\+(?:tls|notls))?|tls|secure|lmtp|(?:smtps?|tls|ssl|secure)\+auth)://"
    r"(?:(?P<label>[\w.+-]+)@)?(?P<host>\[[^\]]+\]|[\w.$-]+)(?::(?P<port>\w+))?"
)
_LOOPBACK = ("lo", "lo0", "socket")
# What the scheme of a relay says: smtp:// takes TLS if it is offered.
_MODES = {
    "smtps": IMPLICIT,
    "smtps+auth": IMPLICIT,
    "ssl+auth": IMPLICIT,
    "smtp+tls": STARTTLS,
    "tls": STARTTLS,
    "tls+auth": STARTTLS,
    "secure": None,
    "secure+auth": None,
    "smtp+notls": CLEARTEXT,
    "smtp": OPTIONAL,
    "smtp+auth": OPTIONAL,
}


def opensmtpd_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a smtpd.conf."""
    macros = dict(_MACRO.findall(text))
    for index, raw in enumerate(_joined(text), 1):
        line = re.sub(r"\$(\w+)", lambda match: macros.get(match[1], match[0]), raw)
        line = line.partition("#")[0]
        listen = _LISTEN.match(line)
        if listen:
            yield from _listener(listen[1], f" {listen[2]} ", Place(index))
        elif "://" in line:
            yield from _relay(line, Place(index))


def _joined(text: str) -> Iterator[str]:
    """Yield the lines of a text, those that continue one joined to it (and empty themselves)."""
    held, empty = "", 0
    for line in text.split("\n"):
        if line.endswith("\\"):
            held += line[:-1] + " "
            empty += 1
            continue
        yield held + line
        for _line in range(empty):
            yield ""
        held, empty = "", 0
    if held:
        yield held


def _listener(interface: str, options: str, place: Place) -> Iterator[Fact]:
    """Yield the facts of one line that listens."""
    if interface in _LOOPBACK or is_local(interface):
        return
    named = _PORT.search(options)
    words = options.split()
    implicit = "smtps" in words[: words.index("port")] if "port" in words else "smtps" in words
    implicit = implicit or bool(named and "smtps" in _PORT.sub(" ", options).split())
    word = named[1] if named else ("smtps" if implicit else "smtp")
    row = service_named(word) or by_port(number(word))
    if row is None or row.protocol != "smtp":
        return
    login = "auth" in words
    if implicit != (row.tls == IMPLICIT):
        intended, seen = "STARTTLS", "TLS from the first byte"
        if not implicit:
            intended, seen = seen, intended if "tls" in options else "cleartext"
        yield Flaw(
            "wrong-tls-mode", place, {"intended": intended, "seen": seen}, row.name, row.port
        )
        return
    required = "tls-require" in words
    if login and not implicit and not required and row.name != "smtp":
        seen = "tls, and not tls-require" if "tls" in words else "neither tls nor tls-require"
        yield Flaw("starttls-not-required", place, {"seen": seen}, row.name, row.port)
    yield Mention(row, row.port, LISTENER, place, options.strip())


def _relay(line: str, place: Place) -> Iterator[Fact]:
    """Yield the facts of one line that relays."""
    unchecked = re.search(r"\btls[ \t]+no-verify\b", line) is not None
    says_auth = " auth " in f"{line} "
    for match in _RELAY.finditer(line):
        scheme = match["scheme"]
        if scheme == "lmtp":
            continue
        login = bool(match["label"]) or "+auth" in scheme or says_auth
        mode = _MODES.get(scheme)
        row: Optional[Service] = SERVICES["submissions" if mode == IMPLICIT else "smtp"]
        if match["port"]:
            row = service_named(match["port"]) or by_port(number(match["port"]))
        if row is None or row.protocol != "smtp":
            continue
        # Between servers TLS is taken where it is offered.
        tls = None if mode == OPTIONAL and not login else mode
        local = is_local(match["host"])
        yield Mention(row, row.port, CLIENT, place, match[0], tls, login, local)
        if unchecked and not local:
            yield unverified(place)
