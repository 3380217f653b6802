# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that an observation survives the way through plain data and JSON."""

from __future__ import annotations

import json

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    REACHES,
    Observation,
    from_dict,
)
from hypothesis import given

from tests.unit.plugins.module_utils.observations import (
    OBSERVATIONS,
)


@given(seen=OBSERVATIONS)
def test_there_and_back(seen: Observation) -> None:
    """Nothing is lost, None and empty stay apart, and the data is JSON."""
    text = json.dumps(seen.to_dict(), allow_nan=False)
    assert from_dict(json.loads(text)) == seen


@pytest.mark.parametrize(
    ("address", "family"),
    [("198.51.100.1", "ipv4"), ("2001:db8::1", "ipv6"), ("fe80::1%lo", "ipv6"), ("", "")],
)
def test_family(address: str, family: str) -> None:
    """Told by the address."""
    seen = Observation("imaps", "x.invalid", address, 1, "imap", "implicit")
    assert (seen.family, seen.to_dict()["family"]) == (family, family)


def test_nothing_seen_is_the_default() -> None:
    """An observation begins as not probed, with nothing tried."""
    seen = Observation("imaps", "x.invalid", "", 1, "imap", "implicit")
    assert seen.reach == "not_probed"
    assert seen.reach in REACHES
    assert (seen.tls.status, seen.starttls.status, seen.injection) == (
        "not_tried",
        "not_tried",
        "untried",
    )
    assert seen.clear.login is None
    assert seen.secure.login is None
