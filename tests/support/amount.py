# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much generated input a test takes: all of it, or a part on each further Python."""

from __future__ import annotations

import os

# Set where the same tests run in full on another Python: one in so many inputs is enough.
VARIABLE = "MAILPORTS_ONE_IN"
_FEWEST = 10


def one_in() -> int:
    """Return the step through inputs that are numbered, 1 where all of them are taken."""
    return int(os.environ.get(VARIABLE, "1"))


def examples(full: int) -> int:
    """Return how many examples of ``full`` hypothesis draws."""
    return max(full // one_in(), min(full, _FEWEST))
