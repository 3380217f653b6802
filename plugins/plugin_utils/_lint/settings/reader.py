# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read settings of any shape: ports, endpoints and URLs by their keys, places and neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Optional

from ....module_utils._model.services import Service, by_port
from ..facts import (
    CLEARTEXT,
    CLIENT,
    FIREWALL,
    IMPLICIT,
    LISTENER,
    PROBE,
    SOME,
    STARTTLS,
    Fact,
    Mention,
    Place,
    unverified,
)
from ..servers.variables import server_facts
from ..tree.jinja import Value
from ..tree.nodes import EMPTY, Again, Items, Node, Scalar, Table, scalars
from ..tree.scope import Scope
from ..tree.shapes import assignments, named_value
from ..words.keys import (
    BINDING,
    DENIED,
    ENDPOINT_KEYS,
    ENDS,
    FILTERS,
    FORWARDING,
    LISTENING,
    OTHER,
    PORT_LIKE,
    PROBING,
    PROTOCOL_KEYS,
    STATE_KEYS,
    STATES,
    TARGETS,
    TITLES,
)
from ..words.mail_words import (
    ALL,
    NONE,
    protocols,
    row_of,
    says_tls,
    service_named,
    speaks_host,
    tokens,
    truth,
)
from ..words.values import Endpoint, endpoint, is_local, mail_urls, number, ports_in
from .around import MANY, Around, Pair, around, pairs
from .client import client_flaws
from .commands import HINT, command_facts

_WITH_VARIANT = ("imap", "pop3", "pop", "smtp", "submission")
_OF_RELAYS = frozenset(("smtp",))
# What the jails of fail2ban have beside the ports that they close to those they ban.
_JAIL = frozenset(("logpath", "maxretry", "findtime", "bantime"))


@dataclass(frozen=True)
class Context:
    """Where in the data a reader is: the words above, nearest last, and what they decide."""

    speaks: frozenset[str] = NONE
    path: str = ""
    firewall: bool = False
    ports: bool = False
    tasks: bool = False
    names: bool = False
    endpoints: bool = False
    listeners: bool = False
    tls: str = ""
    probe: bool = False
    inherited: tuple[Pair, ...] = ()

    def below(self, key: str) -> Context:
        """Return the context of a key's value."""
        words = tokens(key)
        named = set(words)
        own = protocols(words)
        speaks = own or (NONE if named & OTHER else self.speaks)
        return replace(
            self,
            speaks=speaks,
            path=f"{self.path}.{key}" if self.path else key,
            firewall=self.firewall or bool(named & FILTERS) or {"security", "group"} <= named,
            ports=bool(named & PORT_LIKE) or (self.ports and not named & OTHER and bool(own)),
            names=bool(named & {"service", "services"}),
            endpoints=bool(named & TARGETS),
            probe=self.probe or bool(named & PROBING),
            listeners=self.listeners or bool(named & {"listener", "listeners"}),
            tls=says_tls(tuple(named - PORT_LIKE), "true") if named & PORT_LIKE else "",
            tasks=False,
            inherited=(),
        )


