# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Autodiscover in its plain XML form (POX), from which Outlook sets up an account: write, read it.

MS-OXDSCLI. A file that is the same for everybody cannot hold a user's name: programs then log in
with the whole address.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from .._model.host_names import is_host
from .._model.services import SERVICES
from .announced import NO_LOGIN, PASSWORD, Announced, Document, broken, port_number
from .settings import ADDRESS, Server, Settings
from .xml_reader import Element, XmlError, escape, parse

PATH = "/autodiscover/autodiscover.xml"
# The specification and Outlook write it so; a server of files tells the two apart.
OTHER_CASE = "/Autodiscover/Autodiscover.xml"
REQUEST = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
RESPONSE = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
OUTLOOK = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
_TYPES = {"IMAP": "imap", "POP3": "pop3", "SMTP": "smtp"}
_TYPE_OF = {protocol: word for word, protocol in _TYPES.items()}
_ENCRYPTIONS = {"none": "cleartext", "ssl": "implicit", "tls": "starttls"}
# Thunderbird goes by the port: STARTTLS on these, TLS from the first byte on any other.
_STARTTLS_PORTS = tuple(SERVICES[name].port for name in ("smtp", "pop3", "imap", "submission"))
_LINK = "%EMAILADDRESS%"


def request(address: str) -> bytes:
    """Return what a program posts for the user of an address."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<Autodiscover xmlns="{REQUEST}"><Request>'
        f"<EMailAddress>{escape(address)}</EMailAddress>"
        f"<AcceptableResponseSchema>{OUTLOOK}</AcceptableResponseSchema>"
        "</Request></Autodiscover>\n"
    ).encode()


def can_say(settings: Settings) -> str:
    """Return why Autodiscover cannot tell these settings, or "" where it can."""
    if settings.username != ADDRESS:
        return "a file for everybody cannot say that users log in without @ and domain"
    for protocol in ("imap", "pop3", "smtp"):
        if settings.first(protocol) and _of(settings, protocol) is None:
            return f"Outlook and Thunderbird would read the port of {protocol} in different ways"
    return ""


def write(settings: Settings) -> bytes:
    """Return the file, the same bytes for the same settings."""
    chosen = [_of(settings, protocol) for protocol in _TYPES.values()]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<Autodiscover xmlns="{RESPONSE}">',
        f'  <Response xmlns="{OUTLOOK}">',
        "    <User>",
        f"      <DisplayName>{escape(settings.name)}</DisplayName>",
        "    </User>",
        "    <Account>",
        "      <AccountType>email</AccountType>",
        "      <Action>settings</Action>",
        *(line for one in chosen if one for line in _lines(one)),
        "    </Account>",
        "  </Response>",
        "</Autodiscover>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _of(settings: Settings, protocol: str) -> Optional[Server]:
    """Return the first server of a protocol that Outlook and Thunderbird read alike."""
    for one in settings.servers:
        by_port = "starttls" if one.port in _STARTTLS_PORTS else "implicit"
        if one.protocol == protocol and one.tls == by_port:
            return one
    return None


def _lines(server: Server) -> Iterator[str]:
    encryption = "SSL" if server.tls == "implicit" else "TLS"
    yield "      <Protocol>"
    yield f"        <Type>{_TYPE_OF[server.protocol]}</Type>"
    yield f"        <Server>{escape(server.host)}</Server>"
    yield f"        <Port>{server.port}</Port>"
    yield "        <DomainRequired>off</DomainRequired>"
    yield "        <SPA>off</SPA>"
    yield "        <SSL>on</SSL>"
    yield f"        <Encryption>{encryption}</Encryption>"
    yield "        <AuthRequired>on</AuthRequired>"
    yield "      </Protocol>"


def read(data: bytes) -> Document:
    """Return what a file announces, with all its problems; an Exchange server's is none of ours."""
    try:
        root = parse(data)
    except XmlError as error:
        return broken(str(error))
    if (root.name, root.namespace) != ("Autodiscover", RESPONSE):
        return broken("its root element is not Autodiscover of the response schema")
    response = next(root.all("Response"), None)
    account = next(response.all("Account"), None) if response else None
    if response is None or response.namespace != OUTLOOK or account is None:
        refusal = next(response.all("Error"), None) if response else None
        if refusal is not None:
            return broken(f"it holds error {refusal.get('ErrorCode')}: {refusal.get('Message')}")
        return broken("it holds no account")
    if account.get("Action").lower() != "settings":
        return broken(f"its action is {account.get('Action')!r}, not settings")
    problems, servers = [], []
    if account.get("AccountType").lower() != "email":
        problems.append(f"its account type is {account.get('AccountType')!r}, not email")
    for one in account.all("Protocol"):
        protocol = _TYPES.get(one.get("Type").upper())
        if protocol is None:
            continue
        wrong = list(_problems(one))
        problems += [f"line {one.line}: {problem}" for problem in wrong]
        if not wrong:
            servers.append(_server(one, protocol))
    for wanted, what in ((("imap", "pop3"), "IMAP or POP3"), (("smtp",), "SMTP")):
        if not problems and not any(one.protocol in wanted for one in servers):
            problems.append(f"it has no {what} server")
    return Document(tuple(servers), (), tuple(problems))


def _problems(protocol: Element) -> Iterator[str]:
    kind = protocol.get("Type")
    if not is_host(protocol.get("Server")):
        yield f"{kind} has no server with a host name ({protocol.get('Server')!r})"
    if not port_number(protocol.get("Port")):
        yield f"{kind} has no port from 1 to 65535 ({protocol.get('Port')!r})"
    encryption = protocol.get("Encryption").lower()
    if encryption not in ("", "auto", *_ENCRYPTIONS):
        yield f"{kind}: encryption {protocol.get('Encryption')!r} is not None, SSL, TLS or Auto"
    for name in ("SSL", "SPA", "AuthRequired"):
        if protocol.get(name).lower() not in ("", "on", "off"):
            yield f"{kind}: {name} is {protocol.get(name)!r}, not on or off"


def _server(protocol: Element, kind: str) -> Announced:
    """Return the server, and a doubt where Outlook and Thunderbird read its TLS differently."""
    port = port_number(protocol.get("Port"))
    of_port = "starttls" if port in _STARTTLS_PORTS else "implicit"
    encryption = protocol.get("Encryption").lower()
    off = protocol.get("SSL").lower() == "off"
    outlook = _ENCRYPTIONS.get(encryption, "cleartext" if off else of_port)
    # Thunderbird looks at the port unless TLS is off altogether.
    thunderbird = "cleartext" if encryption == "none" or (off and not encryption) else of_port
    doubt = ""
    if outlook != thunderbird:
        doubt = f"Outlook reads {outlook} TLS, Thunderbird {thunderbird}"
    needs_login = protocol.get("AuthRequired").lower() != "off"
    return Announced(
        kind,
        protocol.get("Server"),
        port,
        outlook,
        (PASSWORD,) if needs_login or kind != "smtp" else (NO_LOGIN,),
        protocol.get("LoginName") or _LINK,
        doubt,
    )
