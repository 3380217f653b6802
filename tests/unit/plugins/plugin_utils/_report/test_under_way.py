# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test where the results of an audit under way are, before and after they are reported."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.under_way import (
    clean,
    journal,
    of_others,
    reported,
    results_at,
)

GOOD = {"compliant": True}


def test_reported_results_leave_the_folder_and_can_still_be_read(tmp_path: Path) -> None:
    folder, run = tmp_path / "audit", tmp_path / "run"
    run.mkdir()
    kept = journal(folder, run)
    kept.path.parent.mkdir(parents=True)
    kept.add("a", "", "q", GOOD)
    name = str(kept.path)
    assert results_at(name, run).result("a", "") == GOOD
    # Another folder's report is no reason to take them away.
    reported(name, tmp_path / "other", run)
    assert kept.path.exists()
    reported(name, folder, run)
    reported(name, folder, run)
    assert list(folder.iterdir()) == []
    assert results_at(name, run).result("a", "") == GOOD


def test_a_dry_run_writes_nothing_into_the_folder(tmp_path: Path) -> None:
    kept = journal(tmp_path / "audit", tmp_path, check_mode=True)
    assert kept.path.parent == tmp_path


def test_only_what_dead_runs_have_left_is_removed(tmp_path: Path) -> None:
    place = tmp_path / "unfinished"
    place.mkdir()
    names = {
        "own": place / "own.4194305.jsonl",
        "dead": place / "dead.4194305.jsonl",
        "alive": place / f"alive.{os.getpid()}.jsonl",
        "strange": place / "strange.jsonl",
    }
    for path in names.values():
        path.touch()
    assert set(of_others(tmp_path, names["own"])) == set(names.values()) - {names["own"]}
    clean(tmp_path, names["own"])
    assert {path.name.split(".")[0] for path in place.iterdir()} == {"own", "alive", "strange"}
