# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PACC, a draft from which programs of Apple and others shall set up accounts: write and read it.

draft-ietf-mailmaint-pacc-02 (February 2026), not a standard yet. The file names hosts only: it
means implicit TLS on the port of the protocol. A TXT record holds the hash of the file.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any, Optional

from .._domain.tags import TagError
from .._domain.tags import parse as parse_tags
from .._model.host_names import is_host
from .._model.services import SERVICES
from .announced import OAUTH2, PASSWORD, Announced, Document, broken
from .settings import ADDRESS, Settings

HOST = "ua-auto-config"
PATH = "/.well-known/user-agent-configuration.json"
RECORD = "_ua-auto-config"
_SERVICES = {"imap": "imaps", "pop3": "pop3s", "smtp": "submissions"}
_DEPTH = 20


def can_say(settings: Settings) -> str:
    """Return why PACC cannot tell these settings, or "" where it can."""
    if settings.username != ADDRESS:
        return "PACC cannot say that users log in without @ and domain"
    if "smtp" not in _hosts(settings) or len(_hosts(settings)) < 2:
        return "PACC needs TLS from the first byte on 993 or 995, and on 465"
    return ""


def _hosts(settings: Settings) -> dict[str, str]:
    """Return the first host of each protocol that listens on its port for TLS."""
    hosts: dict[str, str] = {}
    for one in settings.servers:
        if one.tls == "implicit" and one.port == SERVICES[_SERVICES[one.protocol]].port:
            hosts.setdefault(one.protocol, one.host)
    return hosts


def write(settings: Settings) -> bytes:
    """Return the file, the same bytes for the same settings."""
    document = {
        "authentication": {"password": True},
        "info": {"provider": {"name": settings.name}},
        "protocols": {name: {"host": host} for name, host in sorted(_hosts(settings).items())},
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def record(document: bytes) -> str:
    """Return the text of the TXT record that belongs to a file."""
    digest = base64.b64encode(hashlib.sha256(document).digest()).decode("ascii")
    return f"v=UAAC1; a=sha256; d={digest}"


def matches(document: bytes, records: Iterable[str]) -> Optional[bool]:
    """Tell whether a record holds the hash of a file; None where there is no such record."""
    found = None
    for text in records:
        try:
            tags = parse_tags(text)
        except TagError:
            continue
        if tags.get("v") != "UAAC1":
            continue
        found = found or False
        digest = hashlib.sha256(document).digest()
        if tags.get("a") == "sha256" and _decoded(tags.get("d", "")) == digest:
            found = True
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def read(data: bytes) -> Document:
    """Return what a file announces, with all its problems."""
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError:
        return broken("it is nested too deeply")
    except (UnicodeDecodeError, ValueError) as error:
        return broken(f"it is not JSON: {error}")
    if not isinstance(document, dict):
        return broken("it is not a JSON object")
    problems = []
    provider = _at(document, "info", "provider", "name")
    if not isinstance(provider, str) or not provider:
        problems.append("info.provider.name is missing")
    logins = []
    if _at(document, "authentication", "password") is True:
        logins.append(PASSWORD)
    if isinstance(_at(document, "authentication", "oauth-public", "issuer"), str):
        logins.append(OAUTH2)
    protocols = document.get("protocols")
    servers = []
    for name, service in _SERVICES.items():
        entry = protocols.get(name) if isinstance(protocols, dict) else None
        if entry is None:
            continue
        host = entry.get("host") if isinstance(entry, dict) else None
        if not isinstance(host, str) or not is_host(host):
            problems.append(f"protocols.{name}.host is {host!r}, not a host name")
            continue
        port = SERVICES[service].port
        servers.append(Announced(name, host, port, "implicit", tuple(logins)))
    if not servers:
        problems.append("protocols names no mail server")
    return Document(tuple(servers), (), tuple(problems))


def _at(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: programs would take one or the other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found
