# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys beside a port that belong to it, and what they say about TLS and logins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from ....module_utils._model.services import Service
from ..facts import CLEARTEXT, IMPLICIT, OPTIONAL, SOME, STARTTLS, Place
from ..tree.nodes import UNKNOWN, Scalar, Table, target
from ..tree.scope import Scope
from ..words.mail_words import (
    PRODUCTS,
    UNSET,
    plain_word,
    protocols,
    says_tls,
    speaks_host,
    tokens,
    truth,
)
from ..words.sets import word_set
from ..words.values import endpoint, is_local

LOGIN = word_set(
    "user username login password passwd pass auth sasl credentials authentication authenticate "
    "userid secret authuser authpass authusername authpassword"
)
HOST = word_set(
    "host hostname server address addr smarthost relayhost relay url uri servername serverhost fqdn"
)
# Keys that name the host of the whole mapping.
_ONLY_HOST = frozenset(("host", "hostname", "server", "url", "address"))
_FILLERS = word_set(
    "use enable enabled require required with is has connection conn auto mode type method policy "
    "force always allow opportunistic name id mechanism do should want over tls ssl starttls stls "
    "secure security encryption crypto encrypt encrypted sockettype wrappermode implicit explicit "
    "crypt the on out outgoing incoming inbound outbound server client port ports transport "
    "disable disabled skip verify insecure protocol scheme properties options settings "
    "level"
)
_ABOUT_LOGINS = frozenset(("scheme", "policy", "method", "mechanism", "type", "mode"))
MANY = 20
_LISTENING = frozenset(("listen", "bind", "listener", "listening", "bindaddress"))
_GENERIC = LOGIN | HOST | _FILLERS | _LISTENING
# Roundcube, which knows TLS by the scheme of a host alone: its names, and keys that only it has.
_ROUNDCUBE = word_set("roundcube roundcubemail")
_OF_ROUNDCUBE = (("des", "key"), ("db", "dsnw"))
_EVERYWHERE = ("0.0.0.0", "::", "[::]", "*", "")  # noqa: S104 (values to compare with)


@dataclass(frozen=True)
class Pair:
    """A key, by its words, and its value."""

    words: tuple[str, ...]
    key: Scalar
    value: Scalar


@dataclass(frozen=True)
class Around:
    """What the keys beside a port say; the fields are those of a Mention.

    ``by`` is ssl where a switch of that name alone decided that there is no TLS;
    ``bound`` where the listener is bound to this very machine; ``form`` where a server or a user
    can be given and is not.
    """

    tls: Optional[str] = None
    login: Optional[bool] = None
    local: bool = False
    host: bool = False
    disabled: bool = False
    tls_place: Optional[Place] = None
    by: str = ""
    bound: bool = False
    form: bool = False


def pairs(table: Table, deep: bool = True) -> Iterator[Pair]:
    """Yield the scalar settings of a mapping, and those of its helpers (auth, tls)."""
    for key, node in table.items:
        value = target(node)
        words = tokens(key.text)
        if isinstance(value, Scalar):
            yield Pair(words, key, value)
        elif deep and isinstance(value, Table) and words and set(words) <= _GENERIC:
            for pair in pairs(value, deep=False):
                yield Pair(words + pair.words, pair.key, pair.value)


def around(
    prefix: tuple[str, ...], row: Service, neighbours: Sequence[Pair], scope: Scope
) -> Around:
    """Return what the neighbours say that belong to the port whose key has the words ``prefix``."""
    near: list[tuple[str, Place]] = []
    far: list[tuple[str, Place]] = []
    login: Optional[bool] = None
    local = host = disabled = bound = form = False
    servers: list[str] = []
    # Nodemailer's own shape, in which secure means from the first byte.
    nested = any(len(pair.words) > 1 and pair.words[0] == "auth" for pair in neighbours)
    # Among many settings, a user or a switch without the port's own words belongs to others.
    strict = len(neighbours) > MANY and bool(protocols(prefix))
    strict = strict or (bool(protocols(prefix)) and has_other_host(neighbours, scope))
    for pair in neighbours:
        if strict and not protocols(pair.words):
            continue
        words = _own_words(pair.words, prefix, row.protocol)
        if words is None:
            continue
        text = plain_word(scope.text(pair.value))
        tls = says_tls(words, text)
        if nested and words == ("secure",) and truth(text):
            tls = IMPLICIT
        place = Place(pair.value.line or pair.key.line, pair.value.column)
        if tls:
            # What bears the port's own words counts before what speaks of mail in general.
            own = not protocols(pair.words) or not protocols(prefix)
            (near if own or set(pair.words) & set(prefix) else far).append((tls, place))
        elif set(words) & LOGIN and _names_login(words):
            login = _login(words, text, login)
            form = form or text.lower() in UNSET
        elif set(words) & _LISTENING:
            bound = bound or _is_local(text)
        elif set(words) & HOST and _names_host(words):
            host = host or _is_host(text)
            if protocols(set(pair.words) - PRODUCTS):
                servers.append(text)
            form = form or text.lower() in UNSET
            local = local or _is_local(text)
        elif words and set(words) <= {"enabled", "enable", "active"} and truth(text) is False:
            disabled = disabled or bool(text)
    signs = near or far
    mode, at = _combined(signs, row)
    needs = row.tls == STARTTLS and row.login == "required"
    plain = bool(servers) and all(map(_is_plain, servers))
    if needs and not signs and plain and _is_roundcube(prefix, neighbours, scope):
        mode = CLEARTEXT
        # By default it logs in as its own user.
        login = not form if login is None else login
    by = "ssl" if {mark for mark, _place in signs} == {"no-ssl"} else ""
    return Around(mode, login, local, host, disabled, at, by, bound, form)


