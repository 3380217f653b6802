# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the ports that a Vagrantfile forwards."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.code.ruby import (
    ruby_facts,
    without_forwarded,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.read import read_text
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.structures import (
    StructureReader,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.code import read_code
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.tokens import RUBY

from tests.unit.plugins.plugin_utils._lint.short import short

LINE = 'config.vm.network "forwarded_port", guest: {}, host: 1143{}\n'


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (LINE.format(143, ""), ["1 listener 143 -"]),
        (LINE.format(8080, ""), []),
        (LINE.format(143, ', host_ip: "127.0.0.1"'), []),
        (LINE.format(143, ', protocol: "udp"'), []),
    ],
)
def test_the_port_of_the_machine_counts(text: str, facts: list[str]) -> None:
    table = read_code(text, RUBY)
    walker = StructureReader(Scope(), "Vagrantfile", read_text)
    assert short(ruby_facts(table, walker)) == facts
    assert short(walker.facts(without_forwarded(table), _context())) == []


def _context() -> object:
    from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.settings.context import (
        Context,
    )

    return Context()
