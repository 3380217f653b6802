# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what can be seen of people's keys without knowing any address."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain import people
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    SERVFAIL,
    Answer,
    Fetched,
)

from tests.support.names import answered

POLICY = "https://openpgpkey.example.net/.well-known/openpgpkey/example.net/policy"
HOST = {"openpgpkey.example.net A": ["192.0.2.1"]}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ({}, ("no", "no", "no")),
        ({"abc._openpgpkey.example.net TYPE61": ["x"]}, ("yes", "no", "no")),
        ({"abc._smimecert.example.net SMIMEA": ["x"]}, ("no", "yes", "no")),
        ({"_openpgpkey.example.net TXT": Answer(SERVFAIL)}, ("unknown", "no", "no")),
        ({"openpgpkey.example.net A": Answer(SERVFAIL)}, ("no", "no", "unknown")),
        ({**HOST, POLICY: Fetched(200)}, ("no", "no", "yes")),
        ({**HOST, POLICY: Fetched(404)}, ("no", "no", "no")),
        ({**HOST, POLICY: Fetched(problem="timeout")}, ("no", "no", "unknown")),
        ({**HOST, POLICY: Fetched(problem="certificate")}, ("no", "no", "no")),
    ],
)
def test_each_kind_is_there_or_not_or_not_known(rows: Any, found: tuple[str, ...]) -> None:
    seen = answered(people.gather("example.net"), rows)
    assert (seen["openpgpkey"], seen["smimea"], seen["wkd"]) == found
