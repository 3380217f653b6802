# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read containers: compose files, Kubernetes objects and the modules that start containers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ....module_utils._model.services import by_port
from ..facts import LISTENER, PROBE, Fact, Mention
from ..settings.context import Context, Walker, place_of
from ..tree.nodes import UNKNOWN, Items, Node, Scalar, Table, scalars, target
from ..tree.scope import Scope
from ..words.mail_words import ALL, protocols, row_of, tokens
from ..words.values import is_local, number, ports_within

# host_ip:host:container/protocol, each but the container's port optional, any of them a range. A
# variable in front may hold the address and its colon, or nothing.
_MAPPING = re.compile(
    rf"(?:(?P<ip>\[[0-9a-fA-F:]+\]|\d+\.[\d.]+|[a-z]+|{UNKNOWN}):|{UNKNOWN})?"
    rf"(?:(?P<host>\d{{1,5}}(?:-\d{{1,5}})?|{UNKNOWN})?:)?"
    r"(?P<inside>\d{1,5}(?:-\d{1,5})?)(?:/(?P<protocol>[a-z]+))?"
)
_PORT_KEYS = ("ports", "published_ports", "publish", "exposed_ports", "expose", "exposed")
# Where objects of Kubernetes, and of what extends it, name ports.
_PORT_LISTS = ("ports", "services", "backendRefs", "listeners")
_ENVIRONMENT = ("environment", "env", "env_vars")


def is_compose(table: Table) -> bool:
    """Tell whether a mapping is a compose file or a part of one."""
    services = target(table.get("services"))
    if not isinstance(services, Table):
        return False
    return any(
        isinstance(one, Table)
        and any(key in one.keys for key in ("image", "build", "ports", "container_name"))
        for one in (target(node) for _key, node in services.items)
    )


def compose_facts(table: Table, walker: Walker, scope: Scope, context: Context) -> Iterator[Fact]:
    """Yield the facts of a compose file."""
    for key, node in table.items:
        below = Context(path=context.below(key.text).path)
        if key.text != "services" or not isinstance(node, Table):
            if not isinstance(node, Scalar):
                yield from walker.facts(node, below)
            continue
        for name, service in node.items:
            if isinstance(service, Table):
                inner = replace(below.below(name.text), firewall=False, ports=False)
                yield from container_facts(service, walker, scope, inner)


def container_facts(
    container: Table, walker: Walker, scope: Scope, context: Context
) -> Iterator[Fact]:
    """Yield the facts of one container, in the words of compose or of Ansible's modules."""
    image = scope.text(container.get("image"))
    named = scope.text(container.get("name")) or scope.text(container.get("container_name"))
    speaks = context.speaks | protocols((*tokens(image), *tokens(named)))
    for key, node in container.items:
        below = Context(path=context.below(key.text).path, speaks=speaks)
        if key.text in _PORT_KEYS:
            yield from _ports(node, scope, below)
        elif key.text in _ENVIRONMENT:
            # Variables must name mail themselves: the name of the image says nothing about them.
            yield from walker.facts(node, Context(path=below.path))
        elif key.text in ("healthcheck", "command", "entrypoint"):
            continue
        elif not isinstance(node, Scalar):
            yield from walker.facts(node, Context(path=below.path))


def _ports(node: Node, scope: Scope, context: Context) -> Iterator[Fact]:
    found = target(node)
    one_by_one = found.nodes if isinstance(found, Items) else [found] if found else []
    if len(_published(one_by_one, scope)) > 1:
        # A container with two published mail ports is a mail server.
        context = replace(context, speaks=ALL)
    for one in one_by_one:
        item = target(one)
        if isinstance(item, Scalar):
            yield from _short(item, scope, context)
        elif isinstance(item, Table):
            yield from _long(item, scope, context)


def _published(nodes: Iterable[Node], scope: Scope) -> set[int]:
    """Return the mail ports of the outside that lead to ports of no other known use."""
    found: set[int] = set()
    for one in nodes:
        item = target(one)
        if not isinstance(item, Scalar):
            continue
        match = _MAPPING.fullmatch(scope.text(item).strip())
        if match and match["host"] and not _is_web(match["inside"]):
            found.update(port for _row, port in ports_within(match["host"]))
    return found


def _short(scalar: Scalar, scope: Scope, context: Context) -> Iterator[Fact]:
    """Yield the mention of one mapping written as text."""
    for one in scope.values(scalar):
        match = _MAPPING.fullmatch(one.text.strip())
        if match is None or match["protocol"] not in (None, "tcp"):
            continue
        if match["ip"] and is_local(match["ip"]):
            continue
        outside = match["host"] or match["inside"]
        yield from _mapped(match["inside"], outside, one.at, scalar, context)


