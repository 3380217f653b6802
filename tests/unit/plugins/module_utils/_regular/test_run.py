# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the regular audit tells what changed, once, to each channel, and never falls silent."""

from __future__ import annotations

import http.server
import json
import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._regular import run as regular

from tests.report import audits

HOST = "mail.example.net"
SECRET = "Tr0ub4dor-and-3"


class Vantage:
    """A folder with a configuration, a sendmail that writes into a file, and the next probe."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.mails = folder / "mails"
        self.folder = folder / "state"
        self._number = 0
        self.seen: dict[str, Any] = {}
        sendmail = folder / "sendmail"
        sendmail.write_text(f"#!/bin/sh\ncat >> '{self.mails}'\n", encoding="utf-8")
        sendmail.chmod(sendmail.stat().st_mode | stat.S_IXUSR)
        self.config: dict[str, Any] = {
            "hosts": {HOST: {"host": HOST}},
            "folder": str(self.folder),
            "keep": 2,
            "vantage": "monitor",
            "fail_on": "error",
            "waivers": [],
            "probe": {},
            "mail_to": ["root@example.net"],
            "mail_from": "",
            "sendmail": str(sendmail),
            "webhook": "",
        }
        self._path = folder / "config.json"
        patch.setattr(regular, "probed", self._probed)

    def _probed(self, _config: Any) -> dict[str, Any]:
        self._number += 1
        generated = f"2026-11-25T02:00:{self._number:02d}Z"
        return document([audits.result(HOST, self.seen)], generated)

    def run(self, *flags: str, **changes: Any) -> int:
        """Run one audit and return its status."""
        self._path.write_text(json.dumps({**self.config, **changes}), encoding="utf-8")
        return regular.main([*flags, str(self._path)])

    def told(self) -> str:
        """Return the mails since the last look."""
        text = self.mails.read_text(encoding="utf-8") if self.mails.exists() else ""
        self.mails.unlink(missing_ok=True)
        return text

    def history(self) -> list[str]:
        """Return the names of the audits that are kept."""
        return sorted(path.name for path in (self.folder / "history").glob("*.json"))


@pytest.fixture
def vantage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vantage:
    """Return a vantage whose probe sees what a test says."""
    return Vantage(tmp_path, monkeypatch)


class Hooked:
    """A webhook: its address, the status it answers with, and what was sent to it."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.gets = 0
        self.status = 204
        self.address = ""


