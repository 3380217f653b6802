# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mail program needs: the servers to fetch mail from and to send by, in order of choice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from .._domain.names import same
from .._model.intent import Intent
from .._model.observation import ESTABLISHED, OPEN

# How users log in: with their whole address, or with what stands before the @.
ADDRESS = "address"
LOCAL_PART = "local-part"
USERNAMES = (ADDRESS, LOCAL_PART)
# What carries the password itself, which TLS then protects (RFC 4616, RFC 1939).
PASSWORD_MECHANISMS = ("PLAIN", "LOGIN", "USER")
# IMAP first: some programs look at the first server alone (Geary).
_PROTOCOLS = ("imap", "pop3", "smtp")
# RFC 8314 section 3 prefers TLS from the first byte.
_MODES = ("implicit", "starttls")


@dataclass(frozen=True)
class Server:
    """One server: the service that offers it, its protocol (imap, pop3, smtp), host name, port,
    and TLS mode (implicit or starttls)."""

    service: str
    protocol: str
    host: str
    port: int
    tls: str

    @property
    def where(self) -> str:
        """Return the server in words."""
        return f"{self.host}:{self.port} ({self.protocol}, {self.tls})"


@dataclass(frozen=True)
class Settings:
    """What the users of one domain need. ``servers`` come in order of choice.

    ``username`` is one of USERNAMES; ``name`` is what programs call the provider; ``account`` is
    the address in files for programs that know no placeholders; ``secret`` the command by which
    they get the password, which no file holds.
    """

    domain: str
    servers: tuple[Server, ...]
    name: str
    username: str = ADDRESS
    account: str = ""
    secret: str = ""

    @property
    def incoming(self) -> tuple[Server, ...]:
        """Return the servers to fetch mail from."""
        return tuple(one for one in self.servers if one.protocol != "smtp")

    @property
    def outgoing(self) -> tuple[Server, ...]:
        """Return the servers to hand mail to."""
        return tuple(one for one in self.servers if one.protocol == "smtp")

    def first(self, protocol: str) -> Optional[Server]:
        """Return the server of choice for a protocol, or None."""
        return next((one for one in self.servers if one.protocol == protocol), None)

    @property
    def login(self) -> str:
        """Return the user name that belongs to ``account``."""
        return self.account if self.username == ADDRESS else self.account.rpartition("@")[0]


class SettingsError(ValueError):
    """Nothing that could be published, or nothing that was confirmed; one line for all."""


def servers_of(intents: Iterable[Intent]) -> tuple[Server, ...]:
    """Return the servers that the intents open for users, in order of choice.

    Left out is what mail programs must not be sent to: ports without a login, such as 25, and
    ports without TLS.
    """
    found = [
        Server(one.service, one.protocol, intent.server_name, one.port, one.tls)
        for intent in intents
        for one in intent.listeners
        if one.state == "open" and one.login != "none" and one.tls in _MODES
    ]
    return tuple(
        sorted(found, key=lambda one: (_PROTOCOLS.index(one.protocol), _MODES.index(one.tls)))
    )


def confirmed(
    servers: Sequence[Server], endpoints: Sequence[Mapping[str, Any]]
) -> tuple[list[Server], list[str]]:
    """Return the servers that a probe found usable, and why each of the others was not.

    ``endpoints`` are those of port_info. Every address of a server has to be open, speak TLS in
    the mode of the intent with a certificate that is trusted and valid for the name, and take a
    password inside TLS.
    """
    kept, left = [], []
    for server in servers:
        doubts = list(doubts_about(server, endpoints))
        if doubts:
            left.append(f"{server.where}: {'; '.join(doubts)}")
        else:
            kept.append(server)
    return kept, left


def endpoints_of(
    host: str, port: int, endpoints: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return what the probe saw at a port of a host, one for each address."""
    return [one for one in endpoints if one["port"] == port and same(one["host"], host)]


def doubts_about(server: Server, endpoints: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield why a probe does not show that users can use a server."""
    found = endpoints_of(server.host, server.port, endpoints)
    if not found:
        yield "it was not probed"
    for one in found:
        tls, inside = one["tls"], one["inside_tls"]
        if one["reach"] != OPEN:
            yield f"{one['address']} is {one['reach']}"
        elif one["tls_mode"] != server.tls or tls["status"] != ESTABLISHED:
            yield f"{one['address']} does not speak {server.tls} TLS"
        elif not tls["trusted"] or not tls["name_matches"]:
            yield f"{one['address']} has no certificate that is trusted for {server.host}"
        elif not any(name in PASSWORD_MECHANISMS for name in inside["mechanisms"] or ()):
            yield f"{one['address']} takes no password inside TLS"


def settings_of(
    intents: Sequence[Intent],
    domain: str,
    endpoints: Optional[Sequence[Mapping[str, Any]]] = None,
    **given: str,
) -> tuple[Settings, list[str]]:
    """Return the settings of a domain, and what was left out of them as not confirmed.

    ``endpoints``: publish only what this probe found usable; None to publish the intent. ``given``
    are fields of Settings. Raises SettingsError where no server is left for fetching or sending.
    """
    servers = servers_of(intents)
    left: list[str] = []
    if endpoints is not None:
        kept, left = confirmed(servers, endpoints)
        servers = tuple(kept)
    account = given.get("account") or f"your.name@{domain}"
    settings = Settings(
        domain,
        servers,
        name=given.get("name") or domain,
        username=given.get("username") or ADDRESS,
        account=account,
        secret=given.get("secret") or f"pass show mail/{account}",
    )
    for wanted, what in ((settings.incoming, "fetch mail"), (settings.outgoing, "send mail")):
        if not wanted:
            why = (
                f"the probe confirmed none: {' | '.join(left)}"
                if left
                else "open imaps and submissions in the intent, for example"
            )
            raise SettingsError(
                f"there is no port with TLS and a login where users could {what}: {why}"
            )
    return settings, left
