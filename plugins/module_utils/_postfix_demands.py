# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the settings of a Postfix listener must be, and when a user's own value is good as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ._intent import Listener
from ._master_find import plain_address
from ._services import SERVICES

MAY, ENCRYPT = "may", "encrypt"
MANAGED, KEEP = "managed", "keep"
NORMALIZE, REJECT = "normalize", "reject"
RELAY_PORT = SERVICES["smtp"].port
RELAY = "smtpd_relay_restrictions"
LISTS = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
    RELAY,
    "smtpd_recipient_restrictions",
)
_USERS_ONLY = "permit_sasl_authenticated,reject"
_SAFE_RELAY = "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination"
_REFUSALS = ("reject", "defer")
_RELAY_REFUSALS = (*_REFUSALS, "reject_unauth_destination", "defer_unauth_destination")
_VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_BOUND = re.compile(r"([<>])=\s*0*(\S+)")
_BARE = "smtpd_forbid_bare_newline"
# Postfix knows the value "normalize" since it has this parameter.
_BARE_CODE = "smtpd_forbid_bare_newline_reject_code"


@dataclass(frozen=True)
class Wanted:
    """What the server shall be. Empty values leave the server's own setting alone.

    ``listeners``: those of the intent that speak SMTP, open and closed. ``addresses`` are those to
    listen on, ``auth_socket`` where Dovecot answers about logins, as in smtpd_sasl_path. ``extra``
    holds options of single listeners by the name of the service, None to remove one.
    """

    listeners: tuple[Listener, ...]
    certificate: str = ""
    key: str = ""
    min_tls: str = "TLSv1.2"
    addresses: tuple[str, ...] = ()
    auth_socket: str = "private/auth"
    public_mx: bool = True
    smtp_tls: str = MAY
    relay_restrictions: str = MANAGED
    bare_newline: str = NORMALIZE
    extra: Mapping[str, Mapping[str, Optional[str]]] = field(default_factory=dict)

    @property
    def open(self) -> list[Listener]:
        """Return the listeners that are meant to be open."""
        return [one for one in self.listeners if one.state == "open"]


@dataclass(frozen=True)
class Demand:
    """One setting: the value to write where the one in force is not ``good``."""

    name: str
    value: str
    good: Callable[[str], bool]


def words(value: str) -> list[str]:
    """Return the words of a list, separated by commas or white space."""
    return [word for word in re.split(r"[,\s]+", value) if word]


def everywhere(
    wanted: Wanted, version: tuple[int, int], known: Collection[str]
) -> Iterator[Demand]:
    """Yield what must hold for every listener; ``known`` are the parameters of this Postfix."""
    if wanted.certificate:
        # The key comes first; one file may hold both.
        chain = list(dict.fromkeys([wanted.key, wanted.certificate]))
        yield _list("smtpd_tls_chain_files", chain)
    for name in ("smtpd_tls_protocols", "smtpd_tls_mandatory_protocols"):
        yield _protocols(name, wanted.min_tls, version)
    if any(one.login != "none" for one in wanted.open):
        yield _word("smtpd_tls_auth_only", "yes")
        if wanted.auth_socket:
            yield _word("smtpd_sasl_type", "dovecot")
            yield Demand("smtpd_sasl_path", wanted.auth_socket, wanted.auth_socket.__eq__)
    if wanted.bare_newline != KEEP and _BARE in known:
        yield _bare_newline(wanted.bare_newline, _BARE_CODE in known)


def of_server(wanted: Wanted, restrictions: Mapping[str, str]) -> Iterator[Demand]:
    """Yield what must hold in main.cf alone; ``restrictions`` are those in force."""
    yield Demand("smtpd_tls_security_level", MAY, lambda value: value not in ("", "none"))
    if wanted.relay_restrictions == MANAGED:
        by_recipient = refuses_relay(restrictions["smtpd_recipient_restrictions"])
        yield Demand(RELAY, _SAFE_RELAY, lambda value: by_recipient or refuses_relay(value))
    if wanted.addresses:
        yield _list("inet_interfaces", wanted.addresses)


def of_listener(one: Listener, wanted: Wanted, restrictions: Mapping[str, str]) -> Iterator[Demand]:
    """Yield what must hold for one open listener; ``restrictions`` are those in force there."""
    implicit = one.tls == "implicit"
    yield _word("smtpd_tls_wrappermode", "yes" if implicit else "no")
    if not implicit:
        yield _word("smtpd_tls_security_level", level(one, wanted))
    yield _word("smtpd_sasl_auth_enable", "no" if one.login == "none" else "yes")
    if one.login == "required":
        users_only = any(
            "permit_sasl_authenticated" in value and _refuses(value, _REFUSALS)
            for value in restrictions.values()
        )
        yield Demand(RELAY, _USERS_ONLY, lambda value: users_only)


def level(one: Listener, wanted: Wanted) -> str:
    """Return the TLS security level of a listener with STARTTLS (RFC 3207 section 4: a server that
    strangers send mail to must not ask for TLS)."""
    if one.port == RELAY_PORT:
        return wanted.smtp_tls
    return MAY if one.login == "none" else ENCRYPT


def refuses_relay(value: str) -> bool:
    """Tell whether a restriction list ends by refusing what is not for this host."""
    return _refuses(value, _RELAY_REFUSALS)


def _refuses(value: str, refusals: Sequence[str]) -> bool:
    for word in words(value):
        if word == "permit":
            return False
        if word in refusals:
            return True
    return False


def barred(value: str) -> frozenset[str]:
    """Return the TLS versions that a list of protocols shuts out, in either spelling."""
    found: set[str] = set()
    for sign, bound in _BOUND.findall(value):
        if bound in _VERSIONS:
            place = _VERSIONS.index(bound)
            found.update(_VERSIONS[:place] if sign == ">" else _VERSIONS[place + 1 :])
    plain = words(_BOUND.sub(" ", value))
    found.update(word[1:] for word in plain if word.startswith("!"))
    included = {word for word in plain if not word.startswith("!")}
    if included:
        found.update(set(_VERSIONS) - included)
    return frozenset(found)


def _protocols(name: str, lowest: str, version: tuple[int, int]) -> Demand:
    older = _VERSIONS[: _VERSIONS.index(lowest)]
    bounds = f">={lowest}"
    value = bounds if version >= (3, 6) else ", ".join(f"!{tls}" for tls in older)
    # SSLv2 is in no OpenSSL that Postfix 3.5 builds with; lists that do not name it are as good.
    return Demand(name, value, lambda now: barred(now) | {"SSLv2"} == frozenset(older))


def _bare_newline(wish: str, new: bool) -> Demand:
    good = (REJECT,) if wish == REJECT else ("yes", NORMALIZE, REJECT)
    return Demand(_BARE, wish if new else "yes", lambda now: now in (good if new else ("yes",)))


def _word(name: str, value: str) -> Demand:
    return Demand(name, value, lambda now: now.lower() == value)


def _list(name: str, wish: Sequence[str]) -> Demand:
    plain = [plain_address(word) for word in wish]
    value = ", ".join(wish)
    return Demand(name, value, lambda now: [plain_address(word) for word in words(now)] == plain)