@pytest.fixture
def posts() -> Iterator[Hooked]:
    """Serve a webhook."""
    hook = Hooked()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            hook.received.append(json.loads(self.rfile.read(length)))
            self.send_response(hook.status)
            self.send_header("Location", hook.address + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            hook.gets += 1
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield hook
        server.shutdown()
        thread.join()


def test_only_a_change_is_told(vantage: Vantage) -> None:
    assert vantage.run() == regular.COMPLIANT
    assert vantage.run() == regular.COMPLIANT
    assert vantage.told() == ""
    vantage.seen = {"imap": audits.OPENED}
    assert vantage.run() == regular.FINDINGS
    assert "Subject: mail ports NOT as intended" in vantage.told()
    # The drift of the audit before is gone; that the port is open was told already.
    vantage.run()
    vantage.told()
    assert vantage.run() == regular.FINDINGS
    assert vantage.told() == ""
    assert len(vantage.history()) == 2
    assert {path.name for path in vantage.folder.iterdir()} == {
        "findings.json",
        "history",
        "metrics.prom",
        "report.txt",
        "told-mail.json",
    }


def test_webhook_gets_the_changes(vantage: Vantage, posts: Hooked) -> None:
    vantage.run(mail_to=[], webhook=posts.address)
    assert posts.received == []
    vantage.seen = {"imap": audits.OPENED}
    vantage.run(mail_to=[], webhook=posts.address)
    (one,) = posts.received
    assert one["compliant"] is False
    assert "should be closed" in one["text"]
    assert {change["service"] for change in one["changes"]} == {"imap"}


@pytest.mark.parametrize("lost", [False, True])
def test_the_findings_of_a_first_audit_are_told(vantage: Vantage, lost: bool) -> None:
    """Also after the history and what was told are lost: nobody knows any more what was told."""
    vantage.seen = {"imap": audits.OPENED}
    if lost:
        vantage.run()
        assert "port-open" in vantage.told()
        shutil.rmtree(vantage.folder)
    assert vantage.run() == regular.FINDINGS
    assert "new: mail.example.net: imap (143)" in vantage.told()
    assert vantage.run() == regular.FINDINGS
    assert vantage.told() == ""


@pytest.mark.parametrize(
    "channel",
    [
        {"sendmail": "/bin/false"},
        {"sendmail": "/does/not/exist"},
        {"webhook": "http://127.0.0.1:9/"},
    ],
)
def test_a_dead_channel_holds_up_neither_reports_nor_the_next_notice(
    vantage: Vantage, capsys: pytest.CaptureFixture[str], channel: dict[str, str]
) -> None:
    """The reports go on, what was not told is told later, and only once."""
    mails = ["root@example.net"] if "sendmail" in channel else []
    vantage.run(**channel, mail_to=mails)
    vantage.seen = {"imap": audits.OPENED}
    for number in range(2, 4):
        assert vantage.run(**channel, mail_to=mails) == regular.FAILED
        assert "mailports-audit: " in capsys.readouterr().err
        made = json.loads((vantage.folder / "findings.json").read_text(encoding="utf-8"))
        assert made["generated"] == f"2026-11-25T02:00:{number:02d}Z"
        assert "mailports_compliant" in (vantage.folder / "metrics.prom").read_text()
    assert len(vantage.history()) == 2
    if mails:
        assert vantage.run() == regular.FINDINGS
        assert "port-open" in vantage.told()
        vantage.run()
        assert vantage.told() == ""


def test_one_dead_channel_does_not_silence_the_other(vantage: Vantage, posts: Hooked) -> None:
    vantage.seen = {"imap": audits.OPENED}
    both = {"sendmail": "/bin/false", "webhook": posts.address}
    assert vantage.run(**both) == regular.FAILED
    assert vantage.run(**both) == regular.FAILED
    assert len(posts.received) == 1, "and is not told twice"


@pytest.mark.parametrize("status", [301, 302, 307, 204, 404, 500])
def test_a_redirect_or_an_error_is_not_taken_for_an_answer(
    vantage: Vantage, posts: Hooked, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    """urllib would follow with an empty GET, and nobody would get the notice."""
    vantage.seen = {"imap": audits.OPENED}
    posts.status = status
    token = "/s3cret-token"
    ended = vantage.run(mail_to=[], webhook=posts.address + token)
    assert posts.gets == 0
    said = capsys.readouterr().err
    assert token not in said
    assert (ended == regular.FINDINGS) is (status == 204), said
    posts.status = 200
    vantage.run(mail_to=[], webhook=posts.address + token)
    assert len(posts.received) == (1 if status == 204 else 2), "it is sent again until it is taken"


def test_an_audit_of_the_future_is_not_the_previous_one(vantage: Vantage) -> None:
    """A clock that was wrong once must not decide for years what has changed."""
    history = vantage.folder / "history"
    vantage.run()
    (path,) = history.iterdir()
    data = {**json.loads(path.read_text(encoding="utf-8")), "generated": "2099-01-01T00:00:00Z"}
    (history / "2099-01-01T00-00-00Z.json").write_text(json.dumps(data), encoding="utf-8")
    for _unused in range(3):
        vantage.run()
    made = json.loads((vantage.folder / "findings.json").read_text(encoding="utf-8"))
    assert made["previous"] == "2026-11-25T02:00:03Z"
    assert vantage.history() == [
        "2026-11-25T02-00-03Z.json",
        "2026-11-25T02-00-04Z.json",
        "2099-01-01T00-00-00Z.json",
    ]


def test_a_failed_audit_is_told_once_and_shown_in_the_metrics(
    vantage: Vantage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    vantage.run()
    good = (vantage.folder / "metrics.prom").read_text(encoding="utf-8")
    assert "mailports_audit_success{} 1\n" in good
    probed = regular.probed

    def fail(_config: Any) -> Any:
        raise UnicodeEncodeError("ascii", SECRET, 0, 1, "a secret \u00fc")

    monkeypatch.setattr(regular, "probed", fail)
    assert vantage.run() == regular.FAILED
    assert "internal error: UnicodeEncodeError" in vantage.told()
    assert vantage.run() == regular.FAILED
    assert vantage.told() == ""
    metrics = (vantage.folder / "metrics.prom").read_text(encoding="utf-8")
    assert "mailports_audit_success{} 0\n" in metrics
    assert "mailports_audit_last_success_timestamp_seconds{} 1795572001\n" in metrics
    assert "mailports_compliant" not in metrics
    monkeypatch.setattr(regular, "probed", probed)
    assert vantage.run() == regular.COMPLIANT
    assert "the audit works again" in vantage.told()
    assert SECRET not in "".join(capsys.readouterr())


def test_a_waiver_and_a_broken_configuration(vantage: Vantage) -> None:
    vantage.seen = {"imap": audits.OPENED}
    waiver = {"rule": "port-open", "reason": "old", "owner": "ops", "expires": "2099-01-01"}
    assert vantage.run(waivers=[waiver]) == regular.COMPLIANT
    assert vantage.run(waivers=[{"rule": "no-such-rule"}]) == regular.FAILED
    assert regular.main([]) == regular.FAILED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"waivers": [{"rule": "prot-open", "expires": "2027-01-31"}]},
            "there is no rule 'prot-op",
        ),
        ({"probe": {"policy": "rfc8413"}}, "hosts.mail.example.net: the intent or the policy is"),
        ({"hosts": {HOST: {"host": HOST, "services": {"imapz": {}}}}}, "hosts.mail.example.net: "),
        ({"probe": {"timeout": -1}}, "timeout"),
        ({"probe": {"ca_path": "/does/not/exist.pem"}}, "/does/not/exist.pem does not exist here"),
        ({"fail_on": "often"}, "fail_on: 'often' is not one of info"),
        ({"hosts": []}, "this is not the configuration of a regular audit"),
    ],
)
def test_what_every_run_would_fail_with_is_refused_before(
    vantage: Vantage, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], words: str
) -> None:
    assert vantage.run("--check") == regular.COMPLIANT
    assert vantage.run("--check", **changes) == regular.FAILED
    assert words in capsys.readouterr().err
    assert not vantage.folder.exists()


def test_a_host_that_cannot_be_probed_is_reported(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    config = {
        "hosts": {"here": {"host": "127.0.0.1"}},
        "vantage": "monitor",
        "fail_on": "error",
        "probe": {"ca_path": missing},
    }
    (host,) = regular.probed(config)["hosts"]
    assert (host["name"], host["audited"]) == ("here", False)
    assert missing in host["message"]
