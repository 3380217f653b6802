# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how fleet_check keeps results: chunks that die, audits that are cut off and go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible_collections.postmaster.mailports.plugins.action import fleet_check
from ansible_collections.postmaster.mailports.plugins.module_utils._fleet.options import audits_from
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.role_facts import Results

from tests.report import audits as recorded

NAMES = [f"mail{number}.example.net" for number in range(6)]


def asked(*names: str, **more: Any) -> list[dict[str, Any]]:
    """Return the audits of hosts as the action makes them."""
    task = {"audits": [{"intent": {"host": name}} for name in names], "timeout": 20.0, **more}
    return [fleet_check._judged(one) for one in audits_from(task)]


def result(name: str) -> dict[str, Any]:
    """Return what a probe of a host has brought."""
    return {**recorded.result(name), "name": name}


def there(answers: list[Any]) -> Any:
    """Return an action whose modules end in these ways, one after another."""
    called = []

    def execute(arguments: dict[str, Any], _task_vars: Any) -> Any:
        names = [one["name"] for one in arguments["audits"]]
        called.append(names)
        answer = answers[len(called) - 1]
        if isinstance(answer, Exception):
            raise answer
        return {"audits": [result(name) for name in names]} if answer is None else answer

    return SimpleNamespace(_execute=execute, called=called)


def test_a_chunk_that_dies_is_told_for_each_of_its_hosts() -> None:
    """And for none of another one."""
    action = there([None, {"failed": True, "msg": "MODULE FAILURE\nkilled"}, None])
    seen = fleet_check.ActionModule._seen_there(action, asked(*NAMES), {}, 2, {})
    found = {one["name"]: one for one in seen}
    assert list(found) == NAMES
    assert action.called == [NAMES[:2], NAMES[2:4], NAMES[4:]]
    lost = [name for name, one in found.items() if one.get("audited") is False]
    assert lost == NAMES[2:4]
    for name in lost:
        assert found[name]["compliant"] is False
        assert found[name]["msg"] == "MODULE FAILURE; killed"
        assert {one["reach"] for one in found[name]["observations"]} == {"not_probed"}


def test_who_cannot_be_reached_is_not_waited_for_again() -> None:
    action = there([None, AnsibleConnectionFailure("no route to the vantage")])
    seen = list(fleet_check.ActionModule._seen_there(action, asked(*NAMES), {}, 2, {}))
    assert len(action.called) == 2
    assert [one["name"] for one in seen if one.get("audited") is False] == NAMES[2:]
    assert all("no route to the vantage" in one["msg"] for one in seen[2:])


def test_a_module_that_leaves_a_host_out_has_not_audited_it() -> None:
    action = there([{"audits": [result(NAMES[0])]}])
    seen = list(fleet_check.ActionModule._seen_there(action, asked(*NAMES[:2]), {}, 2, {}))
    assert [one.get("audited", True) for one in seen] == [True, False]
    assert seen[1]["compliant"] is False


def test_an_intent_that_is_wrong_is_told_by_its_validator() -> None:
    wrong = {"audits": [{"name": "a", "intent": {"host": "h", "servces": {}}}]}
    (one,) = (fleet_check._judged(audit) for audit in audits_from(wrong))
    assert set(one) == {"name", "error"}
    assert "servces" in one["error"]


class Folder:
    """The folder of an audit, and runs that keep their results there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "audit"
        self._patch = monkeypatch
        self.begin("run1")

    def begin(self, run: str) -> None:
        """Have what comes belong to another run of Ansible, of a process that is gone."""
        self.run = self.folder.parent / run
        self.run.mkdir(exist_ok=True)
        self._patch.setattr(constants, "DEFAULT_LOCAL_TMP", str(self.run))
        # No process has this number (Linux counts to 4194304).
        self._patch.setattr("os.getppid", lambda: 4194305)

    def check(self, audits: list[dict[str, Any]], cut: int = 99, **given: Any) -> dict[str, Any]:
        """Audit, and be killed after some results."""
        probed: list[str] = []

        def seen(todo: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
            for one in todo:
                if len(probed) == cut:
                    raise KeyboardInterrupt
                probed.append(one["name"])
                yield result(one["name"])

        params = {"keep_in": self.folder, "vantage": "here", "resume": False, "max_age": 24}
        progress = fleet_check._Progress(SimpleNamespace(), len(audits))
        keeper = fleet_check._Kept({**params, **given}, check_mode=False)
        try:
            told: dict[str, Any] = keeper.collect(audits, seen, progress)
        except KeyboardInterrupt:
            told = {}
        return {**told, "probed": probed}

    def left(self) -> list[str]:
        """Return the files that are there."""
        return sorted(path.name for path in (self.folder / "unfinished").iterdir())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return a folder of an audit."""
    return Folder(tmp_path, monkeypatch)


@pytest.mark.parametrize("cut", range(len(NAMES) + 1))
def test_an_audit_that_was_cut_off_goes_on_where_it_stopped(folder: Folder, cut: int) -> None:
    folder.check(asked(*NAMES), cut)
    folder.begin("run2")
    told = folder.check(asked(*NAMES), resume=True)
    assert told["probed"] == NAMES[cut:]
    assert told["resumed"] == cut
    kept = Results({}, folder.run).at(told["kept"])
    for name in NAMES:
        expected = result(name)
        assert kept.result(name, "here") == {
            key: expected[key] for key in expected if key not in ("name", "vantage")
        }
    assert told["summary"]["hosts"] == len(NAMES)
    assert told["compliant"] is True


def test_without_resume_it_begins_clean(folder: Folder) -> None:
    folder.check(asked(*NAMES), 3)
    folder.begin("run2")
    assert folder.check(asked(*NAMES))["probed"] == NAMES
    assert [name.split(".")[0] for name in folder.left()] == ["run2"]


def test_what_is_asked_differently_now_is_asked_again(folder: Folder) -> None:
    folder.check(asked(*NAMES))
    folder.begin("run2")
    told = folder.check(asked(*NAMES[:3]) + asked(*NAMES[3:], timeout=5.0), resume=True)
    assert told["probed"] == NAMES[3:]


def test_a_run_that_comes_again_asks_only_for_who_is_new(folder: Folder) -> None:
    """As under the strategy free, where each host's task is one for all that are ready."""
    assert folder.check(asked(*NAMES[:2]))["hosts"] == NAMES[:2]
    assert folder.check(asked(*NAMES))["hosts"] == NAMES[2:]


def test_the_results_of_a_run_that_is_alive_stay(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getppid", lambda: 1)
    folder.check(asked(*NAMES))
    folder.begin("run2")
    folder.check(asked(*NAMES))
    assert [name.split(".")[0] for name in folder.left()] == ["run1", "run2"]