class SettingsReader:
    """Walks through data and yields what it says of mail ports."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def facts(self, node: Node, context: Context) -> Iterator[Fact]:
        """Yield the facts of a node and all below it."""
        if isinstance(node, Table):
            yield from self.table(node, context)
        elif isinstance(node, Items):
            yield from self._items(node, context)
        elif isinstance(node, Scalar):
            yield from self._urls(node, (), EMPTY, context)
            yield from self._commands(node, context)
            if context.names and context.firewall:
                for one in self._scope.values(node):
                    yield from named_service(one.text, context.path, one.at, FIREWALL)
            elif context.ports:
                yield from self._listed(node, context)
            else:
                yield from self._endpoint(node, context)

    def _items(self, node: Items, context: Context) -> Iterator[Fact]:
        settings = assignments(node)
        if settings is not None:
            yield from self.table(settings, context)
            return
        several = len(_mail_ports(node)) > 1 and context.path == ""
        inner = replace(context, ports=context.ports or several)
        for index, one in enumerate(node.nodes):
            here = replace(inner, path=f"{context.path}[{index}]")
            yield from self.facts(one, here)

    def table(self, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of a mapping."""
        if is_off(table, self._scope) or _is_jail(table):
            return
        table = named_value(table)
        own = tuple(pairs(table))
        titles = protocols(
            word for name in TITLES for word in tokens(self._scope.text(table.get(name)))
        )
        looks = context.probe or "check_command" in table.keys
        inner = replace(context, speaks=context.speaks or titles, probe=looks)
        yield from server_facts(table, self._scope, inner.path)
        yield from client_flaws(own, inner.speaks, self._scope, inner.path)
        for key, node in table.items:
            if isinstance(node, Again):
                continue
            words = tokens(key.text)
            if set(words) & DENIED:
                continue
            below = inner.below(key.text)
            if isinstance(node, Scalar):
                yield from self._setting(key, node, own, table, below, inner)
            else:
                below = replace(below, inherited=own if inner.speaks and len(own) <= MANY else ())
                yield from self.facts(node, below)

    def text(self, scalar: Scalar, hint: str, context: Context) -> Iterator[Fact]:
        """Yield the facts of a text that stands inside data; readers of structures know more."""
        yield from ()

    def _commands(self, scalar: Scalar, context: Context) -> Iterator[Fact]:
        """Yield the facts of a command line that is the value of a setting."""
        if " " in scalar.text and HINT.search(scalar.text):
            yield from command_facts(scalar, self._scope, context.path)

    def _endpoint(self, scalar: Scalar, context: Context) -> Iterator[Fact]:
        """Yield the mention of ``host:port`` in a list of such."""
        for one in self._scope.values(scalar):
            found = endpoint(one.text) if ":" in one.text else None
            if found is None or not found.port:
                continue
            speaks = (
                context.speaks or speaks_host(found.host) or (ALL if context.endpoints else NONE)
            )
            row = row_of(found.port, speaks)
            if row is not None:
                place = place_of(one.at, context.path)
                local = is_local(found.host)
                yield Mention(row, found.port, LISTENER, place, one.text, local=local)

    def _spoken(self, own: Iterable[Pair]) -> frozenset[str]:
        """Return what the host names and ports of a mapping speak of."""
        found: frozenset[str] = NONE
        for pair in own:
            if set(pair.words) & ENDPOINT_KEYS:
                found |= speaks_host(self._scope.text(pair.value))
        return found

    def _setting(
        self,
        key: Scalar,
        value: Scalar,
        own: tuple[Pair, ...],
        table: Table,
        below: Context,
        inner: Context,
    ) -> Iterator[Fact]:
        """Yield the facts of one key with a scalar value."""
        words = tokens(key.text)
        named = set(words)
        yield from self._commands(value, below)
        if "\n" in value.text:
            yield from self.text(value, key.text, below)
            return
        urls = list(self._urls(value, words, table, below, own))
        if urls:
            yield from urls
        elif named & PORT_LIKE and words[-1] in PORT_LIKE | ENDS:
            yield from self._port_key(key, value, own, table, inner)
        elif number(key.text) and (inner.ports or inner.speaks):
            return
        elif inner.ports and not named & OTHER and number(value.text):
            yield from self._port_key(key, value, own, table, inner)
        elif below.firewall and "tcp" in named:
            yield from self._listed(value, below)
        elif named & ENDPOINT_KEYS or below.speaks:
            yield from self._endpoint_key(words, value, own, table, below, inner)

    def _port_key(
        self, key: Scalar, value: Scalar, own: tuple[Pair, ...], table: Table, inner: Context
    ) -> Iterator[Fact]:
        """Yield the mention of a key that holds a port."""
        words = tokens(key.text)
        prefix = tuple(word for word in words if word not in PORT_LIKE | ENDS)
        # Of what is forwarded the ends are two ports and no range.
        ends = () if set(tokens(inner.path)) & FORWARDING else own
        other = _other_end(words, ends, self._scope)
        if words[:1] == ("from",) and not other:
            return
        if words[:1] == ("to",) and _other_end(("from", *words[1:]), ends, self._scope):
            # The first end of a range speaks for both.
            return
        if set(prefix) & OTHER or not _is_tcp(table, self._scope):
            return
        speaks = protocols(prefix) or inner.speaks or self._spoken(own)
        if not speaks and self._by_number(prefix, table, inner):
            speaks = ALL
        if not speaks and prefix == ("relay",):
            speaks = _OF_RELAYS
        if "ports" in words and not speaks and not prefix:
            speaks = ALL
        both = _names_both(words, own)
        for one in self._scope.values(value):
            ports = [number(one.text)]
            if set(words) & {"ports", "dports", *ENDS} or inner.firewall or "," in one.text:
                ports = ports_in(one.text + other)
            for port in ports:
                row = row_of(port, speaks)
                if row is not None:
                    seen = around(prefix, row, (*own, *inner.inherited), self._scope)
                    yield from self._mention(row, port, one, seen, inner, prefix, key, value, both)

    def _by_number(self, prefix: tuple[str, ...], table: Table, inner: Context) -> bool:
        """Tell whether a port is what its number says, since nothing names another use."""
        if inner.firewall or inner.ports or set(prefix) & FILTERS:
            return True
        if set(prefix) - {"dest", "destination", "dst", "to"}:
            return False
        has_protocol = any(tokens(key) in PROTOCOL_KEYS for key in table.keys)
        titled = any(table.text(name) for name in TITLES)
        return has_protocol and not titled

    def _mention(
        self,
        row: Service,
        port: int,
        value: Value,
        seen: Around,
        context: Context,
        prefix: tuple[str, ...],
        key: Scalar,
        at: Scalar,
        both: bool,
    ) -> Iterator[Fact]:
        if seen.disabled:
            return
        path = f"{context.path}.{key.text}" if context.path else key.text
        firewall = context.firewall or bool(set(prefix) & FILTERS)
        listens = context.listeners or bool(set(prefix) & BINDING)
        listens = listens or (both and not seen.login)
        client = bool(seen.login or seen.host) and not firewall and not listens
        # A relay of which neither server nor user is given yet says nothing about logins in clear.
        client = client or (seen.form and row.protocol == "smtp" and not firewall and not listens)
        if context.probe and not seen.login:
            role = PROBE
        else:
            role = CLIENT if client else FIREWALL if firewall else LISTENER
        if context.listeners and seen.tls == CLEARTEXT and seen.by == "ssl":
            # ssl of a listener tells TLS from the first byte from STARTTLS.
            seen = replace(seen, tls=None if row.tls == STARTTLS else STARTTLS)
        yield Mention(
            row=row,
            port=port,
            role=role,
            place=place_of(value.at, path),
            text=at.text,
            tls=seen.tls,
            login=seen.login,
            local=(seen.local and role in (CLIENT, PROBE)) or seen.bound,
            tls_place=seen.tls_place,
            bare=not client and value.at is at,
        )

    def _listed(self, scalar: Scalar, context: Context) -> Iterator[Fact]:
        """Yield the ports of one item of a list of ports."""
        for one in self._scope.values(scalar):
            found = endpoint(one.text) if ":" in one.text else None
            if found is not None and found.port and not one.text[:1].isdigit():
                ports = [found.port]
            else:
                ports = ports_in(one.text)
            for port in ports:
                row = row_of(port, context.speaks or ALL)
                tls = IMPLICIT if context.tls == IMPLICIT else None
                if row is not None:
                    role = FIREWALL if context.firewall else LISTENER
                    place = place_of(one.at, context.path)
                    bare = one.at is scalar
                    yield Mention(row, port, role, place, scalar.text, tls=tls, bare=bare)

    def _endpoint_key(
        self,
        words: tuple[str, ...],
        value: Scalar,
        own: tuple[Pair, ...],
        table: Table,
        below: Context,
        inner: Context,
    ) -> Iterator[Fact]:
        """Yield the mention of ``host:port`` or ``:port`` in one value."""
        for one in self._scope.values(value):
            text = one.text.strip()
            if ":" not in text or " " in text or len(text) > 300:
                continue
            found = Endpoint("", number(text[1:])) if text.startswith(":") else endpoint(text)
            if found is None or not found.port:
                continue
            speaks = protocols(words) or speaks_host(found.host) or below.speaks
            if text.startswith(":") and not set(words) & OTHER:
                speaks = speaks or ALL
            row = row_of(found.port, speaks)
            if row is None:
                continue
            prefix = tuple(word for word in words if word not in ENDPOINT_KEYS) or words
            seen = around(prefix, row, (*own, *inner.inherited), self._scope)
            listens = bool(set(words) & LISTENING) and not seen.login
            yield Mention(
                row=row,
                port=found.port,
                role=LISTENER if listens else CLIENT,
                place=place_of(one.at, below.path),
                text=text,
                tls=_scheme_mode(found.tls, text, words) or seen.tls,
                login=found.login or seen.login,
                local=is_local(found.host),
                tls_place=seen.tls_place,
            )

    def _urls(
        self,
        value: Scalar,
        words: tuple[str, ...],
        table: Table,
        context: Context,
        own: tuple[Pair, ...] = (),
    ) -> Iterator[Fact]:
        """Yield the mentions of a value that is a mail URL."""
        if "://" not in value.text:
            return
        for one in self._scope.values(value):
            for found in mail_urls(one.text):
                if found.unverified:
                    yield unverified(place_of(one.at, context.path))
                row = url_row(found)
                if row is None:
                    continue
                seen = around(words, row, own, self._scope) if own else Around()
                if seen.disabled:
                    continue
                yield Mention(
                    row=row,
                    port=found.port,
                    role=CLIENT,
                    place=place_of(one.at, context.path),
                    text=one.text,
                    tls=found.tls or seen.tls,
                    login=found.login or seen.login,
                    local=is_local(found.host),
                    tls_place=seen.tls_place,
                )


