# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands around a port: the keys that belong to it, and what they say of TLS and logins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Optional

from ._facts import CLEARTEXT, IMPLICIT, OPTIONAL, SOME, STARTTLS, Place
from ._scope import Scope
from ._sets import word_set
from ._tree import Node, Scalar, Table, target
from ._values import UNKNOWN, endpoint, is_local
from ._words import UNSET, protocols, says_tls, tokens, truth

LOGIN = word_set(
    "user username login password passwd pass auth sasl credentials authentication authenticate "
    "userid secret authuser authpass authusername authpassword"
)
HOST = word_set(
    "host hostname server address addr smarthost relayhost relay url uri servername serverhost fqdn"
)
_SWITCHES = frozenset(("enabled", "enable", "active", "use"))
_FILLERS = word_set(
    "use enable enabled require required with is has connection conn auto mode type method policy "
    "force always allow opportunistic name id mechanism do should want over tls ssl starttls stls "
    "secure security encryption crypto encrypt encrypted sockettype wrappermode implicit explicit "
    "crypt the on out outgoing incoming inbound outbound server client port ports transport "
    "disable disabled skip verify insecure"
)
_GENERIC = LOGIN | HOST | _FILLERS
_LISTENING = frozenset(("listen", "bind", "listener", "listening", "bindaddress"))
_EVERYWHERE = ("0.0.0.0", "::", "[::]", "*", "")  # noqa: S104 (values to compare with)


@dataclass(frozen=True)
class Pair:
    """A key, by its words, and its value."""

    words: tuple[str, ...]
    key: Scalar
    value: Scalar


@dataclass(frozen=True)
class Around:
    """What the neighbours of a port say; the fields are those of a Mention."""

    tls: Optional[str] = None
    login: Optional[bool] = None
    local: bool = False
    host: bool = False
    disabled: bool = False
    tls_place: Optional[Place] = None


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
    prefix: tuple[str, ...], protocol: str, neighbours: Iterable[Pair], scope: Scope
) -> Around:
    """Return what the neighbours say that belong to the port whose key has the words ``prefix``."""
    said: list[tuple[str, Place]] = []
    login: Optional[bool] = None
    local = host = disabled = False
    for pair in neighbours:
        words = _own_words(pair.words, prefix, protocol)
        if words is None:
            continue
        text = scope.text(pair.value).strip()
        tls = says_tls(words, text)
        place = Place(pair.value.line or pair.key.line, pair.value.column)
        if tls is None or tls == "":
            tls = _disabling(words, text)
        if tls:
            said.append((tls, place))
        elif set(words) & LOGIN and _names_login(words):
            login = _login(words, text, login)
        elif set(words) & HOST and not set(words) & _LISTENING and _names_host(words):
            host = host or _is_host(text)
            local = local or _is_local(text)
        elif words and set(words) <= {"enabled", "enable", "active"} and truth(text) is False:
            disabled = disabled or bool(text)
    mode, at = _combined(said)
    return Around(mode, login, local, host, disabled, at)


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
        if speaks and protocol not in speaks:
            return None
        if word not in _GENERIC and word not in shared and not speaks:
            return None
        if not speaks or word in _GENERIC:
            own.append(word)
    return tuple(own)


def _disabling(words: tuple[str, ...], text: str) -> str:
    """Return what switches that are named after the bad case say (disable_require_tls)."""
    named = set(words)
    if {"disable", "tls"} <= named and truth(text) is True:
        return OPTIONAL if "require" in named else CLEARTEXT
    return ""


def _names_login(words: tuple[str, ...]) -> bool:
    return not set(words) & {"tls", "ssl", "host"} or bool(set(words) & {"user", "username"})


def _names_host(words: tuple[str, ...]) -> bool:
    return not set(words) & (LOGIN - {"auth"})


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


def _is_local(text: str) -> bool:
    if "://" in text:
        text = text.split("://", 1)[1]
    found = endpoint(text)
    return is_local(found.host if found else text)


def _combined(said: list[tuple[str, Place]]) -> tuple[Optional[str], Optional[Place]]:
    """Return the one mode that several settings make together."""
    modes = {mode for mode, _place in said}
    if not modes:
        return None, None

    def of(*wanted: str) -> tuple[str, Place]:
        return next((mode, place) for mode, place in said if mode in wanted)

    if OPTIONAL in modes and not modes & {IMPLICIT, "ssl"}:
        return of(OPTIONAL)
    if STARTTLS in modes and modes & {IMPLICIT, "ssl"}:
        return SOME, None
    if STARTTLS in modes:
        return of(STARTTLS)
    if IMPLICIT in modes:
        return of(IMPLICIT)
    if "ssl" in modes:
        # Beside a switch for STARTTLS or plain TLS, ssl can only be the other kind.
        place = of("ssl")[1]
        return (IMPLICIT if CLEARTEXT in modes or "tls" in modes else SOME), place
    if modes & {"tls", SOME}:
        return SOME, of("tls", SOME)[1]
    return of(CLEARTEXT)


def node_text(node: Optional[Node]) -> str:
    """Return the text of a scalar, "" for anything else."""
    scalar = target(node)
    return scalar.text if isinstance(scalar, Scalar) else ""
