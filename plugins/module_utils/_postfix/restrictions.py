# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom Postfix's restriction lists let through: users, strangers, everybody; pure functions."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

RELAY = "smtpd_relay_restrictions"
RECIPIENT = "smtpd_recipient_restrictions"
LISTS = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
    RELAY,
    RECIPIENT,
)
USERS = "permit_sasl_authenticated"
_NETWORKS = "permit_mynetworks"
_REFUSALS = ("reject", "defer")
_NO_RELAY = ("reject_unauth_destination", "defer_unauth_destination")
# What lets the host's own clients through, and no stranger.
_OWN_CLIENTS = (
    USERS,
    _NETWORKS,
    "permit_inet_interfaces",
    "permit_tls_clientcerts",
    "permit_tls_all_clientcerts",
)
# Larger networks than any that one operator has, fc00::/7 and 10.0.0.0/8 excepted.
_SHORTEST = {4: 8, 6: 7}
_BRACED = re.compile(r"\{[^{}]*\}")


def words(value: str) -> list[str]:
    """Return the words of a list, separated by commas or white space."""
    return [word for word in re.split(r"[,\s]+", value) if word]


def trusts_everybody(networks: str) -> bool:
    """Tell whether ``mynetworks`` holds strangers. Tables and files in it are not looked into."""
    for word in words(networks):
        try:
            network = ipaddress.ip_network(re.sub(r"[\[\]]", "", word), strict=False)
        except ValueError:
            continue
        if network.prefixlen < _SHORTEST[network.version]:
            return True
    return False


def refuses_relay(value: str, *, wide: bool = False) -> bool:
    """Tell whether a list refuses what is not for this host, before it permits everybody.

    ``wide``: whether ``mynetworks`` holds everybody.
    """
    for word in _steps(value):
        if word == "permit" or (wide and word == _NETWORKS):
            return False
        if word in _REFUSALS + _NO_RELAY:
            return True
    return False


def users_alone(value: str, *, wide: bool = False) -> bool:
    """Tell whether a list permits those who have logged in and refuses all strangers."""
    seen = False
    for word in _steps(value):
        if word == "permit" or (wide and word == _NETWORKS):
            return False
        if word in _REFUSALS:
            return seen
        seen = seen or word == USERS
    return False


def bars_users(value: str) -> bool:
    """Tell whether a list refuses those who have logged in, or will not relay for them."""
    return _first(value, (USERS, "permit"), _REFUSALS + _NO_RELAY)


def bars_users_from_relaying(value: str) -> bool:
    """Tell whether a list, made for the mail of strangers, will not relay for users."""
    return _first(value, (USERS, "permit", *_REFUSALS), _NO_RELAY)


def bars_strangers(value: str) -> bool:
    """Tell whether a list takes mail from the host's own clients and users alone."""
    for word in _steps(value):
        if word not in _OWN_CLIENTS:
            return word in _REFUSALS
    return False


def _first(value: str, good: tuple[str, ...], bad: tuple[str, ...]) -> bool:
    """Tell whether one of ``bad`` comes in a list before any of ``good``."""
    for word in _steps(value):
        if word in good + bad:
            return word in bad
    return False


def _steps(value: str) -> Iterator[str]:
    """Yield the words that decide: not what is only logged, nor what stands inside braces."""
    found = iter(words(_BRACED.sub(" ", value)))
    for word in found:
        if word == "warn_if_reject":
            next(found, None)
        else:
            yield word