def _scheme_mode(tls: Optional[str], text: str, words: tuple[str, ...]) -> Optional[str]:
    """Return what a scheme says: ``tls://`` is STARTTLS to mail clients only (Roundcube)."""
    return SOME if text.startswith("tls://") and not protocols(words) else tls


def url_row(found: Endpoint) -> Optional[Service]:
    """Return the row of the port of a mail URL, if it is one of the URL's own protocol."""
    if found.row is None:
        return None
    row = by_port(found.port)
    return row if row is not None and row.protocol == found.row.protocol else None


def _other_end(words: tuple[str, ...], own: tuple[Pair, ...], scope: Scope) -> str:
    """Return ``-LAST`` where a key holds the first port of a range and another one its last."""
    for first, last in (("min", "max"), ("from", "to")):
        if first not in words:
            continue
        wanted = tuple(last if word == first else word for word in words)
        ends = {pair.words: scope.text(pair.value) for pair in own}
        low, high = ends.get(words, ""), ends.get(wanted, "")
        if low.isdigit() and high.isdigit() and int(low) <= int(high):
            return f"-{high}"
    return ""


def _names_both(words: tuple[str, ...], own: tuple[Pair, ...]) -> bool:
    """Tell whether the port of a protocol stands beside that of its TLS variant, as servers have.

    A client has one port for a protocol: ``imap_port`` beside ``imaps_port`` are listeners.
    """
    secure = {tuple(f"{word}s" if word == one else word for word in words) for one in _WITH_VARIANT}
    return any(pair.words in secure - {words} for pair in own)


