# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test looking at this machine: what programs print, complain of and refuse; files."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._system.machine import (
    AskError,
    Machine,
)


def machine(status: int, out: str = "", err: str = "") -> Machine:
    return Machine(lambda _command: (status, out, err), lambda name: f"/usr/sbin/{name}")


def test_complaints_become_warnings_once() -> None:
    asked = machine(0, "answer\n", "warning: a\n\nwarning: b\n")
    assert asked.ask(["postconf"]) == "answer\n"
    asked.ask(["postconf"])
    assert asked.warnings == ["warning: a", "warning: b"]


@pytest.mark.parametrize(
    ("err", "said"),
    [
        ("", "postconf failed (exit status 3)"),
        ("first\nlast\n", "last"),
        ("a: Fatal: no\nbye\n", "a: Fatal: no"),
    ],
)
def test_a_failure_is_told_in_the_program_s_own_words(err: str, said: str) -> None:
    asked = machine(3, "", err)
    with pytest.raises(AskError) as caught:
        asked.ask(["postconf"])
    assert str(caught.value) == said
    assert asked.warnings == []


def test_files(tmp_path: Path) -> None:
    (tmp_path / "b.conf").write_bytes(b"\xff\n")
    (tmp_path / "a.conf").write_text("a\n", encoding="ascii")
    found = machine(0).matching(f"{tmp_path}/*.conf")
    assert found == [f"{tmp_path}/a.conf", f"{tmp_path}/b.conf"]
    assert machine(0).text(found[0]) == "a\n"
    assert machine(0).text(found[1]) == "\ufffd\n"
    assert machine(0).text(str(tmp_path / "none")) == ""
