# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read results of this collection's modules that were registered as variables."""

from __future__ import annotations

from collections.abc import Iterator

from ....module_utils._model.services import TLS_MODES
from ..facts import LISTENER, Fact, Flaw, Mention, Place
from ..tree.nodes import Scalar, Table, target
from ..tree.scope import Scope
from ..words.mail_words import truth
from ..words.values import number
from .intents import row_for

# Rows by keys that only they have, and the key that holds the TLS mode.
_ENDPOINT = frozenset(("service", "protocol", "port", "reach", "tls_mode", "before_tls"))
_CONFIGURED = frozenset(("service", "protocol", "port", "tls", "clear_login", "server"))
# Rows about the process that holds a port, and findings: the row of the port says more.
_BESIDE = (
    frozenset(("port", "pid", "program", "unit")),
    frozenset(("rule", "severity", "remedy", "port")),
)


def is_result(table: Table) -> bool:
    """Tell whether a mapping is a row of a result."""
    keys = set(table.keys)
    return any(wanted <= keys for wanted in (_ENDPOINT, _CONFIGURED, *_BESIDE))


def result_facts(table: Table, scope: Scope, path: str) -> Iterator[Fact]:
    """Yield the port of a row with its TLS mode, and a flaw if it offers login in cleartext."""
    keys = set(table.keys)

    def text(name: str) -> str:
        return scope.text(table.get(name)).strip().lower()

    if keys >= _ENDPOINT:
        if text("reach") != "open":
            return
        before = target(table.get("before_tls"))
        clear = scope.text(before.get("login")) if isinstance(before, Table) else ""
        mode = text("tls_mode")
    elif keys >= _CONFIGURED:
        clear, mode = text("clear_login"), text("tls")
    else:
        return
    at = target(table.get("port"))
    port = number(text("port"))
    row = row_for(text("service"), port, text("protocol"), mode)
    if row is None or not isinstance(at, Scalar):
        return
    place = Place(at.line, at.column, path)
    known = mode if mode in TLS_MODES else None
    yield Mention(row, port, LISTENER, place, text("service"), tls=known)
    if truth(clear):
        yield Flaw("login-before-tls", place, {"seen": text("service")}, row.name, port)
