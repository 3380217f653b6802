# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the role audit, its slices and gate, and the callback, against embedded hosts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.report import audits
from tests.support.certificates import Certificates
from tests.support.demo import FAULTY, INTENDED, describe
from tests.support.embedded import EmbeddedHost

LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
LOST = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_connection": "ssh"}
FILES = (
    "findings.json",
    "findings.sarif",
    "junit.xml",
    "metrics.prom",
    "report.html",
    "report.txt",
    "summary.md",
)


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, EmbeddedHost]]:
    """Serve the host that is as intended, and the one that is full of faults."""
    with (
        Certificates() as certificates,
        INTENDED.start(certificates) as good,
        FAULTY.start(certificates) as faulty,
    ):
        yield {"good": good, "faulty": faulty}


def intent_of(host: EmbeddedHost) -> dict[str, Any]:
    """Return what both are meant to be."""
    told = describe(host)
    return {"host": told["name"], "addresses": [told["address"]], "services": told["services"]}


class Stage:
    """A folder with an inventory, in which playbooks run as a user runs them."""

    def __init__(self, folder: Path, served: dict[str, EmbeddedHost]) -> None:
        self.folder = folder
        mail: dict[str, Any] = {
            name: {**LOCAL, "mailports_intent": intent_of(host)} for name, host in served.items()
        }
        rest = {"hosts": {"monitor": LOCAL, "lost": LOST}}
        whole = {"all": {"children": {"mail": {"hosts": mail}, "rest": rest}}}
        self._inventory = self.write("inventory.json", whole)
        self._ca = next(iter(served.values())).ca_file

    def write(self, name: str, data: Any) -> str:
        """Write a file as JSON, which is YAML too."""
        path = self.folder / name
        path.write_text(json.dumps(data), encoding="utf-8")
        return str(path)

    def run(
        self, playbook: str, *flags: str, environment: dict[str, str] | None = None, **more: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a playbook with these variables."""
        given = {"mailports_ca_path": self._ca, "mailports_audit_dir": "audit", **more}
        # None leaves a variable to the play; an extra one would win over it.
        variables = {key: value for key, value in given.items() if value is not None}
        argv = ["ansible-playbook", "-i", self._inventory, "-e", json.dumps(variables), *flags]
        settings = {
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(self.folder / "home"),
            "PWD": str(self.folder),
        }
        return subprocess.run(
            [*argv, playbook],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **settings, **(environment or {})},
        )

    def audit(self, *flags: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run the audit playbook on the mail hosts."""
        variables = {"mailports_audit_hosts": "mail", **more}
        return self.run("postmaster.mailports.audit", *flags, **variables)

    def found(self, folder: str = "audit") -> dict[tuple[str, str], dict[str, Any]]:
        """Return the hosts of an audit by name and vantage."""
        text = (self.folder / folder / "findings.json").read_text(encoding="utf-8")
        return {(host["name"], host["vantage"]): host for host in json.loads(text)["hosts"]}


@pytest.fixture
def stage(tmp_path: Path, served: dict[str, EmbeddedHost]) -> Stage:
    """Return a place to run playbooks in."""
    return Stage(tmp_path, served)


def recap(text: str) -> dict[str, int]:
    """Return how many failures Ansible's recap counts for each host."""
    lines = text.split("PLAY RECAP", 1)[1].splitlines()
    rows = [line.split() for line in lines if "failed=" in line]
    return {
        row[0]: int(next(cell for cell in row if cell.startswith("failed="))[7:]) for row in rows
    }


def test_every_vantage_is_a_row_and_the_gate_counts_them_all(stage: Stage) -> None:
    """Vantages that answer and one that does not, waivers from a file; a strategy does no harm."""
    rule = "login-before-tls"
    waiver = {"rule": rule, "reason": "old", "owner": "ops", "expires": "2099-01-01"}
    stage.write("waivers.yml", [waiver])
    options = {
        "mailports_audit_vantages": ["controller", "monitor", "lost"],
        "mailports_audit_strategy": "free",
        "mailports_waivers": "waivers.yml",
        "mailports_max_findings": 1000,
    }
    done = stage.audit(**options)
    assert done.returncode == 2, done.stdout + done.stderr
    # Each host fails for what is wrong with it.
    assert "not audited from lost; see audit/report.html" in done.stdout
    assert recap(done.stdout) == {"good": 1, "faulty": 1}
    found = stage.found()
    names = ("good", "faulty")
    seen = {(name, vantage) for name in names for vantage in ("controller", "monitor")}
    lost = {(name, "lost") for name in names}
    assert set(found) == seen | lost
    assert {key for key, host in found.items() if not host["audited"]} == lost
    for key in lost:
        assert "Connection refused" in found[key]["message"]
        assert {one["reach"] for one in found[key]["observations"]} == {"not_probed"}
        assert len(found[key]["observations"]) == len(found[key[0], "monitor"]["observations"])
    for vantage in ("controller", "monitor"):
        rows = found["faulty", vantage]["findings"]
        waived = {one["rule"] for one in rows if one.get("waived")}
        assert waived == {rule}
    # What is not known behind the faults of one host passes no number of allowed findings.
    again = stage.audit(**options, mailports_unreachable="warn")
    assert again.returncode == 2, again.stdout + again.stderr
    assert recap(again.stdout) == {"good": 1, "faulty": 1}
    assert len(list((stage.folder / "audit" / "history").iterdir())) == 2
    # What was under way is reported, and gone.
    assert {path.name for path in (stage.folder / "audit").iterdir()} == {*FILES, "history"}


def test_limit_serial_and_slices(stage: Stage) -> None:
    """--limit keeps the report; serial and two slices see every host once."""
    limited = stage.audit("--limit", "good")
    assert limited.returncode == 0, limited.stdout + limited.stderr
    assert set(stage.found()) == {("good", "controller")}
    for number, status in ((1, 0), (2, 2)):
        done = stage.audit(
            mailports_audit_slice=f"{number}/2",
            mailports_audit_serial=1,
            mailports_audit_dir=f"slice{number}",
        )
        assert done.returncode == status, done.stdout + done.stderr
    parts = [stage.found(f"slice{number}") for number in (1, 2)]
    assert [len(part) for part in parts] == [1, 1]
    assert {name for part in parts for name, _vantage in part} == {"good", "faulty"}


def test_slices_merge_to_the_same_bytes(stage: Stage) -> None:
    """What three slices of recorded results make together is what one run of all would."""
    kinds = [{}, audits.FAULTS, {"imap": audits.OPENED}]
    hosts = {}
    for number in range(6):
        one = audits.result(f"mail{number}.example.net", kinds[number % 3])
        seen = {vantage: {**one, "vantage": ""} for vantage in ("controller", "monitor")}
        hosts[f"recorded{number}"] = {**LOCAL, "mailports_audit_seen_from": seen}
    stage.write("inventory.json", {"all": {"hosts": hosts}})
    waiver = {"rule": "port-open", "reason": "old", "owner": "ops", "expires": "2099-01-01"}
    common = {
        "mailports_audit_time": audits.NOW,
        "mailports_waivers": [waiver],
        "mailports_fail_on": "never",
    }

    def report(pattern: str, folder: str, **more: Any) -> dict[str, Any]:
        role = {"name": "postmaster.mailports.audit", "tasks_from": "report"}
        return {
            "hosts": pattern,
            "gather_facts": False,
            "vars": {**common, "mailports_audit_dir": folder, **more},
            "tasks": [{"ansible.builtin.include_role": role}],
        }

    patterns = ["recorded0:recorded1", "recorded2", "recorded3:recorded4:recorded5"]
    merged = [f"slice{number}/findings.json" for number in range(len(patterns))]
    plays = [report("all", "whole")]
    plays += [report(pattern, f"slice{number}") for number, pattern in enumerate(patterns)]
    plays += [report("all", "merged", mailports_audit_merge=merged)]
    playbook = stage.write("slices.yml", plays)
    done = stage.run(playbook, mailports_audit_dir=None)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in FILES:
        whole = (stage.folder / "whole" / name).read_bytes()
        assert whole == (stage.folder / "merged" / name).read_bytes(), name
    part = (stage.folder / "slice0" / "summary.md").read_bytes()
    assert part != (stage.folder / "whole" / "summary.md").read_bytes()


def test_callback_reports_any_play(stage: Stage) -> None:
    """Any play with port_check tasks becomes the same files, and says how far it is."""
    check = {
        "intent": "{{ mailports_intent }}",
        "ca_path": "{{ mailports_ca_path }}",
        "fail_on": "never",
    }
    tasks = [
        {"postmaster.mailports.port_check": check, "delegate_to": "localhost"},
        {"ansible.builtin.debug": {"msg": "something else"}},
    ]
    play = {"hosts": "mail", "gather_facts": False, "tasks": tasks}
    playbook = stage.write("any.yml", [play])
    environment = {
        "ANSIBLE_CALLBACKS_ENABLED": "postmaster.mailports.compliance",
        "MAILPORTS_COMPLIANCE_FOLDER": str(stage.folder / "told"),
        "MAILPORTS_COMPLIANCE_FORMATS": "json,html",
        "MAILPORTS_COMPLIANCE_EVERY": "0",
    }
    done = stage.run(playbook, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    found = stage.found("told")
    assert {name: host["compliant"] for (name, _vantage), host in found.items()} == {
        "good": True,
        "faulty": False,
    }
    assert {vantage for _name, vantage in found} == {"controller"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("mail ports: ")]
    assert "mail ports: 8 of about 16 endpoints" in lines[0]
    findings = sum(len(host["findings"]) for host in found.values())
    assert f"mail ports: 16 of 16 endpoints, {findings} findings" in lines
    assert lines[-1] == f"mail ports: NOT as intended, see {stage.folder / 'told'}"
    written = {path.name for path in (stage.folder / "told").iterdir()}
    assert written == {"findings.json", "report.html", "history"}


CALLBACK = {
    "ANSIBLE_CALLBACKS_ENABLED": "postmaster.mailports.compliance",
    "MAILPORTS_COMPLIANCE_FORMATS": "json",
}
CHECK = {
    "name": "Check",
    "postmaster.mailports.port_check": {
        "intent": "{{ mailports_intent }}",
        "ca_path": "{{ mailports_ca_path }}",
        "fail_on": "never",
    },
    "delegate_to": "localhost",
}


def told(stage: Stage, tasks: list[dict[str, Any]], *flags: str) -> tuple[str, dict[str, bool]]:
    """Return what the callback said of a play on the mail hosts, and its verdict on each check."""
    play = {"hosts": "mail", "gather_facts": False, "tasks": tasks}
    environment = {**CALLBACK, "MAILPORTS_COMPLIANCE_FOLDER": str(stage.folder / "told")}
    done = stage.run(stage.write("any.yml", [play]), *flags, environment=environment)
    lines = [line for line in done.stdout.splitlines() if line.startswith("mail ports: ")]
    if not (stage.folder / "told").exists():
        return "\n".join(lines), {}
    return "\n".join(lines), {
        name: host["compliant"] for (name, _vantage), host in stage.found("told").items()
    }


FAIL_FAULTY = {"ansible.builtin.fail": {"msg": "x"}, "when": "inventory_hostname == 'faulty'"}


def test_the_callback_names_the_hosts_that_it_never_saw(stage: Stage) -> None:
    """A host that failed before its check is no reason to say that all is as intended."""
    said, verdicts = told(stage, [FAIL_FAULTY, CHECK])
    assert verdicts == {"good": True, "faulty": False}
    assert "mail ports: NOT as intended" in said
    assert "mail ports: not audited: faulty" in said
    assert stage.found("told")["faulty", ""]["audited"] is False


def test_the_callback_says_so_when_no_check_was_reached_at_all(stage: Stage) -> None:
    said, verdicts = told(stage, [{"ansible.builtin.fail": {"msg": "x"}}, CHECK])
    assert verdicts == {"good": False, "faulty": False}
    assert "not audited: faulty, good" in said or "not audited: good, faulty" in said


def test_the_callback_leaves_out_who_skipped_and_what_was_not_chosen(stage: Stage) -> None:
    skipped = {**CHECK, "when": "inventory_hostname == 'good'"}
    once = {**CHECK, "name": "Once", "run_once": True}
    said, verdicts = told(stage, [skipped])
    assert verdicts == {"good": True}
    assert "mail ports: as intended" in said
    _said, verdicts = told(stage, [skipped, once, {**CHECK, "name": "Other", "tags": "never"}])
    assert set(verdicts) == {"good (Check)", "good (Once)"}


def test_the_callback_keeps_every_check_of_a_host(stage: Stage) -> None:
    """The first check finds faults, the last one is fine: the host is not as intended."""
    late = {
        **CHECK,
        "name": "Again",
        "postmaster.mailports.port_check": {
            **CHECK["postmaster.mailports.port_check"],
            "intent": "{{ hostvars.good.mailports_intent }}",
        },
    }
    said, verdicts = told(stage, [CHECK, late, FAIL_FAULTY, {**CHECK, "name": "Third"}])
    assert verdicts == {
        "good (Check)": True,
        "good (Again)": True,
        "good (Third)": True,
        "faulty (Check)": False,
        "faulty (Again)": True,
        "faulty (Third)": False,
    }
    assert "mail ports: NOT as intended" in said
    assert "mail ports: not audited: faulty (Third)" in said


def test_check_mode_gates_as_a_real_run_does(stage: Stage) -> None:
    checked = stage.audit("--check")
    assert checked.returncode == 2, checked.stdout + checked.stderr
    assert recap(checked.stdout) == {"good": 0, "faulty": 1}, "the recap blames the right host"
    assert not (stage.folder / "audit").exists()
    assert stage.audit("--check", "--limit", "good").returncode == 0


def test_two_audits_at_once_are_judged_each_by_its_own_result(stage: Stage) -> None:
    """Whatever lies in the folder when the gate looks, it is not judged."""
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(stage.audit, "--limit", name)
            for name in ("good", "good", "faulty", "faulty")
        ]
        assert [run.result().returncode for run in runs] == [0, 0, 2, 2]


def test_a_merge_without_one_slice_fails_and_names_who_is_missing(stage: Stage) -> None:
    first = stage.audit(mailports_audit_slice="1/2", mailports_audit_dir="slice1")
    assert first.returncode == 0, first.stdout + first.stderr
    role = {"name": "postmaster.mailports.audit", "tasks_from": "report"}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"mailports_audit_merge": ["slice1/findings.json"]},
        "tasks": [{"ansible.builtin.include_role": role}],
    }
    merged = stage.run(stage.write("merge.yml", [play]))
    assert merged.returncode == 2, merged.stdout + merged.stderr
    assert "1 of 2 hosts not audited: faulty" in merged.stdout
    assert stage.found()["faulty", "controller"]["missing"] is True


