# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports that systemd holds for others: its socket units, by port."""

from __future__ import annotations

import os
import re

from .programs import ServerError, call

_STREAM = re.compile(r"(?:(\[[^\]]*\]|[^\s=:]*):)?([0-9]{1,5}) \(Stream\)")
# Also what is not loaded is printed, by its name alone.
QUESTION = ("show", "*.socket", "--property=Id", "--property=Listen", "--no-pager")


def parse_units(text: str) -> dict[int, str]:
    """Return the socket units by port, in what ``systemctl show`` prints of Id and Listen."""
    units: dict[int, str] = {}
    for block in text.split("\n\n"):
        unit = re.search(r"^Id=(.+)$", block, re.MULTILINE)
        for found in _STREAM.finditer(block) if unit else ():
            units.setdefault(int(found[2]), unit[1] if unit else "")
    return units


def active_units() -> dict[int, str]:
    """Return the socket units that listen now, by port; none where systemd does not run."""
    if not os.path.isdir("/run/systemd/system"):
        return {}
    try:
        status, out, _err = call(["systemctl", *QUESTION, "--state=active"])
    except ServerError:
        return {}
    return parse_units(out) if status == 0 else {}
