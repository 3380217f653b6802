# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test sockets of systemd and quadlets."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.containers.units import (
    unit_facts,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.read import read_text
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.structures import (
    StructureReader,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.scope import Scope

from tests.unit.plugins.plugin_utils._lint.short import short


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("[Socket]\nListenStream=143\n", ["2 listener 143 -"]),
        ("[Socket]\nListenStream=[::]:143\n", ["2 listener 143 -"]),
        ("[Socket]\nListenStream=[::1]:143\n", []),
        ("[Socket]\nListenDatagram=143\n", []),
        ("[Container]\nImage=a\nPublishPort=143:143\n", ["3 listener 143 -"]),
        ("[Container]\nImage=dovecot\nPublishPort=143:10143\n", ["3 listener 143 -"]),
        ("[Container]\nImage=a\nPublishPort=127.0.0.1:143:143\n", []),
    ],
)
def test_a_unit(text: str, facts: list[str]) -> None:
    scope = Scope()
    walker = StructureReader(scope, "a.socket", read_text)
    assert short(unit_facts(text, walker, scope)) == facts
