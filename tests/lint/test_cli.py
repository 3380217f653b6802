# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test mailports-lint as a command: exit statuses, formats, waivers, baselines, bad files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import RULES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint import cli
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.files import MAX_BYTES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.project import lint_file

BAD = "smtp_host: smtp.example.org\nsmtp_port: 25\nsmtp_user: shop\n"
WORSE = BAD + "imap_host: imap.example.org\nimap_port: 143\nimap_user: shop\n"
GOOD = "smtp_host: smtp.example.org\nsmtp_port: 465\nsmtp_user: shop\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> int:
    """Run the command in this process and return its exit status."""
    return cli.main(arguments)


def wrote(name: str, text: str | bytes) -> str:
    """Write a file below the current folder and return its name."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return name


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[tuple[str, int, str]]:
    """Return file, line and rule of each finding of a run."""
    run(*arguments, "--format", "json")
    document = json.loads(capsys.readouterr().out)
    return [(one["file"], one["line"], one["rule"]) for one in document["findings"]]


def test_findings_end_with_2_and_a_clean_tree_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("group_vars/good.yml", GOOD)
    assert run(".") == 0
    assert capsys.readouterr().out == "No findings.\n"
    wrote("group_vars/bad.yml", BAD)
    assert run(".") == 2
    out = capsys.readouterr().out
    assert out.startswith("group_vars/bad.yml:2: warning relay-port-for-submission: smtp (25) ")
    assert "remedy: " in out
    assert "clause: RFC " in out
    assert out.endswith("\n1 finding: 1 warning.\n")


@pytest.mark.parametrize(
    ("fail_on", "status"), [("info", 2), ("warning", 2), ("error", 0), ("never", 0)]
)
def test_fail_on_decides_about_the_status(fail_on: str, status: int) -> None:
    wrote("bad.yml", BAD)
    assert run("bad.yml", "--fail-on", fail_on) == status


@pytest.mark.parametrize(
    "arguments",
    [["gone.yml"], ["--no-such-option"], [".", "--waivers", "gone.yml"], [".", "--baseline", "x"]],
    ids=["path", "option", "waivers", "baseline"],
)
def test_a_failed_run_ends_with_1_and_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert captured.err.splitlines()[-1].startswith("mailports-lint: ")


def test_a_fault_of_the_linter_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fault(*_arguments: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr(cli, "_run", fault)
    assert run(".") == 1
    words = (
        "mailports-lint: a bug in the linter (ZeroDivisionError: by accident); please report it\n"
    )
    assert capsys.readouterr().err == words


def test_help_says_what_the_statuses_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    assert "Exit status: 0 " in capsys.readouterr().out


def test_each_file_is_linted_once_and_links_to_folders_are_not_followed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrote("site/bad.yml", BAD)
    os.symlink("..", "site/loop")
    os.symlink("gone", "site/broken.yml")
    wrote("site/.git/bad.yml", BAD)
    assert found(capsys, "site", "site/bad.yml") == [
        ("site/bad.yml", 2, "relay-port-for-submission")
    ]


def test_the_policy_decides(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("good.yml", GOOD)
    assert found(capsys, ".") == []
    assert found(capsys, ".", "--policy", "starttls_first") == [("good.yml", 2, "deprecated-port")]


def test_variables_of_a_role_reach_its_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("roles/x/defaults/main.yml", "the_way: 143\nclosed: 110\n")
    wrote(
        "roles/x/tasks/main.yml",
        "- ansible.builtin.wait_for: {port: '{{ the_way }}'}\n"
        "- ansible.builtin.wait_for: {port: '{{ closed }}', state: stopped}\n",
    )
    assert found(capsys, ".") == [("roles/x/tasks/main.yml", 1, "deprecated-port")]


def test_variables_of_a_role_reach_its_tasks_from_inside_the_role(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrote("defaults/main.yml", "way: 110\n")
    wrote("tasks/main.yml", "- ansible.builtin.wait_for: {port: '{{ way }}'}\n")
    assert found(capsys, "tasks/main.yml") == [("tasks/main.yml", 1, "deprecated-port")]


def test_lines_of_a_role_that_continue_each_other_are_told_where_they_are_used(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrote(
        "roles/x/defaults/main.yml",
        "lines:\n"
        "  - submission inet n - y - - smtpd\n"
        "  - '  -o smtpd_tls_security_level=may'\n"
        "  - '  -o smtpd_sasl_auth_enable=yes'\n",
    )
    wrote(
        "roles/x/tasks/main.yml",
        "- ansible.builtin.lineinfile:\n"
        "    path: /etc/postfix/master.cf\n"
        "    line: '{{ item }}'\n"
        "  loop: '{{ lines }}'\n",
    )
    assert found(capsys, ".") == [("roles/x/tasks/main.yml", 3, "starttls-not-required")]


WAIT = "- ansible.builtin.wait_for: {port: '{{ way }}'}\n"


@pytest.mark.parametrize(
    "where",
    [
        "group_vars/all.yml",
        "group_vars/mail/ports",
        "host_vars/mail1.yml",
        "inventory/group_vars/all.yml",
        "inventories/prod/host_vars/mail1/main.yml",
    ],
)
@pytest.mark.parametrize("task", ["site.yml", "playbooks/mail.yml", "roles/x/tasks/main.yml"])
def test_variables_of_an_inventory_reach_playbooks_and_roles(
    where: str, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrote(where, "way: 143\n")
    wrote(task, WAIT if "roles" in task else f"- hosts: mail\n  tasks:\n    {WAIT}")
    line = 1 if "roles" in task else 3
    assert found(capsys, ".") == [(task, line, "deprecated-port")]


def test_an_inventory_counts_before_the_defaults_of_a_role(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrote("roles/x/defaults/main.yml", "way: 143\n")
    wrote("roles/x/tasks/main.yml", WAIT)
    wrote("group_vars/all.yml", "way: 993\n")
    assert found(capsys, ".") == []
    wrote("roles/y/vars/main.yml", "way: 110\n")
    wrote("roles/y/tasks/main.yml", WAIT)
    assert found(capsys, ".") == [("roles/y/tasks/main.yml", 1, "deprecated-port")]


def test_what_a_loop_takes_from_an_inventory_is_found_where_the_loop_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrote("group_vars/all.yml", "\n" * 40 + "ways:\n  IMAP_PORT: 143\n")
    wrote(
        "roles/x/tasks/main.yml",
        "- ansible.builtin.lineinfile:\n    path: /srv/mail/mail.conf\n"
        "    line: '{{ item.key }}={{ item.value }}'\n  loop: '{{ ways | dict2items }}'\n",
    )
    assert found(capsys, ".") == [
        ("group_vars/all.yml", 42, "deprecated-port"),
        ("roles/x/tasks/main.yml", 3, "deprecated-port"),
    ]


def test_a_play_counts_before_its_inventory(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("group_vars/all.yml", "way: 143\n")
    wrote("site.yml", f"- hosts: mail\n  vars: {{way: 993}}\n  tasks:\n    {WAIT}")
    assert found(capsys, ".") == []


@pytest.mark.parametrize("text", ["$ANSIBLE_VAULT;1.1;AES256\n3431\n", "way: [143\n", "- way\n"])
def test_an_inventory_that_cannot_be_read_gives_no_variables(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrote("group_vars/all.yml", text)
    wrote("site.yml", f"- hosts: mail\n  tasks:\n    {WAIT}")
    assert not [one for one in found(capsys, ".") if one[0] == "site.yml"]


def test_files_that_a_play_names_reach_its_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("vars/ports.yml", "way: 143\n")
    wrote("vars/more.yml", "other: 110\n")
    wrote(
        "site.yml",
        "- hosts: mail\n  vars_files: [vars/ports.yml, 'vars/{{ os }}.yml', missing.yml]\n"
        f"  tasks:\n    - include_vars: {{file: vars/more.yml}}\n    {WAIT}"
        "    - ansible.builtin.wait_for: {port: '{{ other }}'}\n",
    )
    assert found(capsys, ".") == [
        ("site.yml", 5, "deprecated-port"),
        ("site.yml", 6, "deprecated-port"),
    ]


def test_what_one_file_uses_says_nothing_about_the_lines_of_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrote(
        "roles/y/tasks/a.yml",
        "- vars: {imap_port: 143}\n  wait_for: {port: '{{ imap_port }}', state: stopped}\n",
    )
    wrote("roles/y/tasks/b.yml", "- vars: {imap_port: 143}\n  ansible.builtin.debug: {msg: x}\n")
    assert found(capsys, ".") == [("roles/y/tasks/b.yml", 1, "deprecated-port")]


def test_main_cf_reaches_master_cf(capsys: pytest.CaptureFixture[str]) -> None:
    entry = "submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n"
    wrote("etc/postfix/master.cf", entry)
    assert found(capsys, ".") == [("etc/postfix/master.cf", 1, "starttls-not-required")]
    wrote("etc/postfix/main.cf", "smtpd_tls_security_level = encrypt\n")
    assert found(capsys, ".") == []


def stdin_run(text: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, with ``text`` as its standard input."""
    return subprocess.run(
        [sys.executable, "-m", cli.__name__, *arguments],
        input=text,
        capture_output=True,
        check=False,
    )


