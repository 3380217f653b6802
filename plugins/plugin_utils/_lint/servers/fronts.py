# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what stands in front of mail servers: HAProxy, nginx, zones of DNS and firewalld."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

from ....module_utils._model.services import by_port
from ..facts import CLEARTEXT, FIREWALL, IMPLICIT, LISTENER, STARTTLS, Fact, Mention, Place
from ..tree.template import enclosed, replaced
from ..words.mail_words import protocols, row_of, service_named, tokens
from ..words.values import is_local, number, ports_within

_SECTION = re.compile(r"(frontend|listen|backend|defaults|global|peers|resolvers)\b[ \t]*(\S*)")
_BIND = re.compile(r"[ \t]+bind[ \t]+(\S+)(.*)")
_MODE_TCP = re.compile(r"[ \t]+mode[ \t]+tcp\b")
_MAIL_BLOCK = re.compile(r"^[ \t]*mail[ \t]*\{", re.M)
_NGINX = re.compile(r"[ \t]*(listen|protocol|starttls|ssl)[ \t]+([^;{]+);")
_SRV = re.compile(
    r"_(\w{3,20})\._tcp\S{0,300}[ \t].{0,100}?\bSRV[ \t]+\d+[ \t]+\d+[ \t]+(\d{1,5})[ \t]+(\S+)"
)
_ZONE_ENTRY = re.compile(r"<(service|port)\b([^<>]*)>")
_ATTRIBUTE = re.compile(r"(name|port|protocol)\s*=\s*[\"']([^\"']*)[\"']")


def front_facts(text: str) -> Iterator[Fact]:
    """Yield the facts of a text that may be the configuration of one of these programs."""
    if "bind " in text:
        yield from _haproxy(text)
    start = _MAIL_BLOCK.search(text) if "listen" in text else None
    if start:
        yield from _nginx(text[start.end() :], text.count("\n", 0, start.end()))
    if "SRV" in text:
        for index, line in enumerate(text.split("\n"), 1):
            match = _SRV.search(line) if "SRV" in line and not line.startswith(";") else None
            if match and match[3] != ".":
                row = row_of(number(match[2]), protocols((match[1].lower(),)))
                if row is not None:
                    yield Mention(row, row.port, LISTENER, Place(index), match[0])


def _haproxy(text: str) -> Iterator[Fact]:
    """Yield the ports on which HAProxy listens for mail."""
    speaks: frozenset[str] = frozenset()
    listens = tcp = False
    binds: list[tuple[int, str, str]] = []
    for index, line in enumerate([*text.split("\n"), "global"], 1):
        section = _SECTION.match(line)
        if section:
            yield from _bound(binds, speaks or (frozenset(("imap", "pop3")) if tcp else speaks))
            listens, tcp, binds = section[1] in ("frontend", "listen"), False, []
            speaks = protocols(tokens(section[2]))
        bind = _BIND.match(line) if listens else None
        if bind:
            binds.append((index, bind[1], bind[2]))
        tcp = tcp or bool(_MODE_TCP.match(line))


def _bound(binds: list[tuple[int, str, str]], speaks: frozenset[str]) -> Iterator[Fact]:
    for index, addresses, options in binds:
        for address in addresses.split(","):
            host, _colon, port = address.rpartition(":")
            row = row_of(number(port), speaks)
            if row is not None:
                tls = IMPLICIT if " ssl " in f" {options} " else None
                local = is_local(host)
                yield Mention(row, row.port, LISTENER, Place(index), address, tls, local=local)


@dataclass
class _Server:
    """A server of nginx's mail proxy, as far as it has been read."""

    listens: list[tuple[int, str]] = field(default_factory=list)
    protocol: str = ""
    starttls: str = ""
    ssl: bool = False


def _nginx(text: str, before: int) -> Iterator[Fact]:
    """Yield the ports of the servers of a mail block, whose text begins behind ``before`` lines."""
    depth, common, server = 1, _Server(), _Server()
    for index, line in enumerate(text.split("\n"), before + 1):
        match = _NGINX.match(line)
        if match:
            _take(server if depth > 1 else common, index, match[1], match[2].strip())
        opened = depth + line.count("{") - line.count("}")
        if depth > 1 and opened <= 1:
            yield from _served(server, common)
            server = _Server()
        depth = opened
        if depth < 1:
            return


def _take(server: _Server, index: int, name: str, value: str) -> None:
    if name == "listen":
        server.listens.append((index, value))
    elif name == "protocol":
        server.protocol = value
    elif name == "starttls":
        server.starttls = value
    else:
        server.ssl = value == "on"


def _served(server: _Server, common: _Server) -> Iterator[Fact]:
    starttls = server.starttls or common.starttls
    for index, value in server.listens:
        words = value.split()
        row = by_port(number(words[0].rpartition(":")[2])) if words else None
        if row is None or server.protocol not in ("", row.protocol):
            continue
        tls: Optional[str] = CLEARTEXT if starttls == "off" or row.login != "none" else None
        if "ssl" in words or server.ssl or common.ssl:
            tls = IMPLICIT
        elif starttls in ("on", "only"):
            tls = STARTTLS
        elif starttls not in ("", "off"):
            tls = None
        local = is_local(words[0].rpartition(":")[0])
        yield Mention(row, row.port, LISTENER, Place(index), value, tls, local=local)


def zone_facts(text: str) -> Iterator[Fact]:
    """Yield the ports that a zone of firewalld opens."""
    text = replaced(text, "<!--", "-->", lambda _inner: "")
    parts, done = [], 0
    for start, end in enclosed(text, "<rule", "</rule"):
        if "<accept" not in text[start:end]:
            parts += [text[done:start], "\n" * text.count("\n", start, end)]
            done = end
    for index, line in enumerate("".join([*parts, text[done:]]).split("\n"), 1):
        for match in _ZONE_ENTRY.finditer(line):
            given = dict(_ATTRIBUTE.findall(match[2]))
            named = service_named(given.get("name", "")) if match[1] == "service" else None
            if named is not None:
                yield Mention(named, named.port, FIREWALL, Place(index), match[0])
            elif match[1] == "port" and given.get("protocol", "tcp") == "tcp":
                for row, port in ports_within(given.get("port", "")):
                    yield Mention(row, port, FIREWALL, Place(index), match[0])
