# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The intended state as frozen values: every service of the table, open or closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .policy import Policy, policy_from
from .services import SERVICES


@dataclass(frozen=True)
class Listener:
    """One service as intended (or configured) on one port of a host.

    ``state`` is open or closed, ``tls`` implicit, starttls or cleartext, ``login`` required,
    optional or none; ``named`` is False for a service that the intent leaves out, which makes it
    closed.
    """

    service: str
    protocol: str
    port: int
    tls: str
    login: str
    state: str
    named: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the listener as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Intent:
    """What one host is meant to serve. ``addresses``: empty for all that the DNS has."""

    host: str
    server_name: str
    addresses: tuple[str, ...]
    policy: Policy
    listeners: tuple[Listener, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the intent, expanded, as plain data."""
        return {
            "host": self.host,
            "server_name": self.server_name,
            "addresses": list(self.addresses),
            "policy": self.policy.name,
            "listeners": [listener.to_dict() for listener in self.listeners],
        }


def expand(data: Mapping[str, Any]) -> Intent:
    """Return the intent that ``data`` describes, every key filled from the table and the policy.

    ``data`` has been judged by the JSON Schema of the intent (on the controller). Without
    ``services`` the policy's own choice is open. Order: as in the table, then own services.
    """
    policy = policy_from(data.get("policy"))
    services = data.get("services")
    if services is None:
        services = {name: {} for name in policy.default_open}
    host = data["host"]
    return Intent(
        host=host,
        server_name=data.get("server_name", host),
        addresses=tuple(data.get("addresses", ())),
        policy=policy,
        listeners=tuple(_listeners(services)),
    )


def _listeners(services: Mapping[str, Any]) -> Iterator[Listener]:
    """Yield a listener for each service of the table and each of the user's own.

    A port of the table is closed unless the intent gives it to a service: also when its own
    service is named, but on another port.
    """
    named = [_listener(name, given or {}) for name, given in services.items()]
    taken = {listener.port for listener in named}
    for name, row in SERVICES.items():
        yield from (listener for listener in named if listener.service == name)
        if row.port not in taken:
            yield Listener(name, row.protocol, row.port, row.tls, row.login, "closed", named=False)
    yield from (listener for listener in named if listener.service not in SERVICES)


def _listener(name: str, given: Mapping[str, Any]) -> Listener:
    """Return the listener of a named service; one that the table lacks says all by itself."""
    row = SERVICES[name].to_dict() if name in SERVICES else {"login": "required"}
    merged = {**row, **given}
    return Listener(
        service=name,
        protocol=merged["protocol"],
        port=merged["port"],
        tls=merged["tls"],
        login=merged["login"],
        state=merged.get("state", "open"),
    )
