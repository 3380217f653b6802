# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the lint filter, the compliant test, and the engine mounted under another name."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.postmaster.mailports.plugins.filter.lint import FilterModule
from ansible_collections.postmaster.mailports.plugins.filter.report import report
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import from_dict
from ansible_collections.postmaster.mailports.plugins.module_utils._model.host_view import (
    Configured,
    Holder,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
    Phase,
)
from ansible_collections.postmaster.mailports.plugins.test.compliant import compliant

lint = FilterModule().filters()["lint"]

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
BAD = {"smtp_host": "smtp.example.org", "smtp_port": 25, "smtp_user": "shop"}


def rules(findings: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return rule and data path of each finding."""
    return [(one["rule"], one["path"]) for one in findings]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (BAD, [("relay-port-for-submission", "smtp_port")]),
        ({"app": [BAD]}, [("relay-port-for-submission", "app[0].smtp_port")]),
        ([25, 143, 993], [("deprecated-port", "[1]")]),
        (["25", "110/tcp"], [("deprecated-port", "[1]")]),
        (
            [{"service": "imap", "port": 143, "tls": "cleartext", "state": "open"}],
            [("cleartext-port", "[0].port")],
        ),
        ([{"service": "imap", "port": 143, "tls": "starttls", "state": "closed"}], []),
        ({"host": "mail.example.net", "services": {"imaps": {}, "submissions": {}}}, []),
        (
            {"host": "mail.example.net", "services": {"imap": {"tls": "cleartext"}}},
            [("cleartext-port", "imap")],
        ),
        ({"timeout": 110, "retries": 25, "version": 143}, []),
        ({}, []),
        (None, []),
    ],
)
def test_data_of_every_shape(data: Any, expected: list[tuple[str, str]]) -> None:
    assert rules(lint(data)) == expected


def endpoint(service: str, port: int, **seen: Any) -> dict[str, Any]:
    """Return what port_info says of one endpoint."""
    seen = {"reach": "open", "tls_mode": "starttls", **seen}
    protocol = {25: "smtp", 587: "smtp", 143: "imap", 995: "pop3"}[port]
    row = Observation(service, "mail.example.net", "192.0.2.1", port, protocol, "starttls", **seen)
    return row.to_dict()


def configured(service: str, protocol: str, port: int, tls: str, **more: Any) -> dict[str, Any]:
    """Return what listener_info says of one listener."""
    settings = {"smtpd_tls_wrappermode": "yes", "inet_listener ssl": "no", "ssl": "required"}
    fields = {"address": "", "login": "required", "clear_login": False, "certificate": True, **more}
    row = Configured(
        service, protocol, port, tls=tls, server="postfix", settings=settings, **fields
    )
    return asdict(row)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"endpoints": [endpoint("smtp", 25)]}, []),
        ({"endpoints": [endpoint("imap", 143, reach="refused", tls_mode="")]}, []),
        ({"endpoints": [endpoint("pop3s", 995, tls_mode="implicit")]}, []),
        (
            {"endpoints": [endpoint("submission", 587, tls_mode="implicit")]},
            [("wrong-tls-mode", "endpoints[0]")],
        ),
        (
            {"seen": {"endpoints": [endpoint("imap", 143, clear=Phase((), ("PLAIN",), True))]}},
            [
                ("deprecated-port", "seen.endpoints[0]"),
                ("login-before-tls", "seen.endpoints[0]"),
            ],
        ),
        ([configured("submissions", "smtp", 465, "implicit")], []),
        ([configured("smtp", "smtp", 25, "starttls", login="none")], []),
        ([configured("submission", "smtp", 587, "cleartext")], [("cleartext-port", "[0]")]),
        (
            [configured("imap", "imap", 143, "starttls", clear_login=True)],
            [("deprecated-port", "[0]"), ("login-before-tls", "[0]")],
        ),
        ({"holders": [asdict(Holder(143, "", 7, "dovecot", "/usr/sbin/dovecot", "dovecot"))]}, []),
        (lint({"host": "h", "services": {"imap": {"tls": "cleartext"}}}), []),
    ],
)
def test_results_of_our_own_modules(data: Any, expected: list[tuple[str, str]]) -> None:
    """A host's variables hold what was registered: seen is judged, not the words beside it."""
    assert rules(lint(data)) == expected


def test_text_is_read_by_kind_or_name() -> None:
    text = "smtpd_use_tls = yes\n"
    for arguments in ({"kind": "main.cf"}, {"name": "etc/postfix/main.cf"}):
        (one,) = lint(text, **arguments)
        assert (one["rule"], one["line"]) == ("obsolete-setting", 1)
        assert one["file"] == arguments.get("name", "")


def test_findings_are_those_of_the_audit() -> None:
    """The same values, so that one report renders both."""
    findings = lint(BAD)
    assert [from_dict(one).to_dict() for one in findings] == findings
    assert "relay-port-for-submission: smtp (25) " in report(findings)


def test_the_policy_decides() -> None:
    data = {"smtp_host": "smtp.example.org", "smtp_port": 465, "smtp_user": "shop"}
    assert lint(data) == []
    (one,) = lint(data, policy="starttls_first")
    assert one["rule"] == "deprecated-port"
    assert one["disagrees"] == "RFC 8314 section 7.3"
    off = {"extends": "rfc8314", "severities": {"relay-port-for-submission": "off"}}
    assert lint(BAD, policy=off) == []


@pytest.mark.parametrize(
    "arguments",
    [{"policy": "nope"}, {"kind": "nope"}, {"policy": {"extends": "nope"}}, {"policy": [1]}],
)
def test_a_wrong_option_is_an_error_of_one_line(arguments: dict[str, Any]) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^lint: .*") as caught:
        lint({}, **arguments)
    assert "\n" not in str(caught.value)


def test_variables_that_fail_when_looked_at_hide_nothing() -> None:
    class Variables(dict):  # type: ignore[type-arg]
        def __getitem__(self, key: str) -> Any:
            if key == "undefined":
                raise KeyError("this variable refers to another that is not defined")
            return super().__getitem__(key)

    assert rules(lint(Variables({"undefined": 1, **BAD}))) == [
        ("relay-port-for-submission", "smtp_port")
    ]


def test_compliant_counts_from_a_severity_on() -> None:
    findings = lint(BAD)
    assert compliant([]) is True
    assert compliant(findings) is False
    assert compliant(findings, "error") is True
    assert compliant(findings, "info") is False


@pytest.mark.parametrize(
    ("findings", "fail_on"),
    [(None, "error"), ("", "error"), ({}, "error"), ([1], "error"), ([{}], "error"), ([], "never")],
)
def test_compliant_refuses_what_is_no_list_of_findings(findings: Any, fail_on: str) -> None:
    with pytest.raises(AnsibleFilterError, match=r"^compliant: "):
        compliant(findings, fail_on)


MOUNTED = """
import importlib, importlib.machinery, sys, types
spec = importlib.machinery.ModuleSpec("any_name", None, is_package=True)
spec.submodule_search_locations = [sys.argv[1]]
package = importlib.util.module_from_spec(spec)
sys.modules["any_name"] = package
cli = importlib.import_module("any_name.plugin_utils._lint.cli")
status = cli.main(["-", "--kind", "yaml"])
foreign = sorted(name for name in sys.modules if name.split(".")[0].startswith("ansible"))
print(status, foreign)
"""


def test_the_engine_works_under_any_name_and_without_ansible(tmp_path: Path) -> None:
    """As in the wheel and in an ansible-lint rule: one copy, mounted beside its user."""
    done = subprocess.run(
        [sys.executable, "-c", "import importlib.util\n" + MOUNTED, str(PLUGINS)],
        input="smtp_port: 25\nsmtp_user: shop\nsmtp_host: smtp.example.org\n",
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert "-:1: warning relay-port-for-submission" in done.stdout
    assert done.stdout.splitlines()[-1] == "2 []"
