# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test make audit, the audit playbook and the plugins through Ansible, against embedded hosts."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.certificates import Certificates
from tests.support.demo import (
    EXPECTED,
    FAULTY,
    INTENDED,
    describe,
)
from tests.support.embedded import EmbeddedHost
from tests.support.listener import USER, Listener
from tests.support.scripted import (
    Expect,
    Send,
    SendTagged,
    StartTls,
)

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = [
    ("module", "port_check"),
    ("module", "port_info"),
    ("filter", "intent"),
    ("filter", "report"),
    ("lookup", "intent"),
    ("lookup", "service"),
]
SECRET = "Tr0ub4dor-and-3"


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """Make the CA that all hosts here share."""
    with Certificates() as made:
        yield made


@pytest.fixture(scope="module")
def good(certificates: Certificates) -> Iterator[EmbeddedHost]:
    """Serve the demo host that is as intended."""
    with INTENDED.start(certificates) as host:
        yield host


@pytest.fixture(scope="module")
def faulty(certificates: Certificates) -> Iterator[EmbeddedHost]:
    """Serve the demo host that is full of faults."""
    with FAULTY.start(certificates) as host:
        yield host


def intent_of(host: EmbeddedHost) -> dict[str, Any]:
    """Return what both demo hosts are meant to be."""
    described = describe(host)
    return {
        "host": described["name"],
        "addresses": [described["address"]],
        "services": described["services"],
    }


