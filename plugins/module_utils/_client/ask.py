# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a run that asks the DNS and HTTPS to what is published for the programs of domains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._domain.run import Run
from .places import Published, gather

# The user in whose name programs ask; nobody gets mail from it.
PROBE = "postmaster"


def collect(
    run: Run, domains: Iterable[str], address: str = "", urls: Sequence[str] = ()
) -> list[Published]:
    """Return what is published for each domain; all share the run's cache and threads."""
    steps = {name: gather(name, address or f"{PROBE}@{name}", urls) for name in domains}
    found = run.results(steps)
    return [found[name] for name in steps]
