# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that facts can be moved to where their text stands."""

from __future__ import annotations

from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import (
    CLIENT,
    Flaw,
    Mention,
    Place,
    moved,
    unverified,
)


def test_a_fact_moves_with_the_place_of_its_tls() -> None:
    fact = Mention(SERVICES["imap"], 143, CLIENT, Place(2, 3, "b"), tls_place=Place(4))
    found = moved(fact, 10, "a")
    assert isinstance(found, Mention)
    assert (found.place, found.tls_place) == (Place(12, 0, "a.b"), Place(14, 0, "a"))


def test_a_line_that_is_not_known_stays_so() -> None:
    assert moved(Flaw("not-read", Place()), 10).place == Place()


def test_a_column_counts_only_on_its_own_line() -> None:
    assert moved(unverified(Place(1, 5)), 0).place == Place(1, 5)
