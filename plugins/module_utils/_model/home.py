# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the project lives: the one place that says so, and until it does nothing points there."""

from __future__ import annotations

# Address of the repository, without a slash at its end; empty while it has none that is public.
# `repository` in galaxy.yml says the same, or is not there; a test compares the two.
HOME = ""


def page(path: str) -> str:
    """Return the address of a file of the repository, such as docs/rules.md; "" without HOME."""
    return f"{HOME}/blob/main/{path}" if HOME else ""
