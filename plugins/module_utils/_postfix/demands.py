# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the settings of a Postfix listener must be, and when a user's own value is good as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from .._model.intent import Listener
from .._model.services import SERVICES
from .files.master_find import plain_address
from .restrictions import (
    RECIPIENT,
    RELAY,
    USERS,
    bars_users,
    bars_users_from_relaying,
    refuses_relay,
    users_alone,
    words,
)

MAY, ENCRYPT = "may", "encrypt"
MANAGED, KEEP = "managed", "keep"
NORMALIZE, REJECT = "normalize", "reject"
RELAY_PORT = SERVICES["smtp"].port
_USERS_ONLY = f"{USERS},reject"
_SAFE_RELAY = f"permit_mynetworks, {USERS}, defer_unauth_destination"
# Where mynetworks holds everybody: of the clients without a login, those of this host alone.
_SAFE_WIDE = f"permit_inet_interfaces, {USERS}, defer_unauth_destination"
CHAIN = "smtpd_tls_chain_files"
# Where a chain is set these are idle, and Postfix warns of them at every connection.
LEGACY = ("smtpd_tls_cert_file", "smtpd_tls_eccert_file", "smtpd_tls_dcert_file")
CERTIFICATES = (CHAIN, *LEGACY)
LEGACY_KEYS = ("smtpd_tls_key_file", "smtpd_tls_eckey_file", "smtpd_tls_dkey_file")
LOWEST_TLS = "TLSv1.2"
_VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_BOUND = re.compile(r"([<>])=\s*0*(\S+)")
_BARE = "smtpd_forbid_bare_newline"
# Postfix knows the value "normalize" since it has this parameter.
_BARE_CODE = "smtpd_forbid_bare_newline_reject_code"


@dataclass(frozen=True)
class Wanted:
    """What the server shall be. Empty values leave the server's own setting alone.

    ``listeners``: those of the intent that speak SMTP, open and closed. ``addresses`` are those to
    listen on. ``min_tls`` is the lowest TLS version; without it TLS 1.2, and what is stricter
    stays. ``auth_socket`` is where Dovecot answers about logins, as in smtpd_sasl_path; with None
    whoever answers now goes on, and where nobody does it is private/auth. ``extra`` holds options
    of single listeners by the name of the service, None to remove one.
    """

    listeners: tuple[Listener, ...]
    certificate: str = ""
    key: str = ""
    min_tls: str = ""
    addresses: tuple[str, ...] = ()
    auth_socket: Optional[str] = None
    public_mx: bool = True
    smtp_tls: str = MAY
    relay_restrictions: str = MANAGED
    bare_newline: str = NORMALIZE
    extra: Mapping[str, Mapping[str, Optional[str]]] = field(default_factory=dict)

    @property
    def chain(self) -> list[str]:
        """Return the files of the certificate: the key comes first, and one file may hold both."""
        return list(dict.fromkeys([self.key, self.certificate])) if self.certificate else []

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


@dataclass(frozen=True)
class Restrictions:
    """The restriction lists in force, by name, and whether ``mynetworks`` holds everybody."""

    lists: Mapping[str, str]
    wide: bool = False

    @property
    def no_relay(self) -> bool:
        """Return whether the relay list, or in its place the recipient list, refuses relaying."""
        return any(refuses_relay(self.lists[name], wide=self.wide) for name in (RELAY, RECIPIENT))

    @property
    def safe_relay(self) -> str:
        """Return a relay list for users and this host's own clients, and for nobody else."""
        return _SAFE_WIDE if self.wide else _SAFE_RELAY


def everywhere(
    wanted: Wanted,
    version: tuple[int, int],
    known: Collection[str],
    answerer: Optional[tuple[str, str]],
) -> Iterator[Demand]:
    """Yield what must hold for every listener; ``known`` are the parameters of this Postfix,
    ``answerer`` type and path of who is to answer about logins, None to leave that alone."""
    if wanted.certificate:
        yield _list(CHAIN, wanted.chain)
    for name in ("smtpd_tls_protocols", "smtpd_tls_mandatory_protocols"):
        yield _protocols(name, wanted.min_tls, version)
    if any(one.login != "none" for one in wanted.open):
        yield _word("smtpd_tls_auth_only", "yes")
        if answerer is not None:
            kind, path = answerer
            yield _word("smtpd_sasl_type", kind)
            yield Demand("smtpd_sasl_path", path, path.__eq__)
    if wanted.bare_newline != KEEP and _BARE in known:
        yield _bare_newline(wanted.bare_newline, _BARE_CODE in known)


