# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the results of an audit under way: whatever cut it off, the rest is read and added to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.unfinished import (
    Unfinished,
    asked,
    one_at_a_time,
)

GOOD = {"compliant": True, "findings": [], "msg": "as intended", "changed": False}
LOST = {"compliant": False, "audited": False, "msg": "no route"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the results are."""
    return tmp_path / "run.jsonl"


def test_each_result_is_there_at_once_and_the_last_counts(path: Path) -> None:
    mine, others = Unfinished(path), Unfinished(path)
    assert ("a", "controller") not in others
    mine.add("a", "controller", "q", GOOD)
    assert ("a", "controller") in others
    assert others.result("a", "controller") == {
        "compliant": True,
        "findings": [],
        "msg": "as intended",
    }
    mine.add("a", "monitor", "q", LOST)
    mine.add("a", "controller", "q", LOST)
    assert others.result("a", "controller") == LOST
    assert sorted(others.vantages("a")) == ["controller", "monitor"]
    assert others.result("b", "controller") is None


def test_a_file_cut_off_anywhere_is_read_as_far_as_it_is_whole(path: Path) -> None:
    whole = Unfinished(path)
    for name in ("a", "b", "c"):
        whole.add(name, "", "q", GOOD)
    text = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(text) if byte == 10]
    for length in range(len(text) + 1):
        path.write_bytes(text[:length])
        lines = sum(end <= length for end in ends)
        cut = Unfinished(path)
        known = [name for name in ("a", "b", "c") if (name, "") in cut]
        assert known == ["a", "b", "c"][:lines]
        # What is added next is not lost behind half a line.
        cut.add("d", "", "q", LOST)
        assert Unfinished(path).result("d", "") == LOST
        assert cut.result("d", "") == LOST
        assert [name for name in ("a", "b", "c") if (name, "") in Unfinished(path)] == known or (
            length + 1 in ends
        ), "a line that lacked only its end is whole again"


def take(path: Path, other: Path, questions: dict[Any, str], hours: int = 24) -> list[str]:
    """Return the names of the results that were taken over."""
    mine = Unfinished(path)
    count = mine.take_over(other, questions, hours)
    names = [name for name, _vantage in questions if (name, "") in mine]
    assert len(names) == count
    return names


def test_what_the_same_question_has_told_is_taken_over(tmp_path: Path, path: Path) -> None:
    other = tmp_path / "other.jsonl"
    earlier = Unfinished(other)
    earlier.add("same", "", "1", GOOD)
    earlier.add("asked differently", "", "1", GOOD)
    earlier.add("not learnt", "", "1", LOST)
    earlier.add("gone", "", "1", GOOD)
    with open(other, "ab") as stream:
        stream.write(b'["no row"]\n{"name": "half", "vant')
    questions = {("same", ""): "1", ("asked differently", ""): "2", ("not learnt", ""): "1"}
    assert take(path, other, questions) == ["same"]
    assert Unfinished(path).result("same", "") == Unfinished(other).result("same", "")


def test_what_is_too_old_is_asked_again(tmp_path: Path, path: Path) -> None:
    other = tmp_path / "other.jsonl"
    Unfinished(other).add("a", "", "1", GOOD)
    row = json.loads(other.read_text(encoding="utf-8"))
    for at in ("2020-01-01T00:00:00Z", "yesterday", None):
        other.write_text(json.dumps({**row, "at": at}) + "\n", encoding="utf-8")
        assert take(path, other, {("a", ""): "1"}) == []
    assert take(path, tmp_path / "not there", {("a", ""): "1"}) == []


def test_the_fingerprint_is_that_of_the_question_and_holds_no_password() -> None:
    one = {"intent": {"host": "a"}, "timeout": 1.0, "login_password": "secret"}
    assert asked(one) == asked({**one, "login_password": "other"})
    assert asked(one) != asked({**one, "timeout": 2.0})
    assert asked(one) == asked(dict(reversed(one.items())))


def test_only_one_adds_at_a_time(path: Path) -> None:
    """The folder is made, and the file stays as it is."""
    place = path.parent / "new" / "run.jsonl"
    with one_at_a_time(place):
        Unfinished(place).add("a", "", "q", GOOD)
    with one_at_a_time(place):
        assert ("a", "") in Unfinished(place)
