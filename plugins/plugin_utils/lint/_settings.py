# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read settings of any shape: ports, endpoints and URLs by their keys, places and neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Optional

from ...module_utils._services import SERVICES, Service, by_port
from ._around import Around, Pair, around, pairs
from ._client import client_flaws
from ._facts import CLIENT, FIREWALL, LISTENER, Fact, Mention, Place
from ._jinja import Value
from ._scope import Scope
from ._servers import server_facts
from ._sets import word_set
from ._tree import EMPTY, Again, Items, Node, Scalar, Table, scalars, target
from ._values import UNKNOWN, Endpoint, endpoint, is_local, mail_urls, number, spans
from ._words import ALL, NONE, protocols, row_of, service_named, tokens, truth

# What comes below these words is not open, or not ours.
_DENIED = word_set(
    "deny denied drop dropped reject rejected block blocked closed close disabled forbidden banned "
    "ban blacklist blocklist fail2ban jail jails absent removed remove egress outbound outgoing "
    "unused legacy_removed exclude excluded ignore ignored udp"
)
# Things with ports of their own beside a mail server.
_OTHER = word_set(
    "http https web db database mysql mariadb postgres postgresql ldap ldaps redis metrics "
    "exporter ssh sshd api clamav clamd rspamd milter lmtp sieve managesieve memcached ntp snmp "
    "ftp telnet dns timeout rabbitmq amqp mqtt kafka spamd amavis policy"
)
_FIREWALL = word_set(
    "firewall ufw firewalld iptables ip6tables nftables nft fw allow allowed open opened ingress "
    "inbound security_group shorewall ferm csf accept permitted public incoming"
)
_PORT_LIKE = frozenset(("port", "ports"))
_TITLES = ("name", "service", "comment", "description", "title", "id", "app", "desc", "label")
_PROTOCOL_KEYS = ("proto", "protocol", "protocols", "ip_protocol")
_STATES = word_set("absent closed stopped disabled drained deny reject drop block removed")
_STATE_KEYS = ("state", "rule", "action", "jump", "policy", "target", "verdict")
_ENDPOINT_KEYS = word_set(
    "host hostname server address addr smarthost relayhost relay url uri endpoint dsn backend "
    "upstream hostport target smtp imap pop3 bind listen transport mx"
)
_LISTENING = word_set("listen bind listener address addr")