class Runner:
    """Runs commands in a folder of the test's own; all that Ansible says goes to one log too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "ansible.log"

    def run(self, *argv: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command and return how it ended."""
        ours = ("HOST", "INTENT", "POLICY", "CA", "FAIL_ON", "AUDIT_DIR")
        clean = {key: value for key, value in os.environ.items() if key not in ours}
        settings = {
            "ANSIBLE_LOG_PATH": str(self.log),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
            "ANSIBLE_HOME": str(self.folder / "home"),
        }
        return subprocess.run(
            argv,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**clean, **settings, **variables},
        )

    def tasks(self, tasks: list[dict[str, Any]], *flags: str) -> subprocess.CompletedProcess[str]:
        """Run tasks on this machine."""
        play = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
        (self.folder / "play.yml").write_text(json.dumps(play), encoding="utf-8")
        python = f"ansible_python_interpreter={sys.executable}"
        return self.run("ansible-playbook", "play.yml", "-e", python, *flags)

    def audit(self, wrapper: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/audit.py with a report folder of the test's own."""
        variables = {"AUDIT_DIR": str(self.folder / "audit"), **variables}
        if wrapper:
            code = f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r}); import audit\n"
            return self.run(sys.executable, "-c", code + wrapper, **variables)
        return self.run(sys.executable, str(ROOT / "scripts" / "audit.py"), **variables)

    def findings(self) -> dict[str, Any]:
        """Return what the audit wrote."""
        text = (self.folder / "audit" / "findings.json").read_text(encoding="utf-8")
        document: dict[str, Any] = json.loads(text)
        return document

    def write(self, name: str, data: Any) -> str:
        """Write a file as JSON, which is YAML too, or as it is."""
        path = self.folder / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return str(path)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return the way to run commands."""
    return Runner(tmp_path)


def changed_demo(change: str) -> str:
    """Return the code that runs an audit whose description of the demo hosts was changed."""
    return (
        "import contextlib\n"
        "real = audit.demo_hosts\n"
        "@contextlib.contextmanager\n"
        "def changed():\n"
        "    with real() as demo:\n"
        f"        {change}\n"
        "        yield demo\n"
        "audit.demo_hosts = changed\n"
        "sys.exit(audit.main())\n"
    )


def test_demo_finds_exactly_what_was_planted(runner: Runner) -> None:
    done = runner.audit()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"exactly the {len(EXPECTED)} findings planted" in done.stdout
    assert done.stderr == ""
    assert done.stdout.startswith("This is a demonstration: ")
    found = sorted(
        (host["host"], finding["service"], finding["rule"])
        for host in runner.findings()["hosts"]
        for finding in host["findings"]
    )
    assert found == sorted(EXPECTED)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("demo['expected'].pop()", "not planted: old.example.net submission_alt port-open"),
        (
            "demo['expected'].append(['mail.example.net', 'imaps', 'tls-failed'])",
            "missing: mail.example.net imaps tls-failed",
        ),
    ],
    ids=["a finding too many", "a finding too few"],
)
def test_demo_fails_when_findings_and_faults_differ(
    runner: Runner, change: str, words: str
) -> None:
    done = runner.audit(changed_demo(change))
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"make audit: {words}\n" in done.stderr
    assert "the findings are not those planted in the demo hosts" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_internal_error_ends_with_3_and_no_traceback(runner: Runner) -> None:
    done = runner.audit("audit.audit_demo = lambda: 1 / 0\nsys.exit(audit.main())")
    assert done.returncode == 3
    log = runner.folder / "audit" / "error.log"
    assert done.stderr == f"make audit: internal error, see {log}\n"
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")


def test_own_host_as_intended_ends_with_0(runner: Runner, good: EmbeddedHost) -> None:
    path = runner.write("intent.json", {"mailports_intent": intent_of(good)})
    done = runner.audit(INTENT=path, CA=good.ca_file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 hosts as intended." in done.stdout


def test_own_host_with_faults_ends_with_2_unless_it_never_fails(
    runner: Runner, faulty: EmbeddedHost
) -> None:
    path = runner.write("intent.json", intent_of(faulty))
    done = runner.audit(INTENT=path, CA=faulty.ca_file)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout.count("error login-before-tls:") == 2
    again = runner.audit(INTENT=path, CA=faulty.ca_file, FAIL_ON="never")
    assert again.returncode == 0, again.stdout + again.stderr


def test_host_decides_where_to_probe_and_the_intent_which_name(
    runner: Runner, good: EmbeddedHost
) -> None:
    intent = intent_of(good)
    del intent["addresses"]
    path = runner.write("intent.json", intent)
    done = runner.audit(INTENT=path, HOST=good.address, CA=good.ca_file)
    assert done.returncode == 0, done.stdout + done.stderr
    (host,) = runner.findings()["hosts"]
    assert host["intent"]["server_name"] == "mail.example.net"
    assert {seen["address"] for seen in host["observations"]} == {good.address}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"HOST": "a b"}, "host: 'a b' is not a host name or address"),
        ({"HOST": "h", "POLICY": "none"}, "policy: 'none' is not one of rfc8314, starttls_first"),
        ({"HOST": "h", "FAIL_ON": "all"}, "FAIL_ON: 'all' is not one of info, warning, error"),
        ({"INTENT": "none.yml"}, "none.yml: No such file or directory"),
        ({"INTENT": "."}, ".: Is a directory"),
        ({"INTENT": "bad.yml"}, "services.smtps: 'smtps' is not one of"),
        ({"HOST": "127.0.0.1", "CA": "none.pem"}, "none.pem"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_audited_ends_with_3_and_says_why(
    runner: Runner, variables: dict[str, str], words: str
) -> None:
    runner.write("bad.yml", "host: h\nservices: {smtps: {}}\n")
    done = runner.audit(**variables)
    assert done.returncode == 3, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_make_ends_with_141_and_without_a_word_when_the_audit_is_broken(runner: Runner) -> None:
    done = runner.run(
        "sh",
        "-c",
        f"make -C '{ROOT}' audit; echo $?",
        HOST="a b",
        AUDIT_DIR=str(runner.folder / "audit"),
    )
    assert done.stdout.split()[-1] == "141", done.stdout + done.stderr
    assert done.stderr.splitlines()[-1].endswith("the audit itself failed (exit status 3)")


def test_playbook_reports_who_could_not_be_audited(
    runner: Runner, good: EmbeddedHost, faulty: EmbeddedHost
) -> None:
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    lost = {"ansible_host": "127.0.0.1", "ansible_port": 1, "ansible_connection": "ssh"}
    hosts = {
        "good": {**local, "mailports_intent": intent_of(good)},
        "faulty": {**local, "mailports_intent": intent_of(faulty)},
        "misspelt": {**local, "mailports_intent": {"host": "h", "services": {"smtps": {}}}},
        "unseen": {
            **local,
            "mailports_intent": intent_of(good),
            "mailports_audit_vantages": ["lost"],
        },
    }
    groups = {"audited": {"hosts": hosts}, "vantages": {"hosts": {"lost": lost}}}
    inventory = runner.write("inventory.json", {"all": {"children": groups}})
    variables = {
        "mailports_audit_dir": str(runner.folder / "audit"),
        "mailports_audit_hosts": "audited",
        "mailports_ca_path": good.ca_file,
    }
    done = runner.run(
        "ansible-playbook",
        "-i",
        inventory,
        "-e",
        json.dumps(variables),
        "postmaster.mailports.audit",
    )
    assert done.returncode == 2, done.stdout + done.stderr
    found = {(host["host"], host["vantage"]): host for host in runner.findings()["hosts"]}
    assert found["mail.example.net", "controller"]["compliant"] is True
    assert found["old.example.net", "controller"]["compliant"] is False
    assert found["misspelt", "controller"]["audited"] is False
    assert "'smtps' is not one of" in found["misspelt", "controller"]["message"]
    assert found["mail.example.net", "lost"]["audited"] is False
    assert "Connection refused" in found["mail.example.net", "lost"]["message"]
    report = (runner.folder / "audit" / "report.txt").read_text(encoding="utf-8")
    last = report.splitlines()[-1]
    assert last.startswith(
        "1 of 4 hosts as intended, 1 not as intended, 2 not audited, seen from 2 vantages. "
    )
    assert " not known, " in last
    assert "Traceback" not in done.stdout + done.stderr


def test_bad_intent_is_one_message_and_nothing_is_connected(runner: Runner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        intent = {
            "host": "127.0.0.1",
            "services": {"imaps": {"port": port, "tls": "ssl"}, "smtp": {"port": 0}},
        }
        task = {"postmaster.mailports.port_check": {"intent": intent}}
        done = runner.tasks([task])
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    text = done.stdout + done.stderr
    assert done.returncode == 2, text
    assert "services.imaps.tls: 'ssl' is not one of implicit, starttls, cleartext" in text
    assert "services.smtp.port: 0 is not between 1 and 65535" in text
    assert "Traceback" not in text


def test_fail_on_policy_and_check_mode(
    runner: Runner, good: EmbeddedHost, faulty: EmbeddedHost
) -> None:
    def check(name: str, host: EmbeddedHost, **options: Any) -> dict[str, Any]:
        options = {"intent": intent_of(host), "ca_path": host.ca_file, **options}
        return {"postmaster.mailports.port_check": options, "register": name, "failed_when": False}

    warned = {"extends": "rfc8314", "certificate_days": 825}
    tasks: list[dict[str, Any]] = [
        check("warned", good, policy=warned, fail_on="warning"),
        check("informed", good, policy=warned, fail_on="error"),
        check("other", good, policy="starttls_first", fail_on="info"),
        check("never", faulty, fail_on="never"),
        check("bad", faulty),
    ]
    names = [task["register"] for task in tasks]
    whole = "{{ {" + ", ".join(f"'{name}': {name}" for name in names) + "} | to_json }}"
    tasks += [
        {
            "ansible.builtin.copy": {"content": whole, "dest": "{{ playbook_dir }}/out.json"},
            "check_mode": False,
        },
    ]
    done = runner.tasks(tasks, "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    out = json.loads((runner.folder / "out.json").read_text(encoding="utf-8"))
    compliant = {name: result["compliant"] for name, result in out.items()}
    assert compliant == {
        "warned": False,
        "informed": True,
        "other": False,
        "never": False,
        "bad": False,
    }
    assert {result["changed"] for result in out.values()} == {False}
    assert out["other"]["summary"]["policy"] == "starttls_first"
    assert {finding["rule"] for finding in out["warned"]["findings"]} >= {
        "certificate-expires-soon"
    }
    assert out["never"]["findings"] == out["bad"]["findings"]
    assert out["bad"]["msg"].startswith("old.example.net: the mail ports are not as intended\n")


def test_failing_task_fails_the_play(runner: Runner, faulty: EmbeddedHost) -> None:
    options = {"intent": intent_of(faulty), "ca_path": faulty.ca_file}
    never = {"postmaster.mailports.port_check": {**options, "fail_on": "never"}}
    failing = {"postmaster.mailports.port_check": options}
    rescue = {
        "block": [failing],
        "rescue": [{"ansible.builtin.debug": {"msg": "{{ ansible_failed_result | length }} keys"}}],
    }
    whole = runner.tasks([never, rescue])
    assert whole.returncode == 0
    assert int(re.findall(r"(\d+) keys", whole.stdout)[0]) > 7
    short = runner.tasks([failing])
    assert short.returncode == 2
    assert "old.example.net: NOT AS INTENDED (policy rfc8314)\n  " in short.stderr
    assert "remedy: Renew the certificate and reload the server." in short.stderr
    (result,) = re.findall(r"FAILED! => (\{.*)", short.stdout + short.stderr)
    assert set(json.loads(result)) == {"changed", "compliant", "msg", "summary"}


def test_password_is_nowhere_in_what_ansible_says(
    runner: Runner, certificates: Certificates
) -> None:
    context = certificates.context("good", ("mail.example.net", "127.0.0.23"))
    echo = [
        StartTls(context),
        Send(b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n"),
        Expect(b"CAPABILITY"),
        Send(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n"),
        SendTagged(b"OK listed\r\n"),
        Expect(b"AUTHENTICATE"),
        SendTagged(f"NO [AUTHENTICATIONFAILED] {SECRET} is wrong\r\n".encode()),
    ]
    listeners: dict[int, Any] = {
        465: Listener("smtp", "implicit", password=SECRET),
        993: Listener("imap", "implicit"),
        995: Listener("pop3", "implicit", password=SECRET),
        143: echo,
    }
    with EmbeddedHost("127.0.0.23", listeners, certificates=certificates) as host:
        names = {465: "submissions", 993: "imaps", 995: "pop3s", 143: "echo"}
        services = [
            {"service": name, "port": host.ports[port], "protocol": "imap", "tls": "implicit"}
            if name == "echo"
            else {"service": name, "port": host.ports[port]}
            for port, name in names.items()
        ]
        task = {
            "postmaster.mailports.port_info": {
                "host": "mail.example.net",
                "addresses": [host.address],
                "services": services,
                "ca_path": host.ca_file,
                "login_user": USER,
                "login_password": SECRET,
                "timeout": 5,
            },
            "register": "seen",
        }
        show = {"ansible.builtin.debug": {"var": "seen"}}
        done = runner.tasks([task, show], "-vvv")
        sent = [line for talk in host.transcripts[143] for line in talk.lines(tls=True)]
    assert any(b"AUTHENTICATE PLAIN" in line for line in sent), sent
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    assert '"login": "accepted"' in text
    assert '"login": "refused"' in text
    assert SECRET not in text
    assert SECRET not in runner.log.read_text(encoding="utf-8")


def test_lookups_and_filters_say_what_is_wrong(runner: Runner) -> None:
    runner.write("good.yml", "host: h\nservices: {imaps: {}}\n")
    runner.write("bad.yml", "host: h\nservices: {imaps: {port: 0}}\n")
    runner.write("list.yml", "- host: h\n")
    runner.write("broken.yml", "host: [\n")
    lookup = "lookup('postmaster.mailports.intent', '%s')"
    cases = {
        lookup % "none.yml": "none.yml: No such file or directory",
        lookup % "bad.yml": "services.imaps.port: 0 is not between 1 and 65535",
        lookup % "list.yml": "the intent: a list is not a mapping",
        lookup % "broken.yml": "not YAML: while parsing",
        "lookup('postmaster.mailports.service', 'foo')": "'foo' is not one of smtp, submission",
        "lookup('postmaster.mailports.service', 'smtps')": "that port is called 'submissions' here",
        "lookup('postmaster.mailports.service', ['smtp'])": "is not one of smtp, submission",
        "{'host': 1} | postmaster.mailports.intent": "host: 1 is not a string",
        "'x' | postmaster.mailports.report": "a value of type",
        "[] | postmaster.mailports.report('pdf')": "'pdf' is not one of text, json",
    }
    tasks: list[dict[str, Any]] = []
    for index, (expression, words) in enumerate(cases.items()):
        tasks += [
            {
                "ansible.builtin.set_fact": {"x": "{{ " + expression + " }}"},
                "register": f"r{index}",
                "ignore_errors": True,
            },
            {
                "ansible.builtin.assert": {
                    "that": [f"r{index} is failed", f"wanted in r{index}.msg"],
                    "fail_msg": f"{expression}: {{{{ r{index}.msg | default('no failure') }}}}",
                },
                "vars": {"wanted": words},
            },
        ]
    values = [
        "lookup('postmaster.mailports.intent', 'good.yml').host == 'h'",
        "query('postmaster.mailports.intent', 'good.yml', 'good.yml') | length == 2",
        "lookup('postmaster.mailports.service', 'imaps').port == 993",
        "query('postmaster.mailports.service', 'imap', 'imaps') | length == 2",
        "({'host': 'h'} | postmaster.mailports.intent).policy == 'rfc8314'",
    ]
    done = runner.tasks([*tasks, {"ansible.builtin.assert": {"that": values}}])
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    assert "Traceback" not in text


@pytest.mark.parametrize(("kind", "name"), PLUGINS, ids=lambda value: value)
def test_documentation_renders_and_its_examples_are_tasks(
    runner: Runner, kind: str, name: str
) -> None:
    full = f"postmaster.mailports.{name}"
    text = runner.run("ansible-doc", "-t", kind, full)
    assert text.returncode == 0, text.stderr
    assert "EXAMPLES:" in text.stdout
    done = runner.run("ansible-doc", "-t", kind, "--json", full)
    examples = json.loads(done.stdout)[full]["examples"]
    tasks = yaml.safe_load(examples)
    assert tasks
    assert all(task["name"] for task in tasks)
    checked = runner.tasks(tasks, "--syntax-check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
