# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the options of a fleet: a host's own go before those of all, and harm no other host.

Not beside the tests of the engine, which run where there is no Ansible: its validator is used here.
"""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._check.options import ParamsError
from ansible_collections.postmaster.mailports.plugins.module_utils._fleet.options import (
    audits_from,
    fleet_options,
    limits_from,
)

INTENT = {"host": "mail.example.net"}


def params(*audits: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Return the options of a task with their defaults."""
    defaults = {key: one.get("default") for key, one in fleet_options().items()}
    return {**defaults, "audits": list(audits), **given}


def test_what_a_host_has_of_its_own_goes_before_what_all_have() -> None:
    own = {"intent": INTENT, "timeout": "5", "verify": "no", "policy": None, "name": "a"}
    first, second = audits_from(params(own, {"intent": INTENT}, timeout=7.0, policy="rfc8314"))
    assert (first["name"], first["timeout"], first["verify"]) == ("a", 5.0, False)
    assert (second["name"], second["timeout"], second["verify"]) == ("mail.example.net", 7.0, True)
    assert first["policy"] == second["policy"] == "rfc8314"
    assert "error" not in first


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"timeout": "soon"}, "timeout"),
        ({"fail_on": "often"}, "fail_on must be one of"),
        ({"intent": None}, "intent"),
        ({"error": "its variables are not defined"}, "its variables are not defined"),
    ],
)
def test_what_is_wrong_with_one_is_told_of_that_one(own: dict[str, Any], words: str) -> None:
    wrong, good = audits_from(params({"intent": INTENT, **own}, {"intent": INTENT}))
    if "error" in own:
        assert wrong["error"] == own["error"]
    assert words in wrong["error"]
    assert "error" not in good


def test_the_limits_are_those_of_the_task() -> None:
    ceilings = {"192.0.2.1/24": 5, "2001:db8::/32": "0.5"}
    limits = limits_from(params(connections=100, per_address=4, ceilings=ceilings))
    assert (limits.connections, limits.per_address) == (100, 4)
    assert limits.ceilings == (
        (ipaddress.ip_network("192.0.2.0/24"), 5.0),
        (ipaddress.ip_network("2001:db8::/32"), 0.5),
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"connections": 1}, "connections: 1 is not between 2 and 1024"),
        ({"per_address": 1}, "per_address: 1 is below 2"),
        ({"ceilings": {"192.0.2.0/33": 1}}, "ceilings: 192.0.2.0/33"),
        ({"ceilings": {"192.0.2.0/24": 0}}, "ceilings: 192.0.2.0/24: 0 connections a second"),
        ({"ceilings": {"192.0.2.0/24": None}}, "ceilings: 192.0.2.0/24"),
    ],
)
def test_wrong_limits_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ParamsError, match=words.replace(".", r"\.")):
        limits_from(params(**given))
