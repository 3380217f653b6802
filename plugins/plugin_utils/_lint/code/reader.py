# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read Terraform, Nix, Puppet, Ruby and PHP: the settings that they make, wherever they end up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..facts import CLIENT, Fact, Mention, Place, unverified
from ..settings.context import Context, Walker
from ..tree.code import read_code
from ..tree.nodes import Table
from ..tree.tokens import NIX, PHP, PUPPET, RUBY, TERRAFORM
from ..words.mentions import can_hold
from ..words.values import is_local, mailboxes, url_row
from .nix import nix_facts, without_options
from .puppet import puppet_settings
from .ruby import ruby_facts, without_forwarded
from .terraform import Sibling, resolved

LANGUAGES = (TERRAFORM, NIX, PUPPET, RUBY, PHP)
_Own = Callable[[Table, Walker], Iterator[Fact]]
_OWN: dict[str, _Own] = {NIX: nix_facts, RUBY: ruby_facts}


def code_facts(text: str, language: str, walker: Walker, sibling: Sibling) -> Iterator[Fact]:
    """Yield the facts of a text in one of the languages. Raises TreeError.

    ``sibling`` returns the text of another file of the folder: variables of Terraform stand there.
    """
    if not can_hold(text):
        return
    table = read_code(text, language)
    if language == TERRAFORM:
        table = resolved(table, sibling)
    elif language == PUPPET:
        table = puppet_settings(table)
    if language in _OWN:
        yield from _OWN[language](table, walker)
    if language == PHP:
        yield from _mailboxes(text)
    if language == RUBY:
        table = without_forwarded(table)
    elif language == NIX:
        table = without_options(table)
    yield from walker.facts(table, Context())


def _mailboxes(text: str) -> Iterator[Fact]:
    """Yield the mailboxes that a program opens, wherever their names stand."""
    for index, line in enumerate(text.split("\n"), 1):
        for found in mailboxes(line) if "/" in line and "{" in line else ():
            row, local = url_row(found), is_local(found.host)
            if found.unverified and not local:
                yield unverified(Place(index))
            if row is not None:
                place, port = Place(index), found.port
                yield Mention(row, port, CLIENT, place, line.strip(), found.tls, True, local)