@dataclass(frozen=True)
class Context:
    """Where in the data a reader is: the words above, nearest last, and what they decide."""

    speaks: frozenset[str] = NONE
    path: str = ""
    firewall: bool = False
    ports: bool = False
    tasks: bool = False
    inherited: tuple[Pair, ...] = ()

    def below(self, key: str) -> Context:
        """Return the context of a key's value."""
        words = tokens(key)
        named = set(words)
        own = protocols(words)
        speaks = own or (NONE if named & _OTHER else self.speaks)
        return replace(
            self,
            speaks=speaks,
            path=f"{self.path}.{key}" if self.path else key,
            firewall=self.firewall or bool(named & _FIREWALL),
            ports=bool(named & _PORT_LIKE) or (self.ports and not named & _OTHER and bool(own)),
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
            if context.ports:
                yield from self._listed(node, context)

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
        if _is_off(table, self._scope):
            return
        own = tuple(pairs(table))
        titles = protocols(
            word for name in _TITLES for word in tokens(self._scope.text(table.get(name)))
        )
        inner = replace(context, speaks=context.speaks or titles)
        yield from server_facts(table, self._scope, inner.path)
        yield from client_flaws(own, inner.speaks | self._spoken(own), self._scope, inner.path)
        for key, node in table.items:
            if isinstance(node, Again):
                continue
            words = tokens(key.text)
            if set(words) & _DENIED:
                continue
            below = inner.below(key.text)
            if isinstance(node, Scalar):
                yield from self._setting(key, node, own, table, below, inner)
            else:
                below = replace(below, inherited=own if len(own) <= 25 else ())
                yield from self.facts(node, below)

    def _spoken(self, own: Iterable[Pair]) -> frozenset[str]:
        """Return what the host names and ports of a mapping speak of."""
        found: frozenset[str] = NONE
        for pair in own:
            if set(pair.words) & _ENDPOINT_KEYS:
                found |= _speaks_host(self._scope.text(pair.value))
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
        urls = list(self._urls(value, words, table, below, own))
        if urls:
            yield from urls
        elif named & _PORT_LIKE and words[-1] in (*_PORT_LIKE, "number", "default", "tcp"):
            yield from self._port_key(key, value, own, table, inner)
        elif number(key.text) and (inner.ports or inner.speaks):
            return
        elif inner.ports and not named & _OTHER and number(value.text):
            yield from self._port_key(key, value, own, table, inner)
        elif named & _ENDPOINT_KEYS or below.speaks:
            yield from self._endpoint_key(words, value, own, table, below, inner)

    def _port_key(
        self, key: Scalar, value: Scalar, own: tuple[Pair, ...], table: Table, inner: Context
    ) -> Iterator[Fact]:
        """Yield the mention of a key that holds a port."""
        words = tokens(key.text)
        prefix = tuple(word for word in words if word not in _PORT_LIKE)
        if set(prefix) & _OTHER or not _is_tcp(table, self._scope):
            return
        speaks = protocols(prefix) or inner.speaks or self._spoken(own)
        if not speaks and self._by_number(prefix, table, inner):
            speaks = ALL
        if "ports" in words and not speaks and not prefix:
            speaks = ALL
        for one in self._scope.values(value):
            ports = [number(one.text)]
            if "ports" in words or inner.firewall or "," in one.text:
                ports = _within(one.text)
            for port in ports:
                row = row_of(port, speaks)
                if row is not None:
                    seen = around(prefix, row.protocol, (*own, *inner.inherited), self._scope)
                    yield from self._mention(row, port, one, seen, inner, prefix, value)

    def _by_number(self, prefix: tuple[str, ...], table: Table, inner: Context) -> bool:
        """Tell whether a port is what its number says, since nothing names another use."""
        if inner.firewall or inner.ports or set(prefix) & _FIREWALL:
            return True
        if set(prefix) - {"dest", "destination", "dst", "from", "to", "tcp", "to_port", "number"}:
            return False
        has_protocol = any(table.get(name) is not None for name in _PROTOCOL_KEYS)
        titled = any(table.text(name) for name in _TITLES)
        return has_protocol and not titled

    def _mention(
        self,
        row: Service,
        port: int,
        value: Value,
        seen: Around,
        context: Context,
        prefix: tuple[str, ...],
        at: Scalar,
    ) -> Iterator[Fact]:
        if seen.disabled:
            return
        firewall = context.firewall or bool(set(prefix) & _FIREWALL)
        client = bool(seen.login or seen.host) and not firewall
        role = CLIENT if client else FIREWALL if firewall else LISTENER
        yield Mention(
            row=row,
            port=port,
            role=role,
            place=place_of(value.at, context.path),
            text=at.text,
            tls=seen.tls,
            login=seen.login,
            local=seen.local and role == CLIENT,
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
                ports = _within(one.text)
            for port in ports:
                row = row_of(port, context.speaks or ALL)
                if row is not None:
                    role = FIREWALL if context.firewall else LISTENER
                    place = place_of(one.at, context.path)
                    yield Mention(row, port, role, place, scalar.text, bare=one.at is scalar)

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
            speaks = protocols(words) or _speaks_host(found.host) or below.speaks
            if text.startswith(":") and not set(words) & _OTHER:
                speaks = speaks or ALL
            row = row_of(found.port, speaks)
            if row is None:
                continue
            prefix = tuple(word for word in words if word not in _ENDPOINT_KEYS) or words
            seen = around(prefix, row.protocol, (*own, *inner.inherited), self._scope)
            listens = bool(set(words) & _LISTENING) and not seen.login
            yield Mention(
                row=row,
                port=found.port,
                role=LISTENER if listens else CLIENT,
                place=place_of(one.at, below.path),
                text=text,
                tls=found.tls or seen.tls,
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
                row = url_row(found)
                if row is None:
                    continue
                seen = around(words, row.protocol, own, self._scope) if own else Around()
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


def url_row(found: Endpoint) -> Optional[Service]:
    """Return the row of the port of a mail URL, if it is one of the URL's own protocol."""
    if found.row is None:
        return None
    row = by_port(found.port)
    return row if row is not None and row.protocol == found.row.protocol else None


def place_of(scalar: Scalar, path: str) -> Place:
    """Return the place of a scalar."""
    return Place(scalar.line, scalar.column, path)


def assignments(node: Items) -> Optional[Table]:
    """Return the mapping that a list of ``NAME=value`` or of name and value stands for, or None."""
    found: list[tuple[Scalar, Node]] = []
    for one in map(target, node.nodes):
        if isinstance(one, Scalar):
            name, equals, value = one.text.partition("=")
            if not equals or not name.replace("_", "").replace(".", "").isalnum():
                return None
            found.append((replace(one, text=name), replace(one, text=value.strip("'\""))))
        elif isinstance(one, Table) and set(one.keys) in ({"name", "value"}, {"key", "value"}):
            key, value_node = target(one.get("name") or one.get("key")), target(one.get("value"))
            if not isinstance(key, Scalar) or value_node is None:
                return None
            found.append((key, value_node))
        elif not (isinstance(one, Table) and "valueFrom" in one.keys):
            return None
    return Table(tuple(found), node.line) if found else None


def _mail_ports(node: Items) -> set[int]:
    """Return the ports of the table among the numbers of a list."""
    found = (number(scalar.text) for scalar in scalars(node))
    return {port for port in found if by_port(port) is not None}


def ports_within(text: str) -> list[tuple[Service, int]]:
    """Return the ports of the table in a firewall's words, with their rows; one a range."""
    found = []
    for port in _within(text):
        row = by_port(port)
        if row is not None:
            found.append((row, port))
    return found


def _within(text: str) -> list[int]:
    """Return the ports of the table that a firewall's words let through, one a range."""
    found = []
    for first, last in spans(text):
        if last - first >= 10000:
            continue
        held = [row.port for row in SERVICES.values() if first <= row.port <= last]
        if first == last:
            found += held
        else:
            # One label a range: what is worst in it speaks for all.
            worst = [port for port in held if _is_clear(port)]
            found += sorted(worst)[:1]
    return found


def _is_clear(port: int) -> bool:
    row = by_port(port)
    return row is not None and row.protocol != "smtp" and row.tls != "implicit"


def _is_off(table: Table, scope: Scope) -> bool:
    """Tell whether a mapping describes what is closed, refused or absent."""
    for name in _STATE_KEYS:
        if scope.text(table.get(name)).strip().lower() in _STATES:
            return True
    for name in ("enabled", "enable", "active", "permitted"):
        text = scope.text(table.get(name)).strip()
        if text and truth(text) is False:
            return True
    return False


def _is_tcp(table: Table, scope: Scope) -> bool:
    for name in _PROTOCOL_KEYS:
        if scope.text(table.get(name)).strip().lower() in ("udp", "icmp", "sctp", "esp"):
            return False
    return True


def _speaks_host(text: str) -> frozenset[str]:
    """Return what the first label of a host name speaks of."""
    host = text.split("://")[-1].strip("[]").split(":")[0]
    if UNKNOWN in host:
        return NONE
    labels = host.split(".")
    return protocols(tokens(labels[0])) or (
        protocols(tokens(labels[1])) if len(labels) > 2 else NONE
    )


def named_service(text: str, path: str, at: Scalar, role: str) -> Iterator[Fact]:
    """Yield the mention of a service that is named."""
    row = service_named(text)
    if row is not None:
        yield Mention(row, row.port, role, place_of(at, path), text)
