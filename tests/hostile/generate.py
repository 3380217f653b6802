# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers from a seed, and one for each part by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator

from .parts import DIMENSIONS, PROTOCOLS
from .truth import Spec, possible

# What servers are meant to be: implicit TLS and STARTTLS for users, STARTTLS between servers.
KINDS = [(protocol, mode, True) for protocol in PROTOCOLS for mode in ("implicit", "starttls")]
KINDS.append(("smtp", "starttls", False))
# How many parts of a server are not the usual ones: mostly one or two, so that the one that a
# client meets first does not hide all the others.
ODD = (0, 1, 1, 1, 2, 2, 2, 3, 3, 4)


def singles() -> Iterator[Spec]:
    """Yield a server of each kind with each part that fits it, all its other parts the usual."""
    for kind in KINDS:
        for dimension, parts in DIMENSIONS.items():
            for name in parts:
                spec = Spec(*kind, {dimension: name})
                if possible(spec):
                    yield spec


def drawn(seed: int, count: int) -> Iterator[Spec]:
    """Yield ``count`` servers, always the same for a seed."""
    rng = random.Random(seed)
    while count:
        parts = {}
        for dimension in rng.sample(sorted(DIMENSIONS), rng.choice(ODD)):
            parts[dimension] = rng.choice(sorted(DIMENSIONS[dimension]))
        spec = Spec(*rng.choice(KINDS), parts)
        if possible(spec):
            count -= 1
            yield spec
