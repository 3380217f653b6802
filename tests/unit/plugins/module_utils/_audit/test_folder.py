# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the folder of an audit: its files, its history, and that broken files do no harm."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    DocumentError,
    document,
    to_json,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.folder import (
    completed,
    latest,
    load,
    remember,
    write,
)

from tests.report import audits


def audit(day: int, name: str = "m.example.net", **changes: Any) -> dict[str, Any]:
    """Return the audit of a day."""
    return document([audits.result(name, changes)], f"2026-11-{day:02}T02:00:00Z")


def names(folder: Path) -> list[str]:
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_reports_are_written_and_the_audit_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "audit"
    today = audit(1)
    files = [*write(folder, {"a.txt": "one\n", "b.txt": "Zwei \u00fc\n"}), remember(folder, today)]
    assert names(folder) == ["a.txt", "b.txt", "history"]
    assert names(folder / "history") == ["2026-11-01T02-00-00Z.json"]
    assert sorted(files) == sorted(path for path in folder.rglob("*") if path.is_file())
    assert {path.stat().st_mode & 0o777 for path in files} == {0o644}
    assert files[1].read_bytes() == "Zwei \u00fc\n".encode()
    assert files[2].read_text(encoding="utf-8") == to_json(today)
    assert load(files[2]) == json.loads(to_json(today))


def test_the_history_keeps_the_last_ones(tmp_path: Path) -> None:
    for day in range(1, 6):
        remember(tmp_path, audit(day), keep=3)
    assert names(tmp_path / "history") == [f"2026-11-0{day}T02-00-00Z.json" for day in (3, 4, 5)]
    remember(tmp_path, audit(6), keep=0)
    assert names(tmp_path / "history") == ["2026-11-06T02-00-00Z.json"], "at least one stays"


def test_the_last_audit_of_the_same_hosts_is_compared_with(tmp_path: Path) -> None:
    assert latest(tmp_path, audit(1)) is None
    remember(tmp_path, audit(1))
    remember(tmp_path, audit(2, "other.example.net"))
    found = latest(tmp_path, audit(3))
    assert found is not None
    assert found["generated"] == audit(1)["generated"]
    drifted = completed(audit(3, imap=audits.OPENED), [], found)
    assert drifted["previous"] == audit(1)["generated"]
    assert drifted["changes"][0]["rule"] == "drift-port-opened"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 9, "hosts": [], "generated": ""}'])
def test_a_broken_file_in_the_history_is_passed_over(tmp_path: Path, text: str) -> None:
    remember(tmp_path, audit(1))
    (tmp_path / "history" / "2026-11-02.json").write_text(text, encoding="utf-8")
    found = latest(tmp_path, audit(3))
    assert found is not None
    assert found["generated"] == audit(1)["generated"]
    with pytest.raises(DocumentError, match=r"2026-11-02\.json: "):
        load(tmp_path / "history" / "2026-11-02.json")


def test_a_time_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "audit"
    remember(folder, {**audit(1), "generated": "../../../evil\x00/" + "x" * 500})
    assert names(tmp_path) == ["audit"]
    (kept,) = names(folder / "history")
    assert len(kept) < 64


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"report.txt": "old"})
    remember(tmp_path, audit(1))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(_from: Any, _to: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="no space left"):
        write(tmp_path, {"report.txt": "new"})
    with pytest.raises(OSError, match="no space left"):
        remember(tmp_path, audit(1, imap=audits.OPENED))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_audits_that_write_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """Each file is one of the written ones, whole, and no draft is left."""
    texts = [str(number) * 200_000 for number in range(4)]
    with ThreadPoolExecutor(len(texts)) as pool:
        list(pool.map(lambda text: write(tmp_path, {"report.txt": text}), texts * 3))
    assert names(tmp_path) == ["report.txt"]
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") in texts
