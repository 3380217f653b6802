# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run as a client: what SMTP listeners do for one who connects, with Python's own smtplib.

Standard input: JSON, a list of objects with ``address``, ``port`` and, if need be, ``implicit``,
``proxy`` (a PROXY header is sent first), ``name`` (asked for by SNI) and ``login`` (user and
password, sent whether or not there is TLS). Prints a list of what was seen of each.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import smtplib
import socket
import ssl
import sys
from typing import Any

STRANGER = "someone@elsewhere.example"


def context() -> ssl.SSLContext:
    """Return a context that looks at any certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def connected(wish: dict[str, Any]) -> smtplib.SMTP:
    """Return a client that has read the greeting."""
    place = (wish["address"], wish["port"])
    sock = socket.create_connection(place, 15)
    if wish.get("proxy"):
        sock.sendall(b"PROXY TCP4 198.51.100.77 198.51.100.1 4711 25\r\n")
    if wish.get("implicit"):
        sock = context().wrap_socket(sock, server_hostname=wish.get("name") or None)
    client = smtplib.SMTP(local_hostname="client.example.net")
    client.sock = sock
    code, text = client.getreply()
    if code != 220:
        raise smtplib.SMTPConnectError(code, text)
    # What starttls shows by SNI.
    client._host = wish.get("name") or "localhost"  # type: ignore[attr-defined]
    return client


def offers(client: smtplib.SMTP) -> list[str]:
    """Return the extensions of the server, those that do not differ from run to run."""
    client.ehlo()
    return sorted(name for name in client.esmtp_features if name in ("auth", "starttls"))


def relays(client: smtplib.SMTP) -> int:
    """Return the answer to mail for somebody elsewhere."""
    client.mail("sender@client.example.net")
    code, _text = client.rcpt(STRANGER)
    client.rset()
    return code


def seen(wish: dict[str, Any]) -> dict[str, Any]:
    """Return what a listener does."""
    found: dict[str, Any] = {"place": f"{wish['address']}:{wish['port']}"}
    try:
        client = connected(wish)
    except (OSError, smtplib.SMTPException) as error:
        return {**found, "error": type(error).__name__}
    with contextlib.closing(client):
        found["before"] = offers(client)
        found["relay"] = relays(client)
        if "starttls" in found["before"]:
            client.starttls(context=context())
            found["inside"] = offers(client)
            found["relay_inside"] = relays(client)
        if isinstance(client.sock, ssl.SSLSocket):
            der = client.sock.getpeercert(True) or b""
            found["certificate"] = hashlib.sha256(der).hexdigest()
        if wish.get("login"):
            try:
                found["login"] = client.login(*wish["login"])[0]
                found["relay_of_user"] = relays(client)
            except smtplib.SMTPException as error:
                found["login"] = type(error).__name__
    return found


print(json.dumps([seen(one) for one in json.load(sys.stdin)]))
