# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control group that systemd needs for itself on a host; boot.sh makes it."""

from __future__ import annotations

from pathlib import Path

from .shell import call

# The hierarchy is mounted where only this command sees it: machines differ in where they have it.
REMOVE = """
mount --make-rprivate /
mount -t cgroup2 cgroup2 "$1"
shift
for path; do
    if [ -d "$path" ]; then find "$path" -depth -type d -exec rmdir {} \\;; fi
done
"""


def name(site_id: str, base: str) -> str:
    """Return the name of a host's group below the root of the unified hierarchy."""
    return f"mailports-{site_id}-{base}"


def remove(names: list[str], folder: Path) -> None:
    """Remove groups and those within, all of whose processes have ended."""
    paths = [str(folder / name) for name in names]
    call(["unshare", "--mount", "sh", "-ec", REMOVE, "sh", str(folder), *paths])