def test_a_host_without_an_intent_is_audited_by_its_inventory_name(stage: Stage) -> None:
    """The certificate must be valid for the name that clients use, wherever Ansible connects; and
    where that is not said, a host is never taken for the machine that the task is delegated to."""
    address = intent_of_address(stage)
    hosts = {"mail.example.net": {**LOCAL, "ansible_host": address}, address: LOCAL}
    stage.write("inventory.json", {"all": {"hosts": hosts}})
    stage.audit(mailports_audit_hosts="all", mailports_fail_on="never")
    found = {name: host for (name, _vantage), host in stage.found().items()}
    assert set(found) == set(hosts)
    for name, host in found.items():
        assert (host["name"], host["host"]) == (name, name)
        assert {seen["address"] for seen in host["observations"]} == {address}


def intent_of_address(stage: Stage) -> str:
    """Return the address of the host that is as intended."""
    inventory = json.loads((stage.folder / "inventory.json").read_text(encoding="utf-8"))
    hosts = inventory["all"]["children"]["mail"]["hosts"]
    (address,) = hosts["good"]["mailports_intent"]["addresses"]
    return str(address)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"mailports_audit_slice": "3/2"}, "mailports_audit_slice: '3/2' is not a slice"),
        (
            {"mailports_audit_vantages": "monitr"},
            "'monitr' is neither controller nor a host of the",
        ),
        ({"mailports_fail_on": "errr"}, "mailports_fail_on: 'errr' is not one of info, warning"),
    ],
)
def test_a_wrong_setting_is_one_error_and_no_report(
    stage: Stage, settings: dict[str, Any], words: str
) -> None:
    done = stage.audit(**settings)
    assert done.returncode == 2, done.stdout + done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    assert said.count(words) in (1, 2), said
    assert done.stdout.count("fatal: ") == 1, "for all hosts together"
    assert not (stage.folder / "audit").exists()


def test_vantages_may_be_given_as_text(stage: Stage) -> None:
    done = stage.audit("--limit", "good", mailports_audit_vantages="controller, monitor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {vantage for _name, vantage in stage.found()} == {"controller", "monitor"}


def test_the_gate_holds_where_the_report_runs_on_one_host_only(stage: Stage) -> None:
    """An include with run_once asks one host alone, and that one may be in order."""
    role = {"name": "postmaster.mailports.audit"}
    play = {
        "hosts": "mail",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.include_role": role},
            {
                "ansible.builtin.include_role": {**role, "tasks_from": "report"},
                "run_once": True,
            },
        ],
    }
    done = stage.run(stage.write("once.yml", [play]))
    assert done.returncode == 2, done.stdout + done.stderr


def test_a_run_prints_what_is_wrong_and_with_v_everything(stage: Stage) -> None:
    short = stage.audit("--limit", "good").stdout
    loud = stage.audit("--limit", "good", "-v").stdout
    assert "1 of 1 hosts as intended" in short
    assert "submissions     open, implicit" not in short
    assert "submissions     open, implicit" in loud
