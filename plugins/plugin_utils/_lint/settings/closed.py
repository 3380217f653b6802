# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a mapping describes something that is closed, refused, absent or not TCP."""

from __future__ import annotations

from ..tree.nodes import Table
from ..tree.scope import Scope
from ..words.keys import PORT_LIKE, PROTOCOL_KEYS, STATE_KEYS, STATES
from ..words.mail_words import tokens, truth

# What the jails of fail2ban have beside the ports that they close to those they ban.
_JAIL = frozenset(("logpath", "maxretry", "findtime", "bantime"))


def is_off(table: Table, scope: Scope) -> bool:
    """Tell whether a mapping describes what is closed, refused or absent."""
    for name in STATE_KEYS:
        if scope.text(table.get(name)).strip().lower() in STATES:
            return True
    if not is_tcp(table, scope) and any(set(tokens(key)) & PORT_LIKE for key in table.keys):
        return True
    for name in ("enabled", "enable", "active", "permitted"):
        text = scope.text(table.get(name)).strip()
        if text and truth(text) is False:
            return True
    return False


def is_jail(table: Table) -> bool:
    """Tell whether a mapping is one jail of fail2ban, and not settings of which some are its."""
    keys = set(table.keys)
    return bool(keys & _JAIL) and bool(keys & {"port", "ports"})


def is_tcp(table: Table, scope: Scope) -> bool:
    """Tell whether the protocol that a mapping names can be TCP (or it names none)."""
    named = (node for key, node in table.items if tokens(key.text) in PROTOCOL_KEYS)
    return all(
        scope.text(node).strip().lower() not in ("udp", "icmp", "sctp", "esp") for node in named
    )
