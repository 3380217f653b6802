# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read data of every structure: plays, intents, compose files, Kubernetes objects, settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .ansible.intents import intent_facts, is_intent
from .ansible.results import is_result, result_facts
from .ansible.tasks import LISTS, TaskReader, is_play, is_task
from .containers.objects import (
    compose_facts,
    is_compose,
    is_kubernetes,
    kubernetes_facts,
    tcp_services,
)
from .embedded import ReadText, embedded_facts
from .facts import Fact
from .servers.postfix_files import is_master_entry, service_module_facts
from .settings.closed import is_off
from .settings.commands import command_facts
from .settings.context import Context
from .settings.reader import SettingsReader
from .tree.nodes import Items, Node, Scalar, Table
from .tree.scope import Scope

# Descriptions of an interface, which hold examples.
_DOCUMENTATION = ("openapi", "swagger", "asyncapi")
# Keywords of plays and tasks whose values are expressions or names.
_NOT_WALKED = frozenset(("when", "until", "failed_when", "changed_when", "register", "tags"))


def structure_facts(node: Node, name: str, scope: Scope, read: ReadText) -> Iterator[Fact]:
    """Yield the facts of one document; ``read`` reads the texts that stand inside it."""
    reader = StructureReader(scope, name, read)
    yield from reader.document(node)


def _is_of_plays(table: Table) -> bool:
    """Tell whether an item of a document is a task, a block of tasks or a play."""
    return is_task(table) or is_play(table) or "block" in table.keys


class StructureReader(SettingsReader):
    """Knows the structures that give a mapping a meaning of its own."""

    def __init__(self, scope: Scope, name: str, read: ReadText) -> None:
        super().__init__(scope)
        self._name = name
        self._read = read

    def document(self, node: Node) -> Iterator[Fact]:
        """Yield the facts of a document."""
        context = Context()
        if isinstance(node, Items):
            tables = [one for one in node.nodes if isinstance(one, Table)]
            context = replace(context, tasks=any(map(_is_of_plays, tables)))
        if isinstance(node, Table) and any(key in node.keys for key in _DOCUMENTATION):
            return
        yield from self.facts(node, context)

    def within(self, scope: Scope) -> StructureReader:
        """Return a reader of the same file that knows more names."""
        return StructureReader(scope, self._name, self._read)

    def table(self, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of a mapping by what it is."""
        if context.tasks and is_task(table):
            yield from TaskReader(self, self._scope, self._name).task(table, context)
        elif context.tasks or is_play(table):
            yield from self._play(table, context)
        elif is_result(table):
            yield from result_facts(table, self._scope, context.path)
        elif is_master_entry(table) and not is_off(table, self._scope):
            yield from service_module_facts(table, self._scope, context.path)
        elif is_intent(table, context.path):
            yield from intent_facts(table, self._scope, context.path)
        elif is_compose(table):
            yield from compose_facts(table, self, self._scope, context)
        elif is_kubernetes(table):
            yield from kubernetes_facts(table, self, self._scope, context)
        else:
            yield from tcp_services(table, self._scope, context)
            yield from super().table(table, context)

    def settings(self, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of a mapping that is nothing but settings."""
        yield from super().table(table, context)

    def _play(self, table: Table, context: Context) -> Iterator[Fact]:
        """Yield the facts of a play or a block: its tasks, its variables, its roles."""
        for key, node in table.items:
            if key.text in _NOT_WALKED:
                continue
            below = replace(context.below(key.text), tasks=key.text in LISTS)
            if key.text == "module_defaults" and isinstance(node, Table):
                yield from TaskReader(self, self._scope, self._name).defaults(node, below)
            elif not isinstance(node, Scalar):
                yield from self.facts(node, below)

    def text(self, scalar: Scalar, hint: str, context: Context) -> Iterator[Fact]:
        """Yield the facts of a text inside data; ``hint`` names the file that it is written to."""
        yield from embedded_facts(scalar, hint, self._scope, context.path, self._read)

    def command(self, scalar: Scalar, context: Context) -> Iterator[Fact]:
        """Yield the facts of a command line."""
        yield from command_facts(scalar, self._scope, context.path)
