# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the examples of docs/examples as far as each goes without its service."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES

from tests.support.certificates import Certificates
from tests.support.demo import FAULTY, INTENDED, describe
from tests.support.embedded import EmbeddedHost

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
COMMAND = re.compile(r"ansible-playbook [^'\n]*")


@pytest.fixture(scope="module")
def served() -> Iterator[dict[str, EmbeddedHost]]:
    """Serve a host that is as intended, and one that is not."""
    with (
        Certificates() as certificates,
        INTENDED.start(certificates) as good,
        FAULTY.start(certificates) as faulty,
    ):
        yield {"good": good, "faulty": faulty}


@pytest.fixture
def project(tmp_path: Path, served: dict[str, EmbeddedHost]) -> Path:
    """Return a user's project: an inventory with a good host, and one that is not touched."""
    write_inventory(tmp_path, served, "good")
    return tmp_path


def write_inventory(folder: Path, served: dict[str, EmbeddedHost], *names: str) -> None:
    """Write an inventory of these hosts."""
    told = {name: describe(served[name]) for name in names}
    mail = {
        name: {
            "mailports_intent": {
                "host": one["name"],
                "addresses": [one["address"]],
                "services": one["services"],
            }
        }
        for name, one in told.items()
    }
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "mailports_ca_path": served[names[0]].ca_file,
    }
    inventory = {"all": {"children": {"mail": {"hosts": mail, "vars": variables}}}}
    (folder / "inventory").write_text(json.dumps(inventory), encoding="utf-8")


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder."""
    return subprocess.run(
        argv,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(folder / "home")},
    )


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml", "Jenkinsfile"])
def test_pipelines_run_and_name_files_that_are_written(project: Path, name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if name.endswith(".yml"):
        assert isinstance(yaml.safe_load(text), dict)
    (line,) = COMMAND.findall(text)
    done = run(project, *shlex.split(line))
    assert done.returncode == 0, done.stdout + done.stderr
    named = set(re.findall(r"audit/[a-z]+(?:\.[a-z]+)?", text)) - {"audit/history"}
    assert named
    for path in [*named, "audit/history"]:
        assert (project / path).exists(), path


def test_survey_asks_for_variables_of_the_role_with_their_defaults(project: Path) -> None:
    survey = json.loads((EXAMPLES / "awx" / "survey.json").read_text(encoding="utf-8"))
    template = json.loads((EXAMPLES / "awx" / "job_template.json").read_text(encoding="utf-8"))
    defaults = yaml.safe_load((ROOT / "roles/audit/defaults/main.yml").read_text(encoding="utf-8"))
    answers: dict[str, Any] = {one["variable"]: one["default"] for one in survey["spec"]}
    assert set(answers) <= set(defaults)
    for name, value in answers.items():
        assert value == defaults[name] or name == "mailports_audit_dir"
    answers["mailports_audit_dir"] = str(project / "audit")
    playbook = str(EXAMPLES / "awx" / template["playbook"])
    done = run(project, "ansible-playbook", "-i", "inventory", playbook, "-e", json.dumps(answers))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "audit" / "report.html").exists()


def test_rolling_change_stops_at_a_host_that_is_not_as_intended(
    tmp_path: Path, served: dict[str, EmbeddedHost]
) -> None:
    """The good host is changed; the faulty one behind it is not touched."""
    write_inventory(tmp_path, served, "good", "faulty")
    change = [
        {
            "name": "Leave a mark",
            "ansible.builtin.copy": {
                "content": "changed",
                "dest": str(tmp_path / "mark-{{ inventory_hostname }}"),
                "mode": "0644",
            },
        }
    ]
    (tmp_path / "change.yml").write_text(json.dumps(change), encoding="utf-8")
    variables = json.dumps({"rollout_tasks": str(tmp_path / "change.yml")})
    playbook = str(EXAMPLES / "rolling.yml")
    done = run(tmp_path, "ansible-playbook", "-i", "inventory", playbook, "-e", variables)
    assert done.returncode == 2, done.stdout + done.stderr
    assert [path.name for path in tmp_path.glob("mark-*")] == ["mark-good"]
    assert done.stdout.count("after the change") == 1


def test_ansible_runner_runs_the_audit(project: Path, served: dict[str, EmbeddedHost]) -> None:
    folder = project / "runner"
    shutil.copytree(EXAMPLES / "runner", folder)
    (folder / "inventory" / "hosts.yml").unlink()
    shutil.copy(project / "inventory", folder / "inventory" / "hosts")
    command = [str(ROOT / "scripts" / "env"), "ee", "ansible-runner", "run", str(folder)]
    done = run(project, *command, "-p", "postmaster.mailports.audit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 hosts as intended." in done.stdout
    reports = list(folder.rglob("findings.json"))
    assert reports


def test_ansible_builder_accepts_both_definitions(tmp_path: Path) -> None:
    """The example as it is, and the collection's own metadata, found as builder finds it."""
    builder = [str(ROOT / "scripts" / "env"), "ee"]
    example = str(EXAMPLES / "execution-environment.yml")
    made = tmp_path / "context"
    done = run(tmp_path, *builder, "ansible-builder", "create", "-f", example, "-c", str(made))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "postmaster.mailports" in (made / "_build" / "requirements.yml").read_text("utf-8")
    assert {path.name for path in made.iterdir()} & {"Containerfile", "Dockerfile"}
    collection = tmp_path / "ansible_collections" / "postmaster" / "mailports"
    collection.mkdir(parents=True)
    for name in ("galaxy.yml", "meta"):
        (shutil.copytree if name == "meta" else shutil.copy)(ROOT / name, collection / name)
    script = made / "_build" / "scripts" / "introspect.py"
    listed = run(tmp_path, *builder, "python", str(script), "introspect", str(tmp_path))
    assert listed.returncode == 0, listed.stdout + listed.stderr
    # PyYAML is left out by builder itself: ansible-core brings it.
    for wanted in ("jsonschema", "dnspython"):
        assert wanted in listed.stdout, listed.stdout


