# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an intent: each service that it opens, with its TLS mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from ....module_utils._model.services import PROTOCOLS, SERVICES, TLS_MODES, Service, by_port
from ..facts import IMPLICIT, LISTENER, STARTTLS, Fact, Mention, Place
from ..tree.nodes import Scalar, Table, target
from ..tree.scope import Scope
from ..words.values import number

NAME = "mailports_intent"
_CLEAR = ("none", "off", "clear", "no", "false", "plain")


def is_intent(table: Table, path: str) -> bool:
    """Tell whether a mapping is an intent."""
    services = target(table.get("services"))
    if not isinstance(services, Table):
        return False
    if path.rpartition(".")[2] == NAME:
        return True
    known = [key for key in services.keys if key in SERVICES]
    others = [
        node
        for _key, node in services.items
        if isinstance(target(node), Table) and "image" in getattr(target(node), "keys", ())
    ]
    return bool(known) and "host" in table.keys and not others


def intent_facts(table: Table, scope: Scope, path: str) -> Iterator[Fact]:
    """Yield a mention for each service that is meant to be open."""
    services = target(table.get("services"))
    if not isinstance(services, Table):
        return
    for key, node in services.items:
        given = target(node)
        fields = given if isinstance(given, Table) else Table(())
        if scope.text(fields.get("state")).lower() == "closed":
            continue
        at: Scalar = key
        row = SERVICES.get(key.text)
        port = row.port if row else 0
        written = target(fields.get("port"))
        if isinstance(written, Scalar):
            port = number(scope.text(written))
            at = written
        tls = scope.text(fields.get("tls")).lower()
        mode = tls if tls in TLS_MODES else "cleartext" if tls in _CLEAR else ""
        row = row_for(key.text, port, scope.text(fields.get("protocol")), mode)
        if row is None:
            continue
        place = Place(at.line, at.column, f"{path}.services.{key.text}" if path else key.text)
        yield Mention(row, port, LISTENER, place, key.text, tls=mode or row.tls)


def row_for(name: str, port: int, protocol: str, mode: str) -> Optional[Service]:
    """Return the row of a service by its name or port, or one of the user's own; else None."""
    return SERVICES.get(name) or by_port(port) or _own(name, port, protocol, mode)


def _own(name: str, port: int, protocol: str, mode: str) -> Optional[Service]:
    """Return a row for a service that the user defines, with the mode that it is given."""
    if protocol not in PROTOCOLS:
        return None
    tls = mode if mode in (IMPLICIT, STARTTLS) else STARTTLS
    return Service(name, protocol, port, tls, "required", "", "the intent")
