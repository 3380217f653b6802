# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the DNS as text: labels, parents, equality; RFC 1034, 1035 and 4343."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator


def labels(name: str) -> list[str]:
    """Return the labels of a name, from the left; the root has none."""
    return [label for label in name.rstrip(".").split(".") if label]


def same(one: str, other: str) -> bool:
    """Tell whether two names are the same: case and a last dot do not count."""
    return one.rstrip(".").lower() == other.rstrip(".").lower()


def below(name: str, domain: str) -> bool:
    """Tell whether ``name`` is ``domain`` or lies below it."""
    return same(name, domain) or name.rstrip(".").lower().endswith("." + domain.rstrip(".").lower())


def climb(name: str) -> Iterator[str]:
    """Yield a name and its parents, up to the last label."""
    parts = labels(name)
    for at in range(len(parts)):
        yield ".".join(parts[at:])


def is_literal(name: str) -> bool:
    """Tell whether a name is an address written where a name belongs."""
    try:
        ipaddress.ip_address(name.rstrip(".").strip("[]"))
    except ValueError:
        return False
    return True


def among(name: str, others: Iterable[str]) -> bool:
    """Tell whether ``name`` is one of ``others``."""
    return any(same(name, other) for other in others)


def ascii_name(name: str) -> str:
    """Return a name with its U-labels as A-labels (RFC 5890); as it is where that cannot be."""
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name
