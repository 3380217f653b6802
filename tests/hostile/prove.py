# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw servers of the proving ground by the thousand: ``prove.py [COUNT] [SEED]``.

Prints every server about which the truth is not reported, with the seed that brings it back, and how
many servers each rule decided. Fails when the truth was not reported once, or when a rule that the parts
name decided nothing. Seeds are kept in build/prove-seeds.txt: those that found something are run
again first.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.hostile import generate, ground
from tests.hostile.ground import Case, Ground

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "prove-seeds.txt"
COUNT = 10_000
# Servers of one seed: few enough to run them again while one looks for the fault.
PER_SEED = 200


def seeds(first: int, count: int) -> Iterator[int]:
    """Yield the seeds that were kept, then new ones, for so many servers in all."""
    if KEPT.exists():
        yield from map(int, KEPT.read_text(encoding="ascii").split())
    yield from range(first, first + -(-count // PER_SEED))


def prove(place: Ground, seed: int) -> list[Case]:
    """Return the servers of a seed about which the truth was not reported."""
    specs = list(generate.drawn(seed, PER_SEED))
    return [case for case in place.cases(specs) if case.faults()]


def main(arguments: list[str]) -> int:
    """Draw and compare; return 1 where the truth was not reported."""
    count = int(arguments[0]) if arguments else COUNT
    seed = int(arguments[1]) if arguments[1:] else random.SystemRandom().randrange(10**9)
    begun, served, found = time.monotonic(), 0, []
    with ground.Ground() as place:
        for one in seeds(seed, count):
            wrong = prove(place, one)
            served += PER_SEED
            for case in wrong:
                print(f"seed {one}: {case.spec}: {', '.join(case.faults())}", flush=True)
                print(f"    reported: {', '.join(sorted(case.reported)) or 'nothing'}", flush=True)
            if wrong:
                found.append(one)
        decided = place.decided
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text("".join(f"{one}\n" for one in found), encoding="ascii")
    spent = time.monotonic() - begun
    print(f"{served} servers from seed {seed} in {spent:.0f} s; seeds with faults: {len(found)}")
    for rule, number in decided.most_common():
        print(f"{number:8}  {rule}")
    idle = sorted(ground.named_rules() - set(decided))
    print(f"decided nothing: {', '.join(idle) or 'none'}")
    return 1 if found or idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
