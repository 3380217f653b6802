# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read settings of any shape: recognise ports, endpoints and URLs by their keys and neighbours."""

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
    unverified,
)
from ..servers.variables import server_facts
from ..tree.jinja import Value
from ..tree.nodes import Again, Items, Node, Scalar, Table, scalars, target
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
    PROTOCOL_KEYS,
    TITLES,
)
from ..words.mail_words import (
    ALL,
    NONE,
    protocols,
    row_of,
    service_named,
    speaks_host,
    tokens,
)
from ..words.values import (
    Endpoint,
    endpoint,
    is_local,
    mail_urls,
    mailboxes,
    number,
    ports_in,
    url_row,
)
from .around import MANY, Around, Pair, around, pairs
from .client import client_flaws
from .closed import is_jail, is_off, is_tcp
from .commands import HINT, command_facts
from .context import Context, place_of

_WITH_VARIANT = ("imap", "pop3", "pop", "smtp", "submission")
_OF_RELAYS = frozenset(("smtp",))


@dataclass(frozen=True)
class _Setting:
    """A key with one value, and the mapping in which it stands.

    ``own`` are the settings of that mapping, ``inner`` is its context, ``below`` that of the value.
    """

    key: Scalar
    value: Scalar
    words: tuple[str, ...]
    own: tuple[Pair, ...]
    table: Table
    inner: Context
    below: Context

    def around(self, prefix: tuple[str, ...], row: Service, scope: Scope) -> Around:
        """Return what the neighbours say of a port whose key has the words ``prefix``."""
        return around(prefix, row, (*self.own, *self.inner.inherited), scope)


@dataclass(frozen=True)
class _Port:
    """A mail port that the value of a setting holds; ``prefix`` are the words of its key."""

    row: Service
    port: int
    value: Value
    prefix: tuple[str, ...]
    seen: Around


