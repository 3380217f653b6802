# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The truth is told about mail servers that nobody here wrote or configures: see server_answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import hosts
from tests.hosts import servers
from tests.hosts.recipes import RECIPES
from tests.integration.running import Prober
from tests.integration.server_answers import ROWS, Row, answers

# Kind, variant and base of rows that the product does not answer rightly yet: it must not, or the row
# leaves this list.
CASES = [(row, base) for row in ROWS for base in row.bases()]


@pytest.fixture(scope="module")
def prober() -> Iterator[tuple[hosts.Site, Prober]]:
    """Bring up a network without mail on its hosts, and look at it from its controller."""
    with hosts.running(mail=False) as site:
        running = Prober(site)
        yield site, running
        running.close()


@pytest.mark.parametrize(
    ("row", "base"), CASES, ids=[f"{row.kind}-{row.variant}-{base}" for row, base in CASES]
)
def test_answers(row: Row, base: str, prober: tuple[hosts.Site, Prober]) -> None:
    """Every service of the server, and the verdict on the whole."""
    site, running = prober
    with servers.running(site, base, row.kind, row.variant) as server:
        result = running.check(
            {"host": server.name, "services": {name: {} for name in server.services}}
        )
        found = answers(result, server.services)
    assert found == row.by_service()
    wrong = any("!" in words or "wants" in words for words in found.values())
    assert result["compliant"] is not wrong


def test_every_recipe_has_its_rows() -> None:
    """No variant goes without an answer, and every base has one."""
    tried = {(row.kind, row.variant) for row in ROWS}
    recipes = {(kind, name) for kind, one in RECIPES.items() for name in ("", *one.variants)}
    assert tried == recipes
