# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the XML from which mail programs configure themselves: autoconfig and Autodiscover."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

from ....module_utils._model.services import by_port
from ..facts import CLEARTEXT, CLIENT, IMPLICIT, SOME, STARTTLS, Fact, Mention, Place
from ..tree.nodes import TreeError
from ..tree.template import enclosed, replaced
from ..words.mail_words import truth
from ..words.values import is_local, number

_MODES = {"ssl": IMPLICIT, "starttls": STARTTLS, "plain": CLEARTEXT}
# By patterns and not by a parser of XML: entities cannot blow up, and lines are kept.
_SERVERS = ("incomingServer", "outgoingServer")
_FIELD = re.compile(r"<(port|socketType|hostname|username|authentication)\s*>([^<]*)</")
# The words of Autodiscover (MS-OXDSCLI).
_ENCRYPTIONS = {"ssl": IMPLICIT, "tls": STARTTLS, "none": CLEARTEXT, "auto": SOME}
_TYPES = {"imap": "imap", "pop3": "pop3", "smtp": "smtp"}
_DISCOVERED = re.compile(r"<(Type|Port|Server|SSL|Encryption|AuthRequired)\s*>([^<]*)</")
_Fields = dict[str, tuple[str, int]]


def autoconfig_facts(text: str) -> Iterator[Fact]:
    """Yield a mention for each server. Raises TreeError where the file is cut off."""
    text = replaced(text, "<!--", "-->", lambda _inner: "")
    if "<clientConfig" in text and "</clientConfig" not in text:
        raise TreeError("the XML ends before its root element does")
    for name in _SERVERS:
        for start, end in enclosed(text, f"<{name}", f"</{name}"):
            yield from _server(text[start:end], text.count("\n", 0, start), name)


def _server(text: str, before: int, name: str) -> Iterator[Fact]:
    """Yield the mention of one server, whose text begins behind ``before`` lines."""
    fields = _fields(_FIELD, text, before)
    if "port" not in fields:
        return
    word, line = fields["port"]
    row = by_port(number(word))
    if row is None:
        return
    mode, mode_line = fields.get("socketType", ("", 0))
    authentication = fields.get("authentication", ("", 0))[0].lower()
    yield Mention(
        row=row,
        port=row.port,
        role=CLIENT,
        place=Place(line, 0, f"{name}.port"),
        text=word,
        tls=_MODES.get(mode.lower()),
        login=authentication not in ("none", "client-ip-address"),
        local=is_local(fields.get("hostname", ("", 0))[0]),
        tls_place=Place(mode_line) if mode_line else None,
    )


def autodiscover_facts(text: str) -> Iterator[Fact]:
    """Yield a mention for each protocol of mail."""
    text = replaced(text, "<!--", "-->", lambda _inner: "")
    for start, end in enclosed(text, "<Protocol", "</Protocol"):
        fields = _fields(_DISCOVERED, text[start:end], text.count("\n", 0, start))
        word, line = fields.get("Port", ("", 0))
        row = by_port(number(word))
        protocol = _TYPES.get(fields.get("Type", ("", 0))[0].lower())
        if row is None or row.protocol != protocol:
            continue
        tls, tls_line = _discovered_mode(fields, row.tls)
        yield Mention(
            row=row,
            port=row.port,
            role=CLIENT,
            place=Place(line, 0, "Protocol.Port"),
            text=word,
            tls=tls,
            login=truth(fields.get("AuthRequired", ("on", 0))[0]),
            local=is_local(fields.get("Server", ("", 0))[0]),
            tls_place=Place(tls_line) if tls_line else None,
        )


def _discovered_mode(fields: _Fields, of_port: str) -> tuple[Optional[str], int]:
    """Return the TLS mode of a protocol and its line: SSL is on by default."""
    if "Encryption" in fields:
        word, line = fields["Encryption"]
        return _ENCRYPTIONS.get(word.lower()), line
    word, line = fields.get("SSL", ("on", 0))
    switch = truth(word)
    if switch is None:
        return SOME, line
    if switch:
        # Clients take it for the kind of TLS that the port has.
        return SOME if of_port == STARTTLS else IMPLICIT, line
    return CLEARTEXT, line


def _fields(pattern: re.Pattern[str], text: str, before: int) -> _Fields:
    """Return the elements of a part, with their lines; the first of a name counts."""
    fields: _Fields = {}
    for field in pattern.finditer(text):
        line = before + text.count("\n", 0, field.start(2)) + 1
        fields.setdefault(field[1], (field[2].strip(), line))
    return fields