def readme_block(start: str) -> str:
    """Return the block of code of the README that starts like this."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"(?ms)^```\w+\n(.*?)^```", text)
    (block,) = (block for block in blocks if block.startswith(start))
    return block


def as_one_reads(text: str) -> list[str]:
    """Return lines without what differs from one day, machine or width to the next."""
    text = re.sub(r"-?\d+ d\b", "N d", text)
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_first_playbook_says_what_the_readme_shows(
    tmp_path: Path, served: dict[str, EmbeddedHost]
) -> None:
    """Only where the two hosts are, and whom to trust, is told beside it."""
    inventory = yaml.safe_load(readme_block("# inventory.yml"))
    intent = inventory["mail"]["vars"]["mailports_intent"]
    ports = {}
    for host in served.values():
        told = describe(host)
        services = told["services"]
        assert set(intent["services"]) == {
            name for name, given in services.items() if given["state"] == "open"
        }
        ports.update({given["port"]: SERVICES[name].port for name, given in services.items()})
        own = {**intent, "addresses": [told["address"]], "services": services}
        inventory["mail"]["hosts"][told["name"]] = {"mailports_intent": own}
    (tmp_path / "inventory.yml").write_text(json.dumps(inventory), encoding="utf-8")
    (tmp_path / "first.yml").write_text(readme_block("# first.yml"), encoding="utf-8")
    trust = f"SSL_CERT_FILE={served['good'].ca_file}"
    command = ["env", trust, "ansible-playbook", "-i", "inventory.yml", "first.yml"]
    done = run(tmp_path, "sh", "-c", f"{shlex.join(command)} 2>&1")
    assert done.returncode == 2, done.stdout
    said = done.stdout
    # Where the demo could not have the real ports.
    for given, real in ports.items():
        said = re.sub(rf"(?m)^  {given} ", f"  {real} ", said)
    every = as_one_reads(said)
    lines = iter(every)
    for wanted in as_one_reads(readme_block("TASK [The mail ports")):
        # The hosts are looked at side by side, and either may be the first to be told.
        among = every if wanted.startswith("ok: ") else lines
        if wanted != "...":
            assert any(line.startswith(wanted) for line in among), f"{wanted}\n{done.stdout}"


@pytest.mark.parametrize("name", ["good", "faulty"])
def test_a_role_of_your_own_is_proved_in_its_molecule_scenario(
    tmp_path: Path, served: dict[str, EmbeddedHost], name: str
) -> None:
    write_inventory(tmp_path, served, name)
    role = tmp_path / "role"
    shutil.copytree(EXAMPLES / "molecule", role)
    told = [
        f"MAIL_INVENTORY={tmp_path / 'inventory'}",
        f"MOLECULE_EPHEMERAL_DIRECTORY={tmp_path / 'own'}",
    ]
    step = "test" if name == "good" else "verify"
    done = run(role, "env", *told, sys.executable, "-m", "molecule", step)
    assert bool(done.returncode) == (name == "faulty"), done.stdout + done.stderr
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    assert "The mail ports are as intended" in said
    assert ("old.example.net: NOT AS INTENDED" in said) == (name == "faulty")
