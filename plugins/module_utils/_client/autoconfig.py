# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Autoconfig, from which Thunderbird and many other programs set up an account: write and read it.

Mozilla's format 1.1, and the same with version 1.2 in draft-ietf-mailmaint-autoconfig-06.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._model.host_names import is_host
from .announced import (
    ENCRYPTED,
    NO_LOGIN,
    OAUTH2,
    OTHER,
    PASSWORD,
    Announced,
    Document,
    broken,
    port_number,
)
from .settings import ADDRESS, Server, Settings
from .xml_reader import Element, XmlError, escape, parse

PATH = "/mail/config-v1.1.xml"
WELL_KNOWN = f"/.well-known/autoconfig{PATH}"
VERSIONS = ("1.1", "1.2")
_PLACEHOLDERS = {ADDRESS: "%EMAILADDRESS%"}
_LOCAL = "%EMAILLOCALPART%"
SOCKETS = {"SSL": "implicit", "STARTTLS": "starttls", "plain": "cleartext"}
_SOCKET_OF = {mode: word for word, mode in SOCKETS.items()}
# The draft has TLS as another name; programs of today know SSL only.
_LOGINS = {
    "password-cleartext": PASSWORD,
    "plain": PASSWORD,
    "password-encrypted": ENCRYPTED,
    "secure": ENCRYPTED,
    "NTLM": OTHER,
    "GSSAPI": OTHER,
    "TLS-client-cert": OTHER,
    "client-IP-address": NO_LOGIN,
    "smtp-after-pop": NO_LOGIN,
    "none": NO_LOGIN,
    "OAuth2": OAUTH2,
}
_PROTOCOLS = {"incomingServer": ("imap", "pop3"), "outgoingServer": ("smtp",)}
# Kinds of servers that are not ours to judge (JMAP, Exchange).
_OTHER_TYPES = ("exchange", "ews", "jmap", "graph", "activesync")
_FIELDS = ("hostname", "port", "socketType", "username")


def write(settings: Settings, version: str = VERSIONS[0]) -> bytes:
    """Return the file, the same bytes for the same settings."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<clientConfig version="{version}">',
        f'  <emailProvider id="{escape(settings.domain)}">',
        f"    <domain>{escape(settings.domain)}</domain>",
        f"    <displayName>{escape(settings.name)}</displayName>",
        f"    <displayShortName>{escape(settings.name)}</displayShortName>",
        *(line for one in settings.incoming for line in _lines("incomingServer", one, settings)),
        *(line for one in settings.outgoing for line in _lines("outgoingServer", one, settings)),
        "  </emailProvider>",
        "</clientConfig>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _lines(element: str, server: Server, settings: Settings) -> Iterator[str]:
    yield f'    <{element} type="{server.protocol}">'
    yield f"      <hostname>{escape(server.host)}</hostname>"
    yield f"      <port>{server.port}</port>"
    yield f"      <socketType>{_SOCKET_OF[server.tls]}</socketType>"
    yield f"      <username>{_PLACEHOLDERS.get(settings.username, _LOCAL)}</username>"
    yield "      <authentication>password-cleartext</authentication>"
    yield f"    </{element}>"


def read(data: bytes) -> Document:
    """Return what a file announces, with every problem that would make a program refuse it, pass a
    server over, or read it in another way."""
    try:
        root = parse(data)
    except XmlError as error:
        return broken(str(error))
    if root.name != "clientConfig":
        return broken(f"its root element is {root.name!r}, not clientConfig")
    problems = []
    if root.attributes.get("version") not in VERSIONS:
        found = root.attributes.get("version", "none")
        problems.append(f"the version of clientConfig is {found}, not {' or '.join(VERSIONS)}")
    providers = list(root.all("emailProvider"))
    if len(providers) != 1:
        return broken(f"it has {len(providers)} emailProvider elements in place of one")
    provider = providers[0]
    domains = tuple(one.text.strip().lower() for one in provider.all("domain"))
    if not domains:
        problems.append("it names no domain that it is for")
    servers = []
    for element, protocols in _PROTOCOLS.items():
        found_here = 0
        for one in provider.all(element):
            if one.attributes.get("type", "").lower() in _OTHER_TYPES:
                continue
            found_here += 1
            wrong = list(_problems(one, protocols))
            problems += [f"line {one.line}: {problem}" for problem in wrong]
            if not wrong:
                servers.append(_server(one))
        if not found_here:
            problems.append(f"it has no {element}")
    return Document(tuple(servers), domains, tuple(problems))


def _problems(server: Element, protocols: tuple[str, ...]) -> Iterator[str]:
    kind = server.attributes.get("type", "")
    if kind not in protocols:
        yield f"type {kind!r} of {server.name} is not {' or '.join(protocols)}"
    for name in _FIELDS:
        count = sum(1 for _one in server.all(name))
        if count != 1:
            yield f"{server.name} has {count} {name} elements in place of one"
    host = server.get("hostname")
    if host and not is_host(host):
        yield f"hostname {host!r} is not a host name"
    if server.get("port") and not port_number(server.get("port")):
        yield f"port {server.get('port')!r} is not a number from 1 to 65535"
    socket = server.get("socketType")
    if socket and socket not in SOCKETS:
        yield f"socketType {socket!r} is not {', '.join(SOCKETS)}"
    logins = [one.text.strip() for one in server.all("authentication")]
    if not any(login in _LOGINS for login in logins):
        named = ", ".join(repr(login) for login in logins) or "none"
        yield f"no authentication that programs know ({named})"


def _server(element: Element) -> Announced:
    logins = [one.text.strip() for one in element.all("authentication")]
    return Announced(
        element.attributes["type"],
        element.get("hostname"),
        port_number(element.get("port")),
        SOCKETS[element.get("socketType")],
        tuple(dict.fromkeys(_LOGINS[one] for one in logins if one in _LOGINS)),
        element.get("username"),
    )
