# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apple's configuration profile with a mail account (com.apple.mail.managed): write and read it.

A profile is not looked up by a name: the user opens it, from a page or a mail.
"""

from __future__ import annotations

import plistlib
import uuid
from collections.abc import Iterator
from typing import Any, Optional
from xml.parsers.expat import ExpatError

from .._model.host_names import is_host
from .._model.services import SERVICES
from .announced import ENCRYPTED, NO_LOGIN, OTHER, PASSWORD, Announced, Document, broken
from .settings import Server, Settings
from .xml_reader import Element, XmlError, parse

PATH = "/email.mobileconfig"
CONTENT_TYPE = "application/x-apple-aspen-config"
MAIL = "com.apple.mail.managed"
_KINDS = {"imap": "EmailTypeIMAP", "pop3": "EmailTypePOP"}
_LOGINS = {
    "EmailAuthPassword": PASSWORD,
    "EmailAuthNone": NO_LOGIN,
    "EmailAuthCRAMMD5": ENCRYPTED,
    "EmailAuthNTLM": OTHER,
    "EmailAuthHTTPMD5": OTHER,
}
# Apple's systems take the kind of TLS from the port.
_STARTTLS_PORTS = tuple(
    SERVICES[name].port for name in ("smtp", "pop3", "imap", "submission", "submission_alt")
)


def write(settings: Settings) -> bytes:
    """Return the profile, unsigned, the same bytes for the same settings.

    Name, address and password are asked of the user when the profile is installed.
    """
    incoming, outgoing = settings.incoming[0], settings.outgoing[0]
    name = ".".join(reversed(settings.domain.split(".")))
    account = {
        "EmailAccountDescription": settings.name,
        "EmailAccountType": _KINDS[incoming.protocol],
        "PayloadDisplayName": settings.name,
        "PayloadIdentifier": f"{name}.mail.account",
        "PayloadType": MAIL,
        "PayloadUUID": _uuid(f"{settings.domain}/account"),
        "PayloadVersion": 1,
        "OutgoingPasswordSameAsIncomingPassword": True,
        **_keys("Incoming", incoming),
        **_keys("Outgoing", outgoing),
    }
    profile = {
        "PayloadContent": [account],
        "PayloadDisplayName": settings.name,
        "PayloadIdentifier": f"{name}.mail",
        "PayloadOrganization": settings.name,
        "PayloadType": "Configuration",
        "PayloadUUID": _uuid(f"{settings.domain}/profile"),
        "PayloadVersion": 1,
    }
    return plistlib.dumps(profile)


def _keys(side: str, server: Server) -> dict[str, Any]:
    return {
        f"{side}MailServerAuthentication": "EmailAuthPassword",
        f"{side}MailServerHostName": server.host,
        f"{side}MailServerPortNumber": server.port,
        f"{side}MailServerUseSSL": True,
    }


def _uuid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"mailports/{name}")).upper()


def read(data: bytes) -> Document:
    """Return what a profile announces, with all its problems. A signed one is read by its inside,
    which stands in it as plain text; whether the signature is good is not looked at."""
    plain = _inside(data)
    try:
        if not plain.startswith(b"bplist"):
            _refuse_twice(parse(plain, document_type=True))
        profile = plistlib.loads(plain)
    except XmlError as error:
        return broken(str(error))
    except (plistlib.InvalidFileException, ExpatError, ValueError, OverflowError) as error:
        return broken(f"it is not a property list: {error or type(error).__name__}")
    except (RecursionError, TypeError, AttributeError, KeyError, IndexError):
        return broken("it is not a property list")
    if not isinstance(profile, dict) or profile.get("PayloadType") != "Configuration":
        return broken("its PayloadType is not Configuration")
    problems = [
        f"the profile has no {key}"
        for key in ("PayloadIdentifier", "PayloadUUID", "PayloadVersion")
        if key not in profile
    ]
    content = profile.get("PayloadContent")
    mail = [
        one
        for one in (content if isinstance(content, list) else [])
        if isinstance(one, dict) and one.get("PayloadType") == MAIL
    ]
    if not mail:
        problems.append(f"it has no payload of type {MAIL}")
    servers: list[Announced] = []
    for account in mail:
        wrong = list(_problems(account))
        problems += wrong
        if not wrong:
            servers += [_server(account, "Incoming"), _server(account, "Outgoing")]
    return Document(tuple(servers), (), tuple(problems))


def _refuse_twice(element: Element) -> None:
    """Raise XmlError for a key that stands twice: plistlib takes the last one without a word."""
    if element.name == "dict":
        keys = [one.text for one in element.all("key")]
        for key in keys:
            if keys.count(key) > 1:
                raise XmlError(f"line {element.line}: the key {key} stands twice")
    for child in element.children:
        _refuse_twice(child)


def _inside(data: bytes) -> bytes:
    """Return the property list within CMS signed data (RFC 5652), or ``data`` as it is."""
    if data[:1] != b"\x30":
        return data
    start, end = data.find(b"<?xml"), data.find(b"</plist>")
    return data[start : end + len(b"</plist>")] if 0 <= start < end else data


def _problems(account: dict[str, Any]) -> Iterator[str]:
    if account.get("EmailAccountType") not in _KINDS.values():
        found = account.get("EmailAccountType")
        yield f"EmailAccountType is {found!r}, not {' or '.join(_KINDS.values())}"
    for side in ("Incoming", "Outgoing"):
        host = account.get(f"{side}MailServerHostName")
        port = account.get(f"{side}MailServerPortNumber")
        login = account.get(f"{side}MailServerAuthentication")
        if not isinstance(host, str) or not is_host(host):
            yield f"{side}MailServerHostName is {host!r}, not a host name"
        if port is not None and (isinstance(port, bool) or not _is_port(port)):
            yield f"{side}MailServerPortNumber is {port!r}, not a number from 1 to 65535"
        if login not in _LOGINS:
            yield f"{side}MailServerAuthentication is {login!r}, not {', '.join(_LOGINS)}"
        if not isinstance(account.get(f"{side}MailServerUseSSL", False), bool):
            yield f"{side}MailServerUseSSL is neither true nor false"


def _is_port(value: Any) -> bool:
    return isinstance(value, int) and 0 < value <= 65535


def _server(account: dict[str, Any], side: str) -> Announced:
    protocol = "smtp"
    if side == "Incoming":
        kinds = {word: name for name, word in _KINDS.items()}
        protocol = kinds[account["EmailAccountType"]]
    secure = account.get(f"{side}MailServerUseSSL", False)
    port: Optional[int] = account.get(f"{side}MailServerPortNumber")
    if port is None:
        port = _default_port(protocol, secure)
    of_port = "starttls" if port in _STARTTLS_PORTS else "implicit"
    return Announced(
        protocol,
        account[f"{side}MailServerHostName"],
        port,
        of_port if secure else "cleartext",
        (_LOGINS[account[f"{side}MailServerAuthentication"]],),
        str(account.get(f"{side}MailServerUsername", "")),
    )


def _default_port(protocol: str, secure: bool) -> int:
    """Return the port that Apple's systems take where a profile names none."""
    if protocol == "smtp":
        return SERVICES["submission"].port
    return SERVICES[f"{protocol}s" if secure else protocol].port
