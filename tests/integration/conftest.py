# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests on the real hosts: the hosts themselves, and ways to probe them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hosts
from tests.integration import on_host
from tests.integration.running import CA_ON_HOSTS, Ansible, Prober
from tests.support.gaps import real_hosts_obstacle

# The modules that do with embedded hosts, and so run everywhere.
EMBEDDED = ("test_audit.py", "test_audit_role.py", "test_audit_examples.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the real hosts: where there can be none they are named as a gap."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.path.name not in EMBEDDED:
            item.add_marker(pytest.mark.real_hosts)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the hosts of a worker that was killed, now that no worker is left."""
    if not hasattr(config, "workerinput") and not real_hosts_obstacle():
        hosts.clean_stale()


@pytest.fixture(scope="session")
def site() -> Iterator[hosts.Site]:
    """Bring both hosts up, as intended, for all the tests of this worker."""
    with hosts.running() as running:
        for host in running.hosts.values():
            (host.root / CA_ON_HOSTS[1:]).write_bytes(running.ca_file.read_bytes())
            on_host.install(host)
        yield running


@pytest.fixture(scope="session", params=list(hosts.bases.RELEASES))
def host(request: pytest.FixtureRequest, site: hosts.Site) -> hosts.Host:
    """Return each of the hosts in turn."""
    return site.hosts[request.param]


@pytest.fixture(scope="session")
def probers(site: hosts.Site) -> Iterator[dict[str, Prober]]:
    """Return the fast way to run port_check from the controller, one for each host, by base."""
    running = {base: Prober(site) for base in site.hosts}
    yield running
    for prober in running.values():
        prober.close()


@pytest.fixture(scope="session")
def ansible_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder where Ansible keeps its connections."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def ansible(site: hosts.Site, tmp_path: Path, ansible_home: Path) -> Ansible:
    """Return the way to run Ansible on the controller, with a log of its own."""
    return Ansible(site, tmp_path, ansible_home)
