# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oldest Python that the engine runs on; an older one ends with one line, not a traceback.

Modules call ``require`` before they import anything else of ours; this file runs on any Python 3.
"""

from __future__ import annotations

import json
import sys

OLDEST = (3, 9)


def too_old() -> str:
    """Return what is wrong with this Python, "" if nothing is."""
    if sys.version_info >= OLDEST:
        return ""
    needed, found = (".".join(map(str, one[:2])) for one in (OLDEST, sys.version_info))
    return (
        f"postmaster.mailports needs Python {needed} or later on this host, and {sys.executable} is"
        f" Python {found}; set ansible_python_interpreter to a newer one, or probe from another"
        " machine"
    )


def require() -> None:
    """End a module with one message where Python is too old."""
    if too_old():
        sys.stdout.write(json.dumps({"failed": True, "msg": too_old()}) + "\n")
        raise SystemExit(1)
