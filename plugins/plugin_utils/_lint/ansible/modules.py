# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the arguments of the modules that open, use, probe or configure mail ports."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Callable, Optional

from ....module_utils._model.services import SERVICES
from ..containers.objects import container_facts
from ..facts import CLIENT, FIREWALL, PROBE, Fact, Mention, Place, unverified
from ..servers.postfix_files import service_module_facts
from ..settings.around import Pair, around, pairs
from ..settings.context import Context, Walker, place_of
from ..tree.nodes import UNKNOWN, Items, Node, Scalar, Table, scalars, target
from ..tree.scope import Scope
from ..words.mail_words import row_of, service_named, truth
from ..words.sets import word_set
from ..words.values import is_local, number, ports_within
from .intents import intent_facts

_CLOSED = frozenset(("absent", "stopped", "drained", "disabled", "closed"))
_RELAY = SERVICES["smtp"].port
# The application profiles that Debian's packages bring for ufw, by their names in lower case.
_PROFILES = {
    "postfix": "smtp",
    "postfix smtps": "submissions",
    "postfix submission": "submission",
    "dovecot imap": "imap",
    "dovecot secure imap": "imaps",
    "dovecot pop3": "pop3",
    "dovecot secure pop3": "pop3s",
    "mail submission": "submission",
}
_SECURE = {"always": "implicit", "starttls": "starttls", "never": "cleartext", "try": "optional"}


