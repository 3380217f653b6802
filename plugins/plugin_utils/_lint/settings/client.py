# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the settings beside a mail client's port: verification and TLS versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import Fact, Lowest, Place, unverified
from ..tree.nodes import UNKNOWN
from ..tree.scope import Scope
from ..words.keys import ENDPOINT_KEYS, OTHER
from ..words.mail_words import plain_word, protocols, speaks_host, truth
from ..words.sets import word_set
from ..words.values import is_local
from ..words.versions import lowest_of
from .around import HOST, MANY, Pair, has_other_host

_TLS = word_set(
    "tls ssl cert certs certificate certificates openssl peer hostname unauthorized starttls "
    "invalid selfsigned signed certcheck sslcertck"
)
_CERTIFICATES = word_set("cert certs certificate certificates")
_ABOUT_LOGS = word_set("log logs logging loglevel verbose debug")
_ABOUT_TLS = _TLS | {"verify", "insecure"}
# Switches that turn verification off when they are on.
_OFF_SWITCHES = ("insecure", "skip", "accept", "noverify", "ignore", "disable", "allow")
_CHECKS = word_set("verify verification validate validation check certcheck unauthorized verified")
_OF_CHECKS = _TLS | _CHECKS | frozenset(_OFF_SWITCHES) | word_set("verify name mode self signed")


def client_flaws(
    settings: Iterable[Pair], speaks: frozenset[str], scope: Scope, path: str
) -> Iterator[Fact]:
    """Yield what is wrong with settings that belong to a mail client.

    ``speaks`` are the protocols that the keys above name. Without any, a key has to name one
    itself, or have no other words than the keys that name a mail server.
    """
    settings = tuple(settings)
    about_tls = [pair for pair in settings if set(pair.words) & _ABOUT_TLS]
    if not about_tls:
        return
    named = {word for pair in settings if _is_mail_server(pair, scope) for word in pair.words}
    elsewhere = has_other_host(settings, scope)
    # No certificate is needed on the way to this very machine.
    local = {
        protocols(pair.words)
        for pair in settings
        if set(pair.words) & HOST and is_local(scope.text(pair.value).split(":")[0])
    }
    for pair in about_tls:
        words = set(pair.words)
        own = protocols(pair.words)
        # Among many settings, one that names something else belongs to that.
        foreign = words & OTHER or (len(settings) > MANY and words - _OF_CHECKS)
        if not own and (foreign or elsewhere):
            continue
        if not own and not speaks and (not named or words - _OF_CHECKS - named):
            continue
        text = plain_word(scope.text(pair.value))
        null = pair.value.plain and text in ("~", "null")
        if not text or null or UNKNOWN in text or words & _ABOUT_LOGS or _of_clients(words):
            continue
        place = Place(pair.value.line or pair.key.line, pair.value.column, path)
        if _unverified(words, text):
            if own not in local:
                yield unverified(place)
        elif words & {"min", "minimum", "version", "versions"} and words & {"tls", "ssl"}:
            lowest = lowest_of(text)
            if lowest:
                yield Lowest(lowest, place, text)


def _of_clients(words: set[str]) -> bool:
    """Tell whether a key is about certificates that clients show to a server."""
    if "ccert" in words:
        return True
    return bool(words & {"client", "clients"}) and bool(words & _CERTIFICATES)


def _is_mail_server(pair: Pair, scope: Scope) -> bool:
    return bool(set(pair.words) & ENDPOINT_KEYS and speaks_host(scope.text(pair.value)))


def _unverified(words: set[str], text: str) -> bool:
    """Tell whether a switch stops certificates from being checked."""
    if words & {"email", "emails", "user", "account", "address", "oidc", "oauth"}:
        # That an address was verified, and not a server.
        return bool(words & _TLS - {"unauthorized", "invalid"}) and _switches_off(words, text)
    return _switches_off(words, text)


def _switches_off(words: set[str], text: str) -> bool:
    switch = truth(text)
    if "auth" in words and not words & _TLS:
        # A mail catcher's switch that allows logins without TLS.
        return False
    if {"openssl", "verify"} <= words or {"verify", "mode"} <= words:
        return text.lower() in ("none", "0", "false", "verify_none", "no")
    if "skip" in words and words & {"verify", "verification"}:
        return switch is True
    if not words & _TLS and "insecure" not in words:
        return False
    if words & {"insecure", "noverify"} or (
        words & set(_OFF_SWITCHES) and words & {"invalid", "selfsigned", "certs", "certificate"}
    ):
        return switch is True
    if {"self", "signed"} <= words and "allow" in words:
        return switch is True
    if words & _CHECKS:
        if "disable" in words:
            return switch is True
        return switch is False or text.lower() in ("none", "verify_none")
    return False
