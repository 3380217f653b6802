# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test audit_report and the report filter through Ansible, on results that were made before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import (
    document,
    to_json,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._report.renderers import FILES

from tests.report import audits

WAIVER = {
    "rule": "port-open",
    "service": "imap",
    "reason": "until January",
    "owner": "ops",
    "expires": "2099-01-31",
}


class Player:
    """Runs tasks on this machine, in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def play(self, *tasks: dict[str, Any], flags: tuple[str, ...] = ()) -> str:
        """Run tasks; return what Ansible said, its exit status at the end."""
        play = [{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}]
        (self.folder / "play.yml").write_text(json.dumps(play), encoding="utf-8")
        settings = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(self.folder / "home")}
        python = f"ansible_python_interpreter={sys.executable}"
        done = subprocess.run(
            ["ansible-playbook", "-i", "localhost,", "play.yml", "-e", python, *flags],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, **settings},
        )
        return f"{done.stdout}\nexit status {done.returncode}"

    def report(self, results: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
        """Return the task that reports on results, which it reads from a file."""
        name = f"results{len(list(self.folder.glob('results*.json')))}.json"
        (self.folder / name).write_text(json.dumps(results), encoding="utf-8")
        read = f"{{{{ lookup('file', '{self.folder}/{name}') | from_json }}}}"
        return {
            "postmaster.mailports.audit_report": {
                "folder": "audit",
                "results": read,
                **options,
            },
            "register": "report",
        }

    def findings(self) -> dict[str, Any]:
        """Return what was written last."""
        text = (self.folder / "audit" / "findings.json").read_text(encoding="utf-8")
        data: dict[str, Any] = json.loads(text)
        return data


@pytest.fixture
def player(tmp_path: Path) -> Player:
    """Return the way to run tasks."""
    return Player(tmp_path)


def holds(*conditions: str) -> dict[str, Any]:
    """Return the task that checks conditions."""
    return {"ansible.builtin.assert": {"that": list(conditions), "quiet": True}}


def test_two_audits_with_names_waivers_and_drift(player: Player) -> None:
    bad = audits.result("bad.example.net", {"imap": audits.OPENED})
    first = player.report(
        [audits.result("bad.example.net"), {"msg": "timed out"}],
        hosts=["bad", "gone"],
        vantages=["monitor", "monitor"],
        generated=audits.EARLIER,
    )
    second = player.report([bad], hosts=["bad"], generated=audits.NOW, waivers=[WAIVER])
    said = player.play(
        first,
        holds(
            "report is changed",
            "not report.compliant",
            "report.changes == []",
            "report.findings == {'info': 0, 'warning': 0, 'error': 1}",
            f"report.files | length == {len(FILES) + 1}",
            "'gone from monitor: NOT AUDITED' in report.report",
        ),
        second,
        holds(
            "report.compliant",
            "report.changes | map(attribute='kind') | list == ['drift', 'new', 'host_removed']",
            "report.findings.error == 0",
        ),
    )
    assert said.endswith("exit status 0"), said
    assert {path.name for path in (player.folder / "audit").iterdir()} == {*FILES, "history"}
    assert len(list((player.folder / "audit" / "history").iterdir())) == 2
    (host,) = player.findings()["hosts"]
    waived = [one["waived"]["owner"] for one in host["findings"] if one.get("waived")]
    assert waived == ["ops"]


def test_check_mode_writes_nothing_and_judges_all_the_same(player: Player) -> None:
    good = player.report([audits.result("good.example.net")])
    bad = player.report([audits.result("bad.example.net", {"imap": audits.OPENED})])
    passed, failed = (
        holds("report is not changed", "report.gate.passed"),
        holds(
            "not report.compliant",
            "not report.gate.passed",
            "report.gate.message == '1 finding counts (0 allowed)'",
        ),
    )
    said = player.play(good, passed, bad, failed, flags=("--check",))
    assert said.endswith("exit status 0"), said
    assert not (player.folder / "audit").exists()


def test_a_merge_names_the_hosts_whose_slice_is_missing(player: Player) -> None:
    expected = [["m0", "monitor"], ["m1", "monitor"]]
    part = player.report(
        [audits.result("m0.example.net")], hosts=["m0"], expected=expected, generated=audits.NOW
    )
    merged = {
        "postmaster.mailports.audit_report": {
            "folder": "merged",
            "merge": ["audit/findings.json"],
            "unreachable": "warn",
        },
        "register": "merged",
    }
    said = player.play(
        part,
        holds("report.gate.passed"),
        merged,
        holds(
            "not merged.compliant",
            "merged.gate.message is search('1 of 2 hosts not audited: m1')",
            "merged.report | select('search', 'm1 from monitor: NOT AUDITED') | length == 1",
        ),
    )
    assert said.endswith("exit status 0"), said


def test_slices_are_merged_to_what_one_run_gives(player: Player) -> None:
    hosts = [audits.result(f"m{number}.example.net", audits.FAULTS) for number in range(4)]
    for number, part in enumerate((hosts[2:], hosts[:2])):
        text = to_json(document(part, audits.NOW))
        (player.folder / f"slice{number}.json").write_text(text, encoding="utf-8")
    paths = [str(player.folder / f"slice{number}.json") for number in range(2)]
    said = player.play(player.report([], merge=paths))
    assert said.endswith("exit status 0"), said
    written = (player.folder / "audit" / "findings.json").read_text(encoding="utf-8")
    assert written == to_json(document(hosts, audits.NOW))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"merge": ["missing.json"]}, "missing.json"),
        ({"results": [{"compliant": True, "intent": {"host": "h"}}]}, "is damaged (KeyError: "),
        ({"hosts": ["one", "two"]}, "2 hosts for 1 results"),
        ({"waivers": [{**WAIVER, "rule": "not-probed"}]}, "not-probed cannot be waived"),
        ({"waivers": [{"rule": "port-open"}]}, "missing required arguments: expires"),
        ({"fail_on": "often"}, "value of fail_on must be one of"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    player: Player, options: dict[str, Any], words: str
) -> None:
    given = {"results": [audits.result("good.example.net")], **options}
    said = player.play(player.report(**given))
    assert said.endswith("exit status 2")
    assert words in " ".join(said.split())
    assert "Traceback" not in said
    assert not (player.folder / "audit").exists()


def test_the_filter_in_every_format(player: Player) -> None:
    results = [audits.result("bad.example.net", audits.FAULTS), audits.GONE]
    (player.folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    read = f"lookup('file', '{player.folder}/results.json') | from_json"
    report = "postmaster.mailports.report"
    said = player.play(
        holds(
            f"({read}) | {report}('html') is search('<!doctype html>')",
            f"({read}) | {report}('markdown') is search('gone.example.net')",
            f"({read}) | {report}('prometheus') is search('mailports_compliant')",
            f"(({read}) | {report}('sarif') | from_json).version == '2.1.0'",
            f"({read}) | {report}('junit') is search('not-probed gone.example.net')",
            f"(({read}) | {report}('json') | from_json | {report}) is search('NOT AUDITED')",
            f"(({read})[0] | {report}('text', previous=(({read}) | {report}('json') | from_json)))"
            " is search('Changed since')",
        ),
        {"debug": {"msg": f"{{{{ [{{'rule': 'a', 'severity': 'b'}}] | {report}('html') }}}}"}},
    )
    assert "findings cannot be shown as html, only as text, json" in said
    assert said.count("FAILED!") == 1, said