def has_other_host(neighbours: Sequence[Pair], scope: Scope) -> bool:
    """Tell whether the host of a mail server stands beside another one.

    Then a user or a switch that does not say whose it is belongs to that other host.
    """
    of_mail = other = False
    for pair in neighbours:
        words = set(pair.words)
        if protocols(words):
            of_mail = of_mail or (bool(words & HOST) and _names_host(pair.words))
        elif words <= _ONLY_HOST:
            text = scope.text(pair.value)
            other = other or (_is_host(text) and "@" not in text and not speaks_host(text))
    return of_mail and other


def _own_words(
    words: tuple[str, ...], prefix: tuple[str, ...], protocol: str
) -> Optional[tuple[str, ...]]:
    """Return the words of a neighbour without what it shares with the port's key.

    None where it belongs to something else: another protocol, or another part of the system.
    """
    shared = set(prefix)
    rest = tuple(word for word in words if word not in shared or word in _GENERIC)
    own = []
    for word in rest:
        speaks = protocols((word,))
        if speaks and (protocol not in speaks or word in PRODUCTS):
            return None
        if word not in _GENERIC and word not in shared and not speaks:
            return None
        if not speaks or word in _GENERIC:
            own.append(word)
    return tuple(own)


def _names_login(words: tuple[str, ...]) -> bool:
    if set(words) & _ABOUT_LOGINS:
        return False
    return not set(words) & {"tls", "ssl", "host"} or bool(set(words) & {"user", "username"})


def _names_host(words: tuple[str, ...]) -> bool:
    return not set(words) & ((LOGIN - {"auth"}) | {"port", "ports"})


def _login(words: tuple[str, ...], text: str, before: Optional[bool]) -> Optional[bool]:
    """Return whether there is a login, after one more setting."""
    switch = truth(text)
    if set(words) & {"auth", "sasl", "authentication", "authenticate"} and not set(words) & {
        "user",
        "username",
        "password",
        "pass",
        "passwd",
        "login",
        "name",
        "id",
        "secret",
    }:
        if switch is False or text.lower() in ("none", "off"):
            return before if before else False
        return True if text and text != UNKNOWN else before
    if text.lower() in UNSET or switch is False:
        return before
    return True


def _is_host(text: str) -> bool:
    return bool(text) and text.lower() not in UNSET and text not in _EVERYWHERE


def _is_plain(text: str) -> bool:
    """Tell whether a value is the name or the address of another host, without a scheme."""
    return "." in text and "://" not in text and UNKNOWN not in text and not _is_local(text)


def _is_roundcube(prefix: tuple[str, ...], neighbours: Sequence[Pair], scope: Scope) -> bool:
    return bool(set(prefix) & _ROUNDCUBE) or any(
        pair.words[-2:] in _OF_ROUNDCUBE
        or (pair.words[-2:] == ("smtp", "user") and scope.text(pair.value) == "%u")
        for pair in neighbours
    )


def _is_local(text: str) -> bool:
    if "://" in text:
        text = text.split("://", 1)[1]
    found = endpoint(text)
    return is_local(found.host if found else text)


def _combined(
    signs: list[tuple[str, Place]], row: Service
) -> tuple[Optional[str], Optional[Place]]:
    """Return the mode that several settings add up to, and the place of the one that decides."""
    marks = {mark for mark, _place in signs}
    mode, by = _mode(marks, row)
    if mode is None:
        return None, None
    return mode, next((place for mark, place in signs if mark in by), None)


def _mode(marks: set[str], row: Service) -> tuple[Optional[str], tuple[str, ...]]:
    """Return the mode, and the marks that decided."""
    hidden = marks & {IMPLICIT, "ssl"}
    if "no-demand" in marks:
        # Nothing that is off altogether needs to be demanded.
        rest = _mode(marks - {"no-demand"}, row)
        return rest if rest[0] == CLEARTEXT or hidden else (OPTIONAL, ("no-demand",))
    if OPTIONAL in marks and not hidden:
        return OPTIONAL, (OPTIONAL,)
    if STARTTLS in marks:
        return (SOME if hidden else STARTTLS), (STARTTLS,)
    if IMPLICIT in marks:
        return IMPLICIT, (IMPLICIT,)
    if "ssl" in marks:
        # Beside switches for the other kinds, ssl can only be TLS from the first byte.
        return (IMPLICIT if marks & {"no-tls", "no-starttls"} else SOME), ("ssl",)
    if "tls" in marks:
        if "no-starttls" in marks:
            return IMPLICIT, ("tls",)
        return (STARTTLS if "no-ssl" in marks else SOME), ("tls",)
    if SOME in marks:
        return SOME, (SOME,)
    return _none(marks, row)


def _none(marks: set[str], row: Service) -> tuple[Optional[str], tuple[str, ...]]:
    """Return the mode when all switches are off."""
    if marks == {"no-starttls"} and row.tls == IMPLICIT:
        return None, ()
    if marks == {"no-ssl"} and row.protocol == "smtp" and row.tls == STARTTLS:
        # Many mailers mean by it: not from the first byte.
        return None, ()
    return (CLEARTEXT, tuple(marks)) if marks else (None, ())
