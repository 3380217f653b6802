# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how the rules behave inside ansible-lint: comments, configuration, policy and --fix."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from wcmatch.pathlib import BRACE, DOTGLOB, GLOBSTAR, PurePath

from tests.lint.bad_project import IDS, ROOT, RULES, LintRun, environment, name_of, snippet, write

pytestmark = pytest.mark.programs

Lint = Callable[..., LintRun]
FILES = {
    "roles/mail/tasks/main.yml": """\
---
- name: Excused  # noqa: mail-port-deprecated
  ansible.builtin.wait_for:
    host: mail.example.net
    port: 110
- name: A block
  block:
    - name: Not excused
      ansible.builtin.wait_for:
        host: mail.example.net
        port: 110
    - name: Text inside of a task
      ansible.builtin.copy:
        dest: /etc/postfix/main.cf
        mode: "0644"
        content: |
          smtpd_tls_security_level = may
          # noqa: mail-port-tls-version
          smtpd_tls_mandatory_protocols = >=TLSv1
          smtpd_use_tls = yes
""",
    "roles/mail/defaults/main.yml": """\
---
mail_ports:
  - 143  # noqa: mail-port-deprecated
  # noqa: mail-port-deprecated
  - 110
  - 143
""",
    "roles/mail/templates/main.cf.j2": """\
myhostname = {{ mail_name }}
{# noqa: mail-port-obsolete-setting #}
smtpd_use_tls = yes
smtp_use_tls = yes
""",
    "roles/mail/files/master.cf": """\
submission inet n - y - - smtpd
  # noqa: mail-port-starttls-not-required
  -o smtpd_tls_security_level=may
submissions inet n - y - - smtpd
  -o smtpd_tls_wrappermode=no
""",
}
NOT_EXCUSED = {
    ("roles/mail/tasks/main.yml", 11, "mail-port-deprecated"),
    ("roles/mail/tasks/main.yml", 20, "mail-port-obsolete-setting"),
    ("roles/mail/defaults/main.yml", 6, "mail-port-deprecated"),
    ("roles/mail/templates/main.cf.j2", 4, "mail-port-obsolete-setting"),
    ("roles/mail/files/master.cf", 5, "mail-port-wrong-tls-mode"),
}


