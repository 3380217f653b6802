# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests on the real hosts: the hosts themselves, and ways to probe them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hosts
from tests.integration.running import Ansible, Prober


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder: where there can be no real hosts it is named as a gap."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.real_hosts)


@pytest.fixture(scope="session")
def site() -> Iterator[hosts.Site]:
    """Bring both hosts up, as intended, for all the tests."""
    with hosts.running() as running:
        yield running


@pytest.fixture(scope="session", params=list(hosts.bases.RELEASES))
def host(request: pytest.FixtureRequest, site: hosts.Site) -> hosts.Host:
    """Return each of the hosts in turn."""
    return site.hosts[request.param]


@pytest.fixture(scope="session")
def prober(site: hosts.Site) -> Iterator[Prober]:
    """Return the fast way to run port_check, from the controller."""
    running = Prober(site)
    yield running
    running.close()


@pytest.fixture
def ansible(site: hosts.Site, tmp_path: Path) -> Ansible:
    """Return the way to run Ansible on the controller, with a log of its own."""
    return Ansible(site, tmp_path)
