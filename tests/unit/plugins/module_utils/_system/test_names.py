# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what this machine knows by name."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system.names import (
    addresses_of,
    own_addresses,
    port_of,
)


def test_ports() -> None:
    assert port_of("no-such-service") is None
    assert port_of("smtp") in (25, None)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "198.51.100.1"])
def test_an_address_is_its_own(address: str) -> None:
    assert addresses_of(address) == [address]


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a" * 80])
def test_a_name_that_does_not_resolve_stands_for_itself(name: str) -> None:
    assert addresses_of(name) == [name]


def test_own_addresses() -> None:
    """Each can be bound here, none is loopback's."""
    for family, kind in ((4, socket.AF_INET), (6, socket.AF_INET6)):
        for address in own_addresses(family):
            assert not ipaddress.ip_address(address).is_loopback
            with socket.socket(kind, socket.SOCK_DGRAM) as one:
                one.bind((address, 0))
