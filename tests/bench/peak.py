# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory a contestant has needed; imported by name, since contestants run as scripts."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory() -> int:
    """Return the most that this program has held in memory, in KiB.

    Not getrusage: what it tells includes the process that this one was forked from.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[0])