def place_of(scalar: Scalar, path: str) -> Place:
    """Return the place of a scalar."""
    return Place(scalar.line, scalar.column, path)


def _mail_ports(node: Items) -> set[int]:
    """Return the ports of the table among the numbers of a list."""
    found = (number(scalar.text) for scalar in scalars(node))
    return {port for port in found if by_port(port) is not None}


def is_off(table: Table, scope: Scope) -> bool:
    """Tell whether a mapping describes what is closed, refused or absent."""
    for name in STATE_KEYS:
        if scope.text(table.get(name)).strip().lower() in STATES:
            return True
    if not _is_tcp(table, scope) and any(set(tokens(key)) & PORT_LIKE for key in table.keys):
        return True
    for name in ("enabled", "enable", "active", "permitted"):
        text = scope.text(table.get(name)).strip()
        if text and truth(text) is False:
            return True
    return False


def _is_jail(table: Table) -> bool:
    """Tell whether a mapping is one jail of fail2ban, and not settings of which some are its."""
    keys = set(table.keys)
    return bool(keys & _JAIL) and bool(keys & {"port", "ports"})


def _is_tcp(table: Table, scope: Scope) -> bool:
    named = (node for key, node in table.items if tokens(key.text) in PROTOCOL_KEYS)
    return all(
        scope.text(node).strip().lower() not in ("udp", "icmp", "sctp", "esp") for node in named
    )


def named_service(text: str, path: str, at: Scalar, role: str) -> Iterator[Fact]:
    """Yield the mention of a service that is named."""
    row = service_named(text)
    if row is not None:
        yield Mention(row, row.port, role, place_of(at, path), text)