def put(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def oldest() -> str:
    """Return the interpreter of the environment with the oldest ansible-lint."""
    done = subprocess.run(
        [ROOT / "scripts" / "env", "lint-oldest"], stdout=subprocess.PIPE, text=True, check=True
    )
    return str(Path(done.stdout.strip()) / "bin" / "python")


@pytest.fixture
def lint(tmp_path: Path) -> Lint:
    """Return a call of ansible-lint with our rules alone, in a project of its own."""
    put(tmp_path, {".ansible-lint": snippet()})

    def run(*options: str, python: str = sys.executable, **env: str) -> LintRun:
        arguments = ["-r", str(RULES), "--offline", *options]
        return LintRun(python, tmp_path, arguments, environment(tmp_path.parent, **env))

    return run


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the module of the rules, as ansible-lint imports it."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(RULES)])
    return importlib.import_module("postmaster_mailports_rules")


@pytest.mark.parametrize("version", ["oldest", "newest"])
def test_a_noqa_works_wherever_a_finding_can_stand(
    version: str, lint: Lint, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    put(tmp_path, FILES)
    oldest = version == "oldest"
    python = request.getfixturevalue("oldest") if oldest else sys.executable
    assert lint(python=python).found == NOT_EXCUSED


@pytest.mark.parametrize(
    "file",
    [
        "main.cf",
        "roles/mail/files/master.cf",
        "etc/dovecot/dovecot.conf",
        "etc/dovecot/conf.d/10-ssl.conf",
        "etc/dovecot/conf.d/auth-sql.conf.ext",
        "dovecot-sql.conf.ext",
        "roles/mail/files/.mbsyncrc",
        "fetchmailrc",
        "mail/config-v1.1.xml",
        "www/autoconfig.example.net.xml",
    ],
)
def test_the_recommended_kinds_open_a_file(file: str) -> None:
    patterns = [kind["text"] for kind in yaml.safe_load(snippet())["kinds"]]
    assert PurePath(file).globmatch(patterns, flags=GLOBSTAR | BRACE | DOTGLOB)


def test_skip_list_and_warn_list(lint: Lint, tmp_path: Path) -> None:
    expected = write(tmp_path)
    every = ",".join(IDS - {"mail-port-deprecated"})
    run = lint("-x", "mail-port-deprecated", "-w", every)
    assert run.found == {one for one in expected if one[2] != "mail-port-deprecated"}
    assert run.status == 0


def test_one_tag_takes_in_every_rule(lint: Lint, tmp_path: Path) -> None:
    expected = write(tmp_path)
    assert lint("-R", "-t", "mail-ports").found == expected


def test_the_policy_stands_in_the_configuration(lint: Lint, tmp_path: Path) -> None:
    policy = "extra_vars:\n  mailports_policy: starttls_first\n"
    ports = "---\nmail_ports:\n  - 465\n"
    put(tmp_path, {".ansible-lint": snippet() + policy, "group_vars/all.yml": ports})
    assert lint().found == {("group_vars/all.yml", 3, "mail-port-deprecated")}


def test_the_policy_of_the_environment_wins(rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILPORTS_POLICY", raising=False)
    configured = SimpleNamespace(extra_vars={"mailports_policy": "starttls_first"})
    assert rules.policy_of(SimpleNamespace(extra_vars=None)).name == "rfc8314"
    assert rules.policy_of(configured).name == "starttls_first"
    monkeypatch.setenv("MAILPORTS_POLICY", "rfc8314")
    assert rules.policy_of(configured).name == "rfc8314"


def test_a_policy_that_does_not_exist_ends_the_run(lint: Lint, tmp_path: Path) -> None:
    put(tmp_path, {"group_vars/all.yml": "---\nmail_ports:\n  - 143\n"})
    run = lint(MAILPORTS_POLICY="rfc9999")
    assert run.status not in (0, 2)
    assert "'rfc9999' is not one of rfc8314, starttls_first" in run.said


@pytest.mark.parametrize("version", ["oldest", "newest"])
def test_fix_deletes_what_postfix_ignores_and_nothing_else(
    version: str, lint: Lint, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    oldest = version == "oldest"
    python = request.getfixturevalue("oldest") if oldest else sys.executable
    text = "# TLS\nsmtpd_use_tls = yes\nsmtpd_tls_security_level = may\n# End\nsmtp_use_tls = yes\n"
    entry = "submission inet n - y - - smtpd\n  -o smtpd_tls_security_level=may\n"
    files = {
        "files/main.cf": text,
        "files/master.cf": entry,
        "templates/main.cf.j2": "{{ x }}\n" + text,
    }
    put(tmp_path, files)
    run = lint("--fix", python=python)
    mended = {**files, "files/main.cf": text.replace("smtpd_use_tls = yes\n", "")}
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in files} == mended
    assert ("files/main.cf", 5, "mail-port-obsolete-setting") in run.found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("smtpd_use_tls = yes\n", 1),
        ("smtpd_use_tls = yes\nsmtpd_tls_security_level =\n", 1),
        ("smtpd_use_tls = yes\nsmtpd_tls_security_level = $level\n", 1),
        ("smtpd_use_tls = yes\nsmtp_tls_security_level = may\n", 1),
        ("smtpd_use_tls = yes\nsmtpd_tls_security_level = may\nother = ${smtpd_use_tls}\n", 1),
        ("smtpd_use_tls = yes\nsmtpd_tls_security_level = {{ level }}\n", 1),
        ("smtpd_tls_eecdh_grade = ultra\nsmtpd_tls_security_level = may\n", 1),
    ],
)
def test_a_fix_that_could_change_something_is_not_made(text: str, line: int, rules: Any) -> None:
    assert rules._without_ignored(text, text, line) == text


def test_a_fault_of_the_engine_is_a_finding(rules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """ansible-lint would swallow an exception, and a file that was not read would pass."""

    def fault(_path: str, _policy: Any) -> None:
        raise ZeroDivisionError("at last")

    monkeypatch.setattr(rules, "_lint_file", fault)
    (found,) = rules._findings("a.yml", "a: 1\n", "rfc8314")
    assert found.rule == "not-read"
    assert "ZeroDivisionError: at last" in found.message


def test_a_rule_has_what_ansible_lint_shows_of_it(rules: Any) -> None:
    assert {one.id for one in rules.RULES} == IDS
    for kind in rules.RULES:
        rule = kind()
        assert rule.id == name_of(rule.finds)
        assert rule.shortdesc.endswith(".")
        assert rule.help.startswith(f"# {rule.id}\n")
        assert rule.url.endswith(f"/docs/lint/{rule.id}.md")
        assert rule.severity in ("HIGH", "MEDIUM")
        assert {"mail-ports", "security"} <= set(rule.tags)
