# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of what a failing check shows and keeps; the plays themselves are in test_audit."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible_collections.postmaster.mailports.plugins.module_utils._check.job import unseen
from ansible_collections.postmaster.mailports.plugins.module_utils._model.intent import expand
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.failed_task import shown

RESULT = {
    **unseen(expand({"host": "mail.example.net"}), "no way there"),
    "failed": True,
    "changed": False,
    "_ansible_kept": 1,
}
DETAILS = {"findings", "demands", "observations", "intent", "audited"}


class Display:
    """Keeps what is shown."""

    def __init__(self, verbosity: int = 0) -> None:
        self.verbosity = verbosity
        self.said: list[tuple[str, bool]] = []

    def display(self, text: str, stderr: bool = False) -> None:
        """Keep one text."""
        self.said.append((text, stderr))


def task(**given: Any) -> Any:
    """Return what stands for a task without anything special, but for what is given."""
    block = SimpleNamespace(rescue=[], _parent=None)
    plain = {"register": None, "no_log": None, "failed_when": [], "_parent": block}
    return SimpleNamespace(**{**plain, **given})


def in_blocks(outer: Any, inner: Any) -> Any:
    """Return a task in a block in another one."""
    around = SimpleNamespace(rescue=outer, _parent=None)
    return task(_parent=SimpleNamespace(rescue=inner, _parent=around))


def is_whole(one: Any, details: str = "auto", verbosity: int = 0) -> bool:
    """Tell whether the result of a task is kept whole; nothing lies between whole and short."""
    kept = shown(RESULT, one, Display(verbosity), details)
    assert kept in (RESULT, {key: RESULT[key] for key in RESULT.keys() - DETAILS})
    return kept == RESULT


def test_short_where_nobody_can_use_it() -> None:
    assert not is_whole(task())
    assert not is_whole(in_blocks([], []))
    kept = shown(RESULT, task(), Display(), "auto")
    assert {"compliant", "msg", "summary", "failed", "changed", "_ansible_kept"} == set(kept)


@pytest.mark.parametrize(
    "one", [task(register="mail"), in_blocks(["a task"], []), in_blocks([], ["a task"])]
)
def test_whole_where_somebody_can(one: Any) -> None:
    assert is_whole(one)
    assert not is_whole(one, "never")


def test_whole_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_whole(task(), "always")
    assert is_whole(task(), verbosity=1)
    monkeypatch.setattr(constants, "CALLBACKS_ENABLED", ["postmaster.mailports.compliance"])
    assert is_whole(task())


def test_the_report_is_shown_once_beside_the_output() -> None:
    display = Display()
    shown(RESULT, task(register="mail"), display, "auto")
    ((text, on_stderr),) = display.said
    assert text.startswith("mail.example.net: NOT AUDITED\n")
    assert "no way there" in text
    assert on_stderr


@pytest.mark.parametrize("wish", [{"no_log": True}, {"failed_when": [False]}])
def test_nothing_is_shown_where_that_is_not_wanted(wish: dict[str, Any]) -> None:
    display = Display()
    shown(RESULT, task(**wish), display, "auto")
    assert not display.said