def test_standard_input_is_read_by_name_kind_or_content() -> None:
    text = b'set smtp_url = "smtp://box@smtp.example.org:25/"\n'
    for arguments in (["--kind", "mutt"], ["--stdin-name", "home/.muttrc"], ["-"]):
        done = stdin_run(text, *arguments)
        assert done.returncode == 2, done.stderr
        assert b":1: warning relay-port-for-submission" in done.stdout


def test_standard_input_that_cannot_be_read_is_a_finding() -> None:
    for text in (b"a: \xff\n", b"a" * (MAX_BYTES + 1)):
        done = stdin_run(text, "--kind", "yaml")
        assert done.returncode == 2
        assert b"error not-read: was not read: " in done.stdout
        assert done.stderr == b""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"smtp_port: \xff\xfe25\n", "not UTF-8"),
        (b"smtp_port: 25\0\n", "a NUL character"),
        (b"smtp_port: [25\n", ""),
        (b"[" * 100_000 + b"smtp", ""),
        (b"- " * 5_000 + b"smtp", ""),
        (b"{smtp: " * 5_000, ""),
        (b"smtp: &a [1]\nb: " + b"[*a" * 300, ""),
    ],
    ids=["encoding", "nul", "truncated", "deep", "deep list", "deep map", "deep alias"],
)
def test_a_bad_file_is_a_finding_and_the_others_are_read(
    content: bytes, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wrote("a.yml", content)
    wrote("b.yml", BAD)
    assert run(".") == 2
    captured = capsys.readouterr()
    assert f"error not-read: was not read: {words}" in captured.out
    assert "b.yml:2: warning relay-port-for-submission" in captured.out
    assert captured.err == ""


def test_servers_files_may_hold_any_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    """Postfix and Dovecot do not care for the encoding of a comment."""
    wrote("main.cf", b"# f\xfcr alle\nsmtpd_use_tls = yes\n")
    wrote("main.cf.old", b"# f\xfcr alle\nsmtpd_use_tls = yes\n")
    assert found(capsys, ".") == [
        ("main.cf", 2, "obsolete-setting"),
        ("main.cf.old", 2, "obsolete-setting"),
    ]


def test_a_huge_file_is_a_finding_and_costs_no_memory(capsys: pytest.CaptureFixture[str]) -> None:
    with open("huge.yml", "wb") as stream:
        stream.truncate(100_000_000)
    with open("huge.iso", "wb") as stream:
        stream.truncate(100_000_000)
    wrote("b.yml", BAD)
    assert found(capsys, ".") == [
        ("b.yml", 2, "relay-port-for-submission"),
        ("huge.yml", 0, "not-read"),
    ]


def test_aliases_that_multiply_are_read_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ["a0: &a0 {smtp_port: 25, smtp_user: x, smtp_host: smtp.example.org}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    wrote("bomb.yml", "\n".join(lines) + "\n")
    assert found(capsys, ".") == [("bomb.yml", 1, "relay-port-for-submission")]


def test_a_file_that_cannot_be_opened_is_a_finding() -> None:
    """As one that went away since its folder was listed."""
    (one,) = lint_file("gone.yml", POLICIES["rfc8314"])
    assert (one.file, one.line, one.rule) == ("gone.yml", 0, "not-read")
    assert lint_file("gone.iso", POLICIES["rfc8314"]) == []


def test_an_inline_waiver_needs_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    text = BAD.replace("25", "25  # mailports: ignore relay-port-for-submission the old printer")
    wrote("same.yml", text)
    above = "# mailports: ignore relay-port-for-submission the old printer\n# wants it\n"
    wrote("above.yml", BAD.replace("smtp_port", above + "smtp_port"))
    assert found(capsys, ".") == []
    wrote("other.yml", text.replace("relay-port-for-submission", "cleartext-port"))
    wrote("bare.yml", BAD.replace("25", "25  # mailports: ignore relay-port-for-submission"))
    assert found(capsys, ".") == [
        ("bare.yml", 2, "relay-port-for-submission"),
        ("bare.yml", 2, "waiver-without-reason"),
        ("other.yml", 2, "relay-port-for-submission"),
        ("other.yml", 2, "waiver-without-reason"),
    ]


def test_an_inline_waiver_in_server_and_xml_files(capsys: pytest.CaptureFixture[str]) -> None:
    wrote(
        "etc/postfix/master.cf",
        "submission inet n - y - - smtpd\n"
        "# mailports: ignore starttls-not-required only inside the tunnel\n"
        "  -o smtpd_tls_security_level=may\n",
    )
    wrote(
        "etc/dovecot/dovecot.conf",
        "# mailports: ignore login-before-tls test bed\ndisable_plaintext_auth = no\n",
    )
    wrote(
        "config-v1.1.xml",
        '<clientConfig><incomingServer type="imap"><hostname>a.example</hostname>\n'
        "<!-- mailports: ignore deprecated-port kept for old phones -->\n"
        "<port>143</port><socketType>STARTTLS</socketType></incomingServer></clientConfig>\n",
    )
    assert found(capsys, ".") == []


WAIVER = """
- rule: relay-port-for-submission
  file: {file}
  reason: {reason}
  owner: mail team
  expires: {expires}
"""


@pytest.mark.parametrize(
    ("file", "reason", "expires", "rules"),
    [
        ("bad.yml", "the old printer", "2999-01-01", []),
        ("group_vars/*", "the old printer", "2999-01-01", []),
        ("other.yml", "the old printer", "2999-01-01", ["relay-port-for-submission"]),
        (
            "bad.yml",
            "the old printer",
            "2020-02-29",
            ["relay-port-for-submission", "waiver-expired"],
        ),
        ("bad.yml", "", "2999-01-01", ["relay-port-for-submission", "waiver-without-reason"]),
    ],
    ids=["in force", "pattern", "other file", "expired", "no reason"],
)
def test_a_waiver_file(
    file: str, reason: str, expires: str, rules: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    wrote("group_vars/bad.yml", BAD)
    wrote("waivers.yml", WAIVER.format(file=file, reason=reason, expires=expires))
    rows = found(capsys, "group_vars", "--waivers", "waivers.yml")
    assert sorted(rule for _file, _line, rule in rows) == rules
    assert all(name == "waivers.yml" and line == 2 for name, line, rule in rows if "waiver" in rule)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\n",
        "- 1\n",
        "- {rule: nope, file: x, expires: 2999-01-01}\n",
        "[",
        "- {rule: tls-version}",
    ],
)
def test_a_waiver_file_that_cannot_be_used_fails_the_run(text: str) -> None:
    wrote("waivers.yml", text)
    assert run(".", "--waivers", "waivers.yml") == 1


def test_a_baseline_hides_what_was_there_even_when_it_moves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrote("bad.yml", BAD)
    assert run("bad.yml", "--write-baseline", "baseline.txt") == 0
    capsys.readouterr()
    wrote("bad.yml", "---\n# moved\n" + WORSE)
    assert found(capsys, "bad.yml", "--baseline", "baseline.txt") == [
        ("bad.yml", 7, "cleartext-port")
    ]


def test_sarif_names_rules_places_and_fingerprints(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("a folder/bad.yml", WORSE)
    run(".", "--format", "sarif")
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0"
    (whole,) = log["runs"]
    rules = whole["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["relay-port-for-submission", "cleartext-port"]
    for rule in rules:
        assert RULES[rule["id"]].remedy in rule["help"]["text"]
        assert "{" not in rule["fullDescription"]["text"]
    first, second = whole["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == (
        "relay-port-for-submission",
        0,
        "warning",
    )
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20folder/bad.yml"
    assert place["region"] == {"startLine": 2}
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_junit_counts_what_fails(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("b<a>d.yml", WORSE)
    run(".", "--format", "junit", "--fail-on", "error")
    suites = ElementTree.fromstring(capsys.readouterr().out)
    assert (suites.get("tests"), suites.get("failures")) == ("2", "1")
    failure = suites.find("./testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("type") == "cleartext-port"
    wrote("b<a>d.yml", GOOD)
    run(".", "--format", "junit")
    suites = ElementTree.fromstring(capsys.readouterr().out)
    assert (suites.get("tests"), suites.get("failures")) == ("1", "0")


def test_code_climate_and_gitlab_are_the_same_list(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("bad.yml", WORSE)
    outs = []
    for name in ("codeclimate", "gitlab"):
        run(".", "--format", name)
        outs.append(json.loads(capsys.readouterr().out))
    assert outs[0] == outs[1]
    assert [one["severity"] for one in outs[0]] == ["minor", "major"]
    assert outs[0][0]["location"] == {"path": "bad.yml", "lines": {"begin": 2, "end": 2}}
    assert len({one["fingerprint"] for one in outs[0]}) == 2


def test_github_annotations_cannot_be_forged_by_a_file_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrote("a,b\n::error::x.yml", BAD)
    run(".", "--format", "github")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("::warning file=a%2Cb\\x0a%3A%3Aerror%3A%3Ax.yml,line=2,title=")


def test_a_report_can_go_into_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    wrote("bad.yml", BAD)
    assert run("bad.yml", "--output", "report.txt") == 2
    assert capsys.readouterr().out == ""
    assert Path("report.txt").read_text(encoding="utf-8").endswith("1 finding: 1 warning.\n")


def test_a_wrong_option_is_told_in_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--polcy", "x") == 1
    usage, error = capsys.readouterr().err.splitlines()
    assert usage.startswith("usage: mailports-lint ")
    assert error == "mailports-lint: error: unrecognized arguments: --polcy"