class ModuleReader:
    """Reads the arguments of one task; ``walker`` is the one for all other structures."""

    def __init__(self, walker: Walker, scope: Scope) -> None:
        self._walker = walker
        self._scope = scope

    def facts(self, short: str, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        """Yield the facts of a module of READ_MODULES; ``key`` is where its name stands."""
        yield from _READERS[short](self, args, context, key)

    def _value(self, args: Table, *names: str) -> str:
        """Return the text of the first argument that is given, "" where none is."""
        for name in names:
            node = args.get(name)
            if node is not None:
                return self._scope.text(node).strip()
        return ""

    def _numbers(
        self, node: Optional[Node], context: Context, role: str, **rest: Any
    ) -> Iterator[Fact]:
        """Yield a mention for each port in a value; what is used so is a port by its place."""
        for scalar in scalars(node):
            for one in self._scope.values(scalar):
                self._scope.used.add((one.at.line, one.at.column))
                for row, port in ports_within(one.text):
                    place = place_of(one.at, context.path)
                    yield Mention(row, port, role, place, scalar.text, **rest)

    def _wait_for(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        if self._value(args, "state").lower() in _CLOSED:
            self._note(args.get("port"))
            return
        local = is_local(self._value(args, "host"))
        yield from self._numbers(args.get("port"), context, PROBE, local=local)

    def _note(self, node: Optional[Node]) -> None:
        """Remember that a value is used here, although there is nothing to say about it."""
        for scalar in scalars(node):
            for one in self._scope.values(scalar):
                self._scope.used.add((one.at.line, one.at.column))

    def _ufw(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        rule = self._value(args, "rule", "policy", "default").lower()
        away = (
            rule in ("deny", "reject")
            or truth(self._value(args, "delete")) is True
            or self._value(args, "direction").lower() in ("out", "outgoing")
            or self._value(args, "proto", "protocol").lower() == "udp"
            or is_local(self._value(args, "from_ip", "from", "src"))
            or self._value(args, "interface", "if", "interface_in") == "lo"
        )
        ports = args.get("to_port") or args.get("port")
        if away or (UNKNOWN in rule and len(rule) == 1 and ports is None):
            self._note(ports)
            return
        yield from self._numbers(ports, context, FIREWALL)
        yield from self._named(args.get("name") or args.get("app"), context)

    def _named(self, node: Optional[Node], context: Context) -> Iterator[Fact]:
        for scalar in scalars(node):
            for one in self._scope.values(scalar):
                word = one.text.strip()
                row = service_named(_PROFILES.get(word.lower(), word))
                if row is not None:
                    place = place_of(one.at, context.path)
                    yield Mention(row, row.port, FIREWALL, place, one.text)

    def _firewalld(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        if self._value(args, "state").lower() in _CLOSED:
            return
        if self._value(args, "zone").lower() in ("drop", "block"):
            return
        yield from self._numbers(args.get("port"), context, FIREWALL)
        yield from self._named(args.get("service"), context)
        rule = target(args.get("rich_rule") or args.get("rich_rules"))
        if isinstance(rule, Scalar):
            text = self._scope.text(rule)
            if "accept" in text and not re.search(r"\b(reject|drop)\b", text):
                place = place_of(rule, context.path)
                for word in re.findall(r"port port=[\"']?([\d-]+)[\"']? protocol=[\"']?tcp", text):
                    for row, port in ports_within(word):
                        yield Mention(row, port, FIREWALL, place, text)
                for word in re.findall(r"service name=[\"']?([\w-]+)", text):
                    named = service_named(word)
                    if named is not None:
                        yield Mention(named, named.port, FIREWALL, place, text)

    def _iptables(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        jump = self._value(args, "jump", "action").upper()
        away = (
            jump in ("DROP", "REJECT", "LOG", "RETURN")
            or self._value(args, "state").lower() in _CLOSED
            or self._value(args, "chain").upper().startswith("OUTPUT")
            or self._value(args, "protocol").lower() == "udp"
            or is_local(self._value(args, "source"))
            or self._value(args, "in_interface") == "lo"
        )
        for name in ("destination_port", "destination_ports"):
            if away:
                self._note(args.get(name))
            else:
                yield from self._numbers(args.get(name), context, FIREWALL)

    def _mail(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        neighbours: list[Pair] = list(pairs(args))
        scalar = target(args.get("port"))
        seen = around((), SERVICES["smtp"], neighbours, self._scope)
        host = self._value(args, "host")
        local = is_local(host) or not host
        tls, place = seen.tls, seen.tls_place
        secure = target(args.get("secure"))
        if isinstance(secure, Scalar):
            tls = _SECURE.get(self._value(args, "secure").lower(), tls)
            place = Place(secure.line, secure.column)
        if not isinstance(scalar, Scalar):
            at = target(args.get("host"))
            scalar = replace(at if isinstance(at, Scalar) else key, text=str(_RELAY))
        for one in self._scope.values(scalar):
            self._scope.used.add((one.at.line, one.at.column))
            row = row_of(number(one.text), frozenset(("smtp",)))
            if row is not None:
                yield Mention(
                    row,
                    row.port,
                    CLIENT,
                    place_of(one.at, context.path),
                    one.text,
                    tls,
                    seen.login,
                    local,
                    place,
                )

    def _text(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        """Read what a task writes into a file."""
        if self._value(args, "state").lower() == "absent":
            return
        hint = self._value(args, "dest", "path", "destfile", "name")
        for name in ("content", "block", "line", "replace"):
            node = target(args.get(name))
            if isinstance(node, Scalar):
                for one in self._scope.values(node) if "\n" not in node.text else ():
                    self._scope.written.append((hint, replace(one.at, text=one.text)))
                yield from self._walker.text(node, hint, replace(context, path=context.path))
            elif node is not None:
                yield from self._walker.facts(node, context.below(hint or name))

    def _ini(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        if self._value(args, "state").lower() == "absent":
            return
        option, value = target(args.get("option") or args.get("key")), args.get("value")
        if isinstance(option, Scalar) and value is not None:
            name = replace(option, text=self._scope.text(option))
            line = f"{name.text} = {self._scope.text(value)}"
            self._scope.written.append(
                (self._value(args, "path", "dest"), replace(name, text=line))
            )
            section = self._value(args, "section")
            yield from self._walker.facts(Table(((name, value),)), context.below(section))

    def _command(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        for name in ("cmd", "argv", "_raw_params"):
            node = target(args.get(name))
            if isinstance(node, Scalar):
                yield from self._walker.command(node, context)
            elif isinstance(node, Items):
                words = [one.text for one in scalars(node)]
                joined = Scalar(shlex.join(words), node.line)
                yield from self._walker.command(joined, context)

    def _facts(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        yield from self._walker.facts(args, Context(path=context.path))

    def _container(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        if self._value(args, "state").lower() in _CLOSED:
            return
        yield from container_facts(args, self._walker, self._scope, context)

    def _definition(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        if self._value(args, "state").lower() in _CLOSED:
            return
        for name in ("definition", "resource_definition", "services", "values", "release_values"):
            node = target(args.get(name))
            if isinstance(node, Scalar):
                yield from self._walker.text(node, f"{name}.yml", context)
            elif node is not None:
                yield from self._walker.facts(node, Context(path=f"{context.path}.{name}"))

    def _port_check(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        intent = target(args.get("intent"))
        if isinstance(intent, Table):
            yield from intent_facts(intent, self._scope, f"{context.path}.intent")
        yield from self._verify(args, context, key)

    def _verify(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        """Read our own modules that look: naming a port to look at is no use of it."""
        node = target(args.get("verify"))
        if isinstance(node, Scalar) and truth(self._scope.text(node)) is False:
            yield unverified(place_of(node, context.path))

    def _postfix_service(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        if self._value(args, "state").lower() not in _CLOSED:
            yield from service_module_facts(args, self._scope, context.path)

    def _parameters(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        node = target(args.get("parameters"))
        if isinstance(node, Table):
            yield from self._walker.facts(node, Context(path=f"{context.path}.parameters"))

    def _nothing(self, args: Table, context: Context, key: Scalar) -> Iterator[Fact]:
        yield from ()


_Read = Callable[[ModuleReader, Table, Context, Scalar], Iterator[Fact]]
_READERS: dict[str, _Read] = {
    "wait_for": ModuleReader._wait_for,
    "ufw": ModuleReader._ufw,
    "firewalld": ModuleReader._firewalld,
    "iptables": ModuleReader._iptables,
    "mail": ModuleReader._mail,
    "copy": ModuleReader._text,
    "template": ModuleReader._text,
    "lineinfile": ModuleReader._text,
    "blockinfile": ModuleReader._text,
    "replace": ModuleReader._text,
    "ini_file": ModuleReader._ini,
    "set_fact": ModuleReader._facts,
    "docker_container": ModuleReader._container,
    "podman_container": ModuleReader._container,
    "docker_swarm_service": ModuleReader._container,
    "docker_compose": ModuleReader._definition,
    "docker_compose_v2": ModuleReader._definition,
    "docker_stack": ModuleReader._definition,
    "k8s": ModuleReader._definition,
    "helm": ModuleReader._definition,
    "command": ModuleReader._command,
    "shell": ModuleReader._command,
    "raw": ModuleReader._command,
    "port_check": ModuleReader._port_check,
    "port_info": ModuleReader._verify,
    "postfix_service": ModuleReader._postfix_service,
    "postfix_parameter": ModuleReader._parameters,
    "dovecot_listeners": ModuleReader._port_check,
    **dict.fromkeys(
        word_set(
            "debug assert fail meta include_tasks import_tasks import_playbook service systemd apt "
            "yum dnf package pip git user group file stat slurp fetch unarchive pause seport setup "
            "ping reboot hostname cron sysctl lookup listener_info"
        ),
        ModuleReader._nothing,
    ),
}
READ_MODULES = frozenset(_READERS)
