# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file as it shall be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Edit:
    """One file as it shall be: its bytes, or None for no such file.

    A file that exists keeps its owner, mode and extended attributes; ``mode`` is for a new one.
    ``made_from`` is what the edit was made from (None: there was no file), where it is ``guarded``:
    if the file holds something else by the time of the switch, somebody edited it meanwhile, which
    stops the change. ``locked`` tells that others heed Postfix's lock on it. ``age`` is how many
    seconds old the new file shall look, for a server that waits where it finds one that is too
    young.
    """

    path: str
    data: Optional[bytes]
    mode: int = 0o644
    made_from: Optional[bytes] = None
    guarded: bool = False
    locked: bool = False
    age: float = 0.0


def content(path: str) -> Optional[bytes]:
    """Return the bytes of a file, None where there is no such file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
