# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the sets of words do not contradict each other."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.words import keys
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.words.mail_words import (
    protocols,
    tokens,
)


@pytest.mark.parametrize(
    "name", ["DENIED", "OTHER", "FILTERS", "FORWARDING", "STATES", "PROBING", "TARGETS", "BINDING"]
)
def test_each_word_is_one_word_of_a_key(name: str) -> None:
    """A word that the keys of files are never split into can match nothing."""
    words = getattr(keys, name)
    assert [one for one in words if "_" not in one and tokens(one) != (one,)] == []


def test_no_service_other_than_mail_speaks_a_mail_protocol() -> None:
    assert [one for one in keys.OTHER if protocols((one,))] == []


def test_what_closes_a_port_does_not_open_it() -> None:
    assert frozenset() == keys.DENIED & keys.FILTERS
