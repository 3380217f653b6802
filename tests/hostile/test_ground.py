# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product tells the truth about mail servers put together from parts: tests/hostile.

Here every part by itself and a few hundred mixed; `make prove` draws ten thousand and more.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile import generate, ground
from tests.hostile.truth import Spec

SEED, COUNT = 13, 300


@pytest.fixture(scope="module")
def place() -> Iterator[ground.Ground]:
    """A place to serve on, with its certificates."""
    with ground.Ground() as found:
        yield found


def faults(place: ground.Ground, specs: list[Spec]) -> list[str]:
    """Return every server about which the truth was not reported, with what was reported."""
    return [
        f"{case.spec}: {', '.join(case.faults())} (reported: {sorted(case.reported)})"
        for case in place.cases(specs)
        if case.faults()
    ]


def test_each_part_by_itself(place: ground.Ground) -> None:
    specs = list(generate.singles())
    assert len(specs) > 400
    assert faults(place, specs) == []


def test_parts_mixed(place: ground.Ground) -> None:
    assert faults(place, list(generate.drawn(SEED, COUNT))) == []


def test_a_seed_always_gives_the_same_servers() -> None:
    assert list(generate.drawn(7, 50)) == list(generate.drawn(7, 50))
    assert list(generate.drawn(7, 50)) != list(generate.drawn(8, 50))
