# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask mail ports what they do, with the standard library's clients; JSON in, JSON out.

It runs on the controller. It shares nothing with the product's probe: the two can disagree.
"""

from __future__ import annotations

import contextlib
import imaplib
import json
import poplib
import smtplib
import ssl
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

CLIENTS = {
    "smtp": (smtplib.SMTP, smtplib.SMTP_SSL),
    "imap": (imaplib.IMAP4, imaplib.IMAP4_SSL),
    "pop3": (poplib.POP3, poplib.POP3_SSL),
}
ERRORS = (OSError, smtplib.SMTPException, imaplib.IMAP4.error, poplib.error_proto, EOFError)
SECONDS = 2.0


def context(ca_file: str = "", *, old: bool = False) -> ssl.SSLContext:
    """Return settings that check all against ``ca_file``, or nothing; ``old`` is TLS 1.1 only."""
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_ciphers("ALL:@SECLEVEL=0")
    if old:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1_1
    return made


def connect(protocol: str, target: dict[str, Any], settings: ssl.SSLContext | None) -> Any:
    """Return a client after the greeting, behind TLS at once when ``settings`` are given."""
    plain, secure = CLIENTS[protocol]
    where = (target["address"], target["port"])
    timeout = target.get("seconds", SECONDS)
    if settings is None:
        return plain(*where, timeout=timeout)
    if protocol == "imap":
        return secure(*where, ssl_context=settings, timeout=timeout)
    return secure(*where, context=settings, timeout=timeout)


def secure(protocol: str, client: Any, settings: ssl.SSLContext) -> None:
    """Start TLS inside the conversation; raises one of ERRORS when it is not offered or fails."""
    if protocol == "smtp":
        # OpenSMTPD refuses a second EHLO.
        client.ehlo_or_helo_if_needed()
        code, text = client.starttls(context=settings)
        if code != 220:
            raise smtplib.SMTPException(f"{code} {text!r}")
        client.ehlo_or_helo_if_needed()
    elif protocol == "imap":
        client.starttls(settings)
    else:
        client.stls(settings)


def login(protocol: str, client: Any, user: str, password: str) -> bool:
    """Return whether the server lets the user in."""
    try:
        if protocol == "pop3":
            client.user(user)
            client.pass_(password)
        else:
            client.login(user, password)
    except ERRORS:
        return False
    return True


def offers_login(protocol: str, client: Any) -> bool:
    """Return whether the server's capabilities offer a login with a password now."""
    if protocol == "smtp":
        client.ehlo_or_helo_if_needed()
        return bool(client.has_extn("auth"))
    if protocol == "imap":
        client._get_capabilities()
        return "LOGINDISABLED" not in client.capabilities
    return "USER" in client.capa()


def facts(target: dict[str, Any]) -> dict[str, Any]:
    """Return what one port does.

    ``target`` holds address, port, name, protocol, user, password, ca_file and tls, the mode that
    is tried first: a server behind TLS and a client in clear would wait for each other.
    """
    protocol = target["protocol"]
    tries = [_clear, _implicit]
    if target["tls"] == "implicit":
        tries.reverse()
    found: dict[str, Any] = {"greeting": "", "clear_login": None, "tls": "", "login": None}
    for attempt in tries:
        first = found.get("error")
        found |= attempt(protocol, target)
        if first and found["error"]:
            found["error"] = first
        if found["tls"] or found["greeting"] or found["error"] == "ConnectionRefusedError":
            break
    if found["tls"]:
        found["old_tls"] = _handshake(protocol, target, found["tls"], context(old=True)) == ""
        found["trust"] = _handshake(protocol, target, found["tls"], context(target["ca_file"]))
        found["login"] = _behind_tls(protocol, target, found["tls"])
    return found


def _clear(protocol: str, target: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"error": ""}
    try:
        client = connect(protocol, target, None)
        with contextlib.closing(client.sock):
            found["greeting"] = "clear"
            found["clear_login"] = offers_login(protocol, client)
            secure(protocol, client, context())
            found["tls"] = "starttls"
    except ERRORS as error:
        found["error"] = str(getattr(error, "smtp_code", type(error).__name__))
    return found


def _implicit(protocol: str, target: dict[str, Any]) -> dict[str, Any]:
    try:
        client = connect(protocol, target, context())
    except ERRORS as error:
        return {"error": type(error).__name__}
    client.sock.close()
    return {"tls": "implicit", "error": ""}


def _open(protocol: str, target: dict[str, Any], mode: str, settings: ssl.SSLContext) -> Any:
    if mode == "implicit":
        return connect(protocol, target, settings)
    client = connect(protocol, target, None)
    try:
        secure(protocol, client, settings)
    except BaseException:
        client.sock.close()
        raise
    return client


def _handshake(protocol: str, target: dict[str, Any], mode: str, settings: ssl.SSLContext) -> str:
    """Return "" when a handshake with these settings succeeds, or why not."""
    named = dict(target, address=target["name"]) if settings.check_hostname else target
    try:
        _open(protocol, named, mode, settings).sock.close()
    except ssl.SSLCertVerificationError as error:
        return str(error.verify_message)
    except ERRORS as error:
        return type(error).__name__
    return ""


def _behind_tls(protocol: str, target: dict[str, Any], mode: str) -> bool | str:
    """Return whether the login succeeds behind TLS, or why it could not be tried."""
    try:
        client = _open(protocol, target, mode, context())
        with contextlib.closing(client.sock):
            if not offers_login(protocol, client):
                return "not offered"
            return login(protocol, client, target["user"], target["password"])
    except ERRORS as error:
        return type(error).__name__


if __name__ == "__main__":
    with ThreadPoolExecutor(16) as pool:
        json.dump(list(pool.map(facts, json.load(sys.stdin))), sys.stdout)
