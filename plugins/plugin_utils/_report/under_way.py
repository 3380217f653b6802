# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the results of an audit under way are, run by run, and what earlier runs have left."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from ...module_utils._audit.unfinished import UNFINISHED, Unfinished

_END = ".jsonl"


def journal(folder: Path, run: Path, check_mode: bool = False) -> Unfinished:
    """Return the results of a run in the folder of an audit, or, for a dry run, in its own.

    ``run`` is the folder that Ansible makes for each of its runs, and removes behind it: its name
    tells runs apart, and while it is there the run may be alive.
    """
    place = run if check_mode else folder / UNFINISHED
    return Unfinished(place / f"{run.name}.{os.getppid()}{_END}")


def of_others(folder: Path, own: Path) -> list[Path]:
    """Return the results of other runs that are there, the last first."""
    found = [one for one in (folder / UNFINISHED).glob(f"*{_END}") if one.name != own.name]
    return sorted(found, key=lambda one: one.stat().st_mtime, reverse=True)


def clean(folder: Path, own: Path) -> None:
    """Remove what dead runs have left."""
    for path in of_others(folder, own):
        if not _alive(path):
            path.unlink(missing_ok=True)


def _alive(path: Path) -> bool:
    """Tell whether the process that writes a file may still be there."""
    number = path.name.split(".")[-2]
    with contextlib.suppress(ValueError):
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
    return True


def reported(kept: str, folder: Path, run: Path) -> None:
    """Move results that were reported out of the folder of the audit, to where this run may still
    find them; what dead runs have left there is then of no use either."""
    path = Path(kept)
    if path.parent != folder / UNFINISHED or not path.exists():
        return
    shutil.move(os.fspath(path), os.fspath(run / path.name))
    clean(folder, path)
    with contextlib.suppress(OSError):
        path.parent.rmdir()


def results_at(kept: str, run: Path) -> Unfinished:
    """Return the results that a task has kept, wherever they are by now."""
    path = Path(kept)
    moved = run / path.name
    return Unfinished(moved if moved.exists() and not path.exists() else path)