def of_server(wanted: Wanted, now: Restrictions) -> Iterator[Demand]:
    """Yield what must hold in main.cf alone; ``now`` are the restrictions in force."""
    yield Demand("smtpd_tls_security_level", MAY, lambda value: value not in ("", "none"))
    if wanted.relay_restrictions == MANAGED:
        yield Demand(RELAY, now.safe_relay, lambda value: now.no_relay)
    if wanted.addresses:
        yield _list("inet_interfaces", wanted.addresses)


def of_listener(one: Listener, wanted: Wanted, now: Restrictions) -> Iterator[Demand]:
    """Yield what must hold for one open listener; ``now`` are the restrictions in force there."""
    implicit = one.tls == "implicit"
    yield _word("smtpd_tls_wrappermode", "yes" if implicit else "no")
    if not implicit:
        yield _word("smtpd_tls_security_level", level(one, wanted))
    yield _word("smtpd_sasl_auth_enable", "no" if one.login == "none" else "yes")
    if one.login != "none":
        yield from _of_users(one, wanted, now)
    elif wanted.relay_restrictions == MANAGED:
        yield Demand(RELAY, now.safe_relay, lambda value: now.no_relay)


def _of_users(one: Listener, wanted: Wanted, now: Restrictions) -> Iterator[Demand]:
    """Yield the restrictions of a listener where users log in: they may relay, and where a login
    is required nobody else may do anything."""
    lists = dict(now.lists)
    if bars_users_from_relaying(lists[RECIPIENT]):
        lists[RECIPIENT] = ""
        yield Demand(RECIPIENT, "", lambda value: not value)
    barred = bars_users(lists[RELAY])
    if one.login == "required":
        alone = any(users_alone(value, wide=now.wide) for value in lists.values())
        yield Demand(RELAY, _USERS_ONLY, lambda value: alone and not barred)
    else:
        closed = now.no_relay or wanted.relay_restrictions != MANAGED
        yield Demand(RELAY, now.safe_relay, lambda value: closed and not barred)


def level(one: Listener, wanted: Wanted) -> str:
    """Return the TLS security level of a listener with STARTTLS (RFC 3207 section 4: a server that
    strangers send mail to must not ask for TLS)."""
    if one.port == RELAY_PORT:
        return wanted.smtp_tls
    return MAY if one.login == "none" else ENCRYPT


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


def _protocols(name: str, asked: str, version: tuple[int, int]) -> Demand:
    """Return the demand for the TLS version that is asked for, or else for one that is new enough;
    that it is the same on all listeners is then not asked."""
    lowest = asked or LOWEST_TLS
    older = frozenset(_VERSIONS[: _VERSIONS.index(lowest)])
    bounds = f">={lowest}"
    excluded = ", ".join(f"!{tls}" for tls in _VERSIONS if tls in older)

    def good(now: str) -> bool:
        # SSLv2 is in no OpenSSL that Postfix 3.5 builds with; lists need not name it.
        out = barred(now) | {"SSLv2"}
        return out == older if asked else older <= out < frozenset(_VERSIONS)

    return Demand(name, bounds if version >= (3, 6) else excluded, good)


def _bare_newline(wish: str, new: bool) -> Demand:
    good = (REJECT,) if wish == REJECT else ("yes", NORMALIZE, REJECT)
    return Demand(_BARE, wish if new else "yes", lambda now: now in (good if new else ("yes",)))


def _word(name: str, value: str) -> Demand:
    return Demand(name, value, lambda now: now.lower() == value)


def _list(name: str, wish: Sequence[str]) -> Demand:
    plain = [plain_address(word) for word in wish]
    value = ", ".join(wish)
    return Demand(name, value, lambda now: [plain_address(word) for word in words(now)] == plain)