def _mapped(
    inside: str, outside: str, at: Scalar, scalar: Scalar, context: Context
) -> Iterator[Fact]:
    """Yield the mail port of a mapping: the inner one, or else the outer one of a mail server."""
    found = ports_within(inside)
    if not found and context.speaks and not _is_web(inside):
        found = [
            (row, port) for row, port in ports_within(outside) if row.protocol in context.speaks
        ]
    for row, port in found:
        yield Mention(row, port, LISTENER, place_of(at, context.path), scalar.text)


def _is_web(text: str) -> bool:
    return text.startswith(("80", "443", "8443", "3000"))


def _long(table: Table, scope: Scope, context: Context) -> Iterator[Fact]:
    """Yield the mention of one mapping with a key for each part."""
    if scope.text(table.get("protocol")).lower() == "udp" or is_local(
        scope.text(table.get("host_ip"))
    ):
        return
    inside = target(table.get("target") or table.get("target_port") or table.get("container_port"))
    outside = target(table.get("published") or table.get("published_port"))
    if not isinstance(inside, Scalar):
        return
    for one in scope.values(inside):
        published = scope.text(outside) if outside else one.text
        yield from _mapped(one.text, published, one.at, inside, context)


def is_kubernetes(table: Table) -> bool:
    """Tell whether a mapping is a Kubernetes object."""
    return bool(table.text("kind")) and table.get("apiVersion") is not None


def kubernetes_facts(
    table: Table, walker: Walker, scope: Scope, context: Context
) -> Iterator[Fact]:
    """Yield the facts of one object."""
    kind = table.text("kind")
    metadata = target(table.get("metadata"))
    name = metadata.text("name") if isinstance(metadata, Table) else ""
    inner = Context(path=context.path, speaks=protocols(tokens(name)))
    if kind == "List":
        yield from walker.facts(table.get("items") or Items(()), Context(path=context.path))
        return
    for key, node in table.items:
        if key.text in ("apiVersion", "kind", "metadata", "status"):
            continue
        below = replace(inner, path=inner.below(key.text).path)
        if key.text == "data" and isinstance(node, Table):
            yield from _config_map(node, walker, scope, below)
        elif key.text == "spec" and kind == "NetworkPolicy" and isinstance(node, Table):
            ingress = node.get("ingress")
            if ingress is not None:
                yield from _walk(ingress, walker, scope, below, 0)
        else:
            yield from _walk(node, walker, scope, below, 0)


def _config_map(data: Table, walker: Walker, scope: Scope, context: Context) -> Iterator[Fact]:
    yield from tcp_services(data, scope, context)
    yield from walker.settings(data, Context(path=context.path))


def tcp_services(table: Table, scope: Scope, context: Context) -> Iterator[Fact]:
    """Yield the ports that are the keys of a mapping to ``namespace/service:port``."""
    for key, node in table.items:
        port = number(key.text)
        row = by_port(port)
        value = target(node)
        if row is None or not isinstance(value, Scalar) or "/" not in value.text:
            continue
        if re.fullmatch(r"[\w.-]+/[\w.-]+:[\w-]+(?::\w*)*", value.text):
            yield Mention(row, port, LISTENER, place_of(key, context.path), value.text)


def _walk(node: Node, walker: Walker, scope: Scope, context: Context, depth: int) -> Iterator[Fact]:
    """Yield the facts below an object's specification."""
    if isinstance(node, Items):
        for one in node.nodes:
            yield from _walk(one, walker, scope, context, depth + 1)
    if not isinstance(node, Table):
        return
    for key, value in node.items:
        below = replace(context, path=f"{context.path}.{key.text}")
        if key.text in _PORT_LISTS and isinstance(value, Items):
            for one in value.nodes:
                if isinstance(one, Table):
                    yield from _port(one, scope, below)
        elif key.text == "tcpSocket" and isinstance(value, Table):
            for scalar in scalars(value.get("port")):
                for row, port in ports_within(scope.text(scalar)):
                    yield Mention(row, port, PROBE, place_of(scalar, below.path), scalar.text)
        elif key.text == "env":
            yield from walker.facts(value, Context(path=below.path))
        else:
            yield from _walk(value, walker, scope, below, depth + 1)


def _port(table: Table, scope: Scope, context: Context) -> Iterator[Fact]:
    """Yield the mention of one entry of ports."""
    if scope.text(table.get("protocol")).upper() not in ("", "TCP"):
        return
    own = protocols(tokens(scope.text(table.get("name"))))
    speaks = own or context.speaks
    inner = scope.text(table.get("targetPort") or table.get("containerPort"))
    for name in ("containerPort", "port", "targetPort", "hostPort"):
        scalar = target(table.get(name))
        if not isinstance(scalar, Scalar):
            continue
        port = number(scope.text(scalar))
        row = row_of(port, speaks or ALL)
        # A port that leads to something else is not mail: 110 in front of 8080.
        leads = number(inner) if name == "port" else port
        elsewhere = leads != port and leads and by_port(leads) is None and not own
        if row is not None and not elsewhere:
            yield Mention(row, port, LISTENER, place_of(scalar, context.path), scalar.text)
            return
