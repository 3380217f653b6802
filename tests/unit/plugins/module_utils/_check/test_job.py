# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test how the main job sums up what was found, and when it makes a task fail."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._check import job as _check
from ansible_collections.postmaster.mailports.plugins.module_utils._check.options import (
    ParamsError,
    probe_options,
    targets_from,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.ports import Judgement
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.observation import (
    Observation,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe import run as _run


def found(severity: str, number: int = 0) -> Finding:
    """Return a finding about imaps that can be told from others."""
    return Finding(
        rule="tls-failed",
        severity=severity,
        message=f"message {number}",
        cause="tls_error",
        remedy="remedy",
        clause="clause",
        policy="rfc8314",
        host="h",
        service="imaps",
        port=993,
    )


SEEN = [
    Observation("imaps", "h", "192.0.2.1", 993, "imap", "implicit", reach="open"),
    Observation("imap", "h", "192.0.2.1", 143, "imap", "starttls", reach="refused"),
]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a way to run the job on given findings, without a probe."""

    def start(findings: list[Finding], **options: Any) -> Any:
        judgement = Judgement((), tuple(findings))
        monkeypatch.setattr(_check, "judge", lambda *_args, **_options: judgement)
        params = {name: option.get("default") for name, option in probe_options().items()}
        params.update(intent={"host": "h"}, policy=None, fail_on="error")
        params.update(options)
        planned = _check.plan(params)
        result, failed = _check.conclude(planned, SEEN)
        return result, failed, planned.request

    return start


@pytest.mark.parametrize(
    ("severity", "fail_on", "compliant", "fails"),
    [
        ("info", "info", False, True),
        ("info", "warning", True, False),
        ("warning", "warning", False, True),
        ("warning", "error", True, False),
        ("error", "info", False, True),
        ("error", "error", False, True),
        ("error", "never", False, False),
        ("warning", "never", True, False),
    ],
)
def test_severity_decides_what_is_compliant_and_what_fails(
    run: Any, severity: str, fail_on: str, compliant: bool, fails: bool
) -> None:
    result, failed, _request = run([found(severity)], fail_on=fail_on)
    assert (result["compliant"], failed) == (compliant, fails)


def test_summary_counts_what_was_seen_and_found(run: Any) -> None:
    result, _failed, _request = run([found("info"), found("error"), found("error")])
    assert result["summary"] == {
        "policy": "rfc8314",
        "endpoints": 2,
        "open": 1,
        "demands": {"met": 0, "broken": 0, "not_known": 0, "not_asked": 0},
        "findings": {"info": 1, "warning": 0, "error": 2},
    }
    assert [seen["service"] for seen in result["observations"]] == ["imaps", "imap"]
    assert result["intent"]["host"] == "h"


def test_message_has_the_worst_first_and_counts_the_rest(run: Any) -> None:
    findings = [found("info", 0), *[found("error", number) for number in range(1, 7)]]
    result, _failed, _request = run(findings)
    assert result["msg"].split("\n") == [
        "h: the mail ports are not as intended",
        *[f"error: imaps (993): message {number} [tls-failed]" for number in range(1, 6)],
        "... and 2 more findings",
    ]
    assert run([])[0]["msg"] == "h: the mail ports are as intended"


def test_policy_of_the_task_goes_before_that_of_the_intent(run: Any) -> None:
    intent = {"host": "h", "policy": {"tls_min": "TLSv1.1"}}
    result, _failed, request = run([], intent=intent)
    assert request.versions == ("SSLv3", "TLSv1")
    result, _failed, request = run([], intent=intent, policy="starttls_first")
    assert result["summary"]["policy"] == "starttls_first"
    assert request.versions == ("SSLv3", "TLSv1", "TLSv1.1")


def test_bad_options_are_told_before_any_connection(run: Any) -> None:
    with pytest.raises(ParamsError, match="timeout: 0 is not"):
        run([], timeout=0.0)


def test_no_password_goes_where_nothing_is_meant_to_listen(run: Any) -> None:
    """Nor to a relay; the endpoint that the probe makes of a target says so."""
    intent = {"host": "h", "services": {"imaps": {}, "smtp": {}, "pop3s": {"state": "closed"}}}
    request = run([], intent=intent, login_user="alice", login_password="Wonderland-1")[2]
    may = {
        target.service: _run._endpoint(request, target, "192.0.2.1").may_login
        for target in request.targets
    }
    assert [name for name, allowed in may.items() if allowed] == ["imaps"]


@pytest.mark.parametrize(
    "services",
    [
        {"smtp": {"login": "optional"}, "imap": {"state": "closed"}},
        {"submission": {"port": 2587}, "web": {"port": 143, "protocol": "imap", "tls": "implicit"}},
        {},
    ],
)
def test_a_host_that_only_probes_is_asked_for_the_same_targets(services: dict[str, Any]) -> None:
    params = {name: option.get("default") for name, option in probe_options().items()}
    params.update(intent={"host": "h", "services": services}, policy=None, fail_on="error")
    planned = _check.plan(params)
    arguments = _check.probe_arguments(planned)
    assert tuple(targets_from(arguments["services"])) == planned.request.targets
    assert tuple(arguments["tls_versions"]) == planned.request.versions