class SettingsReader:
    """Walks through data and yields what it says about mail ports."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def facts(self, node: Node, context: Context) -> Iterator[Fact]:
        """Yield the facts of a node and all below it."""
        if isinstance(node, Table):
            yield from self.table(node, context)
        elif isinstance(node, Items):
            yield from self._items(node, context)
        elif isinstance(node, Scalar):
            yield from self._urls(node, (), context)
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
        lines = [one for one in map(target, node.nodes) if isinstance(one, Scalar)]
        if len(lines) == len(node.nodes) and any(map(_is_instruction, lines)):
            for line in lines:
                yield from self.text(line, "Dockerfile", context)
            return
        several = len(_mail_ports(node)) > 1 and context.path == ""
        inner = replace(context, ports=context.ports or several)
        for index, one in enumerate(node.nodes):
            here = replace(inner, path=f"{context.path}[{index}]")
            yield from self.facts(one, here)

    def table(self, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of a mapping."""
        if is_off(table, self._scope) or is_jail(table):
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
                yield from self._setting(_Setting(key, node, words, own, table, inner, below))
            else:
                below = replace(below, inherited=own if inner.speaks and len(own) <= MANY else ())
                yield from self.facts(node, below)

    def text(self, scalar: Scalar, hint: str, context: Context) -> Iterator[Fact]:
        """Yield the facts of a text inside data: none here, a reader of structures knows more."""
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
        """Return the mail protocols that the host names of a mapping name."""
        found: frozenset[str] = NONE
        for pair in own:
            if set(pair.words) & ENDPOINT_KEYS:
                found |= speaks_host(self._scope.text(pair.value))
        return found

    def _setting(self, one: _Setting) -> Iterator[Fact]:
        """Yield the facts of one key with a scalar value."""
        words, value, inner = one.words, one.value, one.inner
        named = set(words)
        yield from self._commands(value, one.below)
        if "\n" in value.text:
            yield from self.text(value, one.key.text, one.below)
            return
        urls = list(self._urls(value, words, one.below, one.own))
        if urls:
            yield from urls
        elif named & PORT_LIKE and words[-1] in PORT_LIKE | ENDS:
            yield from self._port_key(one)
        elif number(one.key.text) and (inner.ports or inner.speaks):
            return
        elif inner.ports and not named & OTHER and number(value.text):
            yield from self._port_key(one)
        elif one.below.firewall and "tcp" in named:
            yield from self._listed(value, one.below)
        elif named & ENDPOINT_KEYS or one.below.speaks:
            yield from self._endpoint_key(one)

    def _port_key(self, one: _Setting) -> Iterator[Fact]:
        """Yield the mention of a key that holds a port."""
        words, inner = one.words, one.inner
        prefix = tuple(word for word in words if word not in PORT_LIKE | ENDS)
        # Of what is forwarded the ends are two ports and no range.
        ends = () if set(tokens(inner.path)) & FORWARDING else one.own
        other = _other_end(words, ends, self._scope)
        if words[:1] == ("from",) and not other:
            return
        if words[:1] == ("to",) and _other_end(("from", *words[1:]), ends, self._scope):
            # The first end of a range stands for both.
            return
        if set(prefix) & OTHER or not is_tcp(one.table, self._scope):
            return
        speaks = self._speaks(prefix, one)
        for value in self._scope.values(one.value):
            ports = [number(value.text)]
            if set(words) & {"ports", "dports", *ENDS} or inner.firewall or "," in value.text:
                ports = ports_in(value.text + other)
            for port in ports:
                row = row_of(port, speaks)
                if row is not None:
                    seen = one.around(prefix, row, self._scope)
                    yield from self._mention(one, _Port(row, port, value, prefix, seen))

    def _speaks(self, prefix: tuple[str, ...], one: _Setting) -> frozenset[str]:
        """Return the protocols that a key with a port may mean by what stands around it."""
        speaks = protocols(prefix) or one.inner.speaks or self._spoken(one.own)
        if not speaks and self._by_number(prefix, one.table, one.inner):
            speaks = ALL
        if not speaks and prefix == ("relay",):
            speaks = _OF_RELAYS
        if "ports" in one.words and not speaks and not prefix:
            speaks = ALL
        return speaks

    def _by_number(self, prefix: tuple[str, ...], table: Table, inner: Context) -> bool:
        """Tell whether the number alone makes it a mail port, since nothing names another use."""
        if inner.firewall or inner.ports or set(prefix) & FILTERS:
            return True
        if set(prefix) - {"dest", "destination", "dst", "to"}:
            return False
        has_protocol = any(tokens(key) in PROTOCOL_KEYS for key in table.keys)
        titled = any(table.text(name) for name in TITLES)
        return has_protocol and not titled

    def _mention(self, one: _Setting, found: _Port) -> Iterator[Fact]:
        """Yield the mention of one port, with the role that its neighbours give it."""
        seen, row, context = found.seen, found.row, one.inner
        if seen.disabled:
            return
        role = _role(one, found)
        if context.listeners and seen.tls == CLEARTEXT and seen.by == "ssl":
            # ssl of a listener chooses between implicit TLS and STARTTLS.
            seen = replace(seen, tls=None if row.tls == STARTTLS else STARTTLS)
        yield Mention(
            row=row,
            port=found.port,
            role=role,
            place=place_of(found.value.at, one.below.path),
            text=one.value.text,
            tls=seen.tls,
            login=seen.login,
            local=(seen.local and role in (CLIENT, PROBE)) or seen.bound,
            tls_place=seen.tls_place,
            bare=not _is_client(one, found) and found.value.at is one.value,
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

    def _endpoint_key(self, one: _Setting) -> Iterator[Fact]:
        """Yield the mention of ``host:port`` or ``:port`` in one value."""
        words = one.words
        for value in self._scope.values(one.value):
            text = value.text.strip()
            if ":" not in text or " " in text or len(text) > 300:
                continue
            found = Endpoint("", number(text[1:])) if text.startswith(":") else endpoint(text)
            if found is None or not found.port:
                continue
            speaks = protocols(words) or speaks_host(found.host) or one.below.speaks
            if text.startswith(":") and not set(words) & OTHER:
                speaks = speaks or ALL
            row = row_of(found.port, speaks)
            if row is None:
                continue
            prefix = tuple(word for word in words if word not in ENDPOINT_KEYS) or words
            seen = one.around(prefix, row, self._scope)
            listens = bool(set(words) & LISTENING) and not seen.login
            yield Mention(
                row=row,
                port=found.port,
                role=LISTENER if listens else CLIENT,
                place=place_of(value.at, one.below.path),
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
        context: Context,
        own: tuple[Pair, ...] = (),
    ) -> Iterator[Fact]:
        """Yield the mentions of a value that is a mail URL."""
        if "://" not in value.text and not value.text.startswith("{"):
            return
        for one in self._scope.values(value):
            for found in (*mail_urls(one.text), *mailboxes(one.text)):
                if found.unverified and not is_local(found.host):
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
    """Return the mode of a scheme: ``tls://`` means STARTTLS to mail clients only (Roundcube)."""
    return SOME if text.startswith("tls://") and not protocols(words) else tls


def _is_client(one: _Setting, found: _Port) -> bool:
    """Tell whether a port is one that a client connects to, by what stands beside it."""
    context, seen, prefix = one.inner, found.seen, set(found.prefix)
    listens = context.listeners or bool(prefix & BINDING)
    listens = listens or (_names_both(one.words, one.own) and not seen.login)
    if context.firewall or prefix & FILTERS or listens:
        return False
    # A form for a relay whose server and user are still empty is a client's, too.
    return bool(seen.login or seen.host) or (seen.form and found.row.protocol == "smtp")


def _role(one: _Setting, found: _Port) -> str:
    """Return the role of a port: who uses it, by what stands beside it."""
    if one.inner.probe and not found.seen.login:
        return PROBE
    if _is_client(one, found):
        return CLIENT
    return FIREWALL if one.inner.firewall or set(found.prefix) & FILTERS else LISTENER


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
    found = [pair.words for pair in own if pair.words in secure - {words}]
    # With a host of its own, the variant is a client's as well.
    hosts = {pair.words[:-1] for pair in own if pair.words[-1:] in (("host",), ("server",))}
    return any(one[:-1] not in hosts for one in found)


def _is_instruction(scalar: Scalar) -> bool:
    """Tell whether an item of a list is a line of a Dockerfile."""
    return scalar.text.startswith(("EXPOSE ", "FROM "))


def _mail_ports(node: Items) -> set[int]:
    """Return the mail ports among the numbers of a list."""
    found = (number(scalar.text) for scalar in scalars(node))
    return {port for port in found if by_port(port) is not None}


def named_service(text: str, path: str, at: Scalar, role: str) -> Iterator[Fact]:
    """Yield the mention of a service that is named."""
    row = service_named(text)
    if row is not None:
        yield Mention(row, row.port, role, place_of(at, path), text)
