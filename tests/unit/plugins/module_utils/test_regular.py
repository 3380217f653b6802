# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the regular audit tells what changed, once, and keeps what it could not tell."""

from __future__ import annotations

import http.server
import json
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils import _regular
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document

from tests.report import audits

HOST = "mail.example.net"


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
        patch.setattr(_regular, "probed", self._probed)

    def _probed(self, _config: Any) -> dict[str, Any]:
        self._number += 1
        generated = f"2026-11-25T02:00:{self._number:02d}Z"
        return document([audits.result(HOST, self.seen)], generated)

    def run(self, **changes: Any) -> int:
        """Run one audit and return its status."""
        self._path.write_text(json.dumps({**self.config, **changes}), encoding="utf-8")
        return _regular.main([str(self._path)])

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


@pytest.fixture
def posts() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Return the address of a webhook, and what was posted to it."""
    received: list[dict[str, Any]] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", received
        server.shutdown()
        thread.join()


def test_only_a_change_is_told(vantage: Vantage) -> None:
    assert vantage.run() == _regular.COMPLIANT
    assert vantage.run() == _regular.COMPLIANT
    assert vantage.told() == ""
    vantage.seen = {"imap": audits.OPENED}
    assert vantage.run() == _regular.FINDINGS
    assert "Subject: mail ports NOT as intended" in vantage.told()
    assert vantage.run() == _regular.FINDINGS
    # The drift of the audit before is gone; that the port is open was told already.
    vantage.told()
    assert vantage.run() == _regular.FINDINGS
    assert vantage.told() == ""
    assert len(vantage.history()) == 2
    assert {path.name for path in vantage.folder.iterdir()} == {
        "findings.json",
        "history",
        "metrics.prom",
        "report.txt",
    }


def test_webhook_gets_the_changes(
    vantage: Vantage, posts: tuple[str, list[dict[str, Any]]]
) -> None:
    address, received = posts
    vantage.run(mail_to=[], webhook=address)
    assert received == []
    vantage.seen = {"imap": audits.OPENED}
    vantage.run(mail_to=[], webhook=address)
    (one,) = received
    assert one["compliant"] is False
    assert "should be closed" in one["text"]
    assert {change["service"] for change in one["changes"]} == {"imap"}


def test_what_could_not_be_told_is_told_next_time(
    vantage: Vantage, capsys: pytest.CaptureFixture[str]
) -> None:
    vantage.run()
    vantage.seen = {"imap": audits.OPENED}
    assert vantage.run(sendmail="/bin/false") == _regular.FAILED
    assert "mailports-audit: " in capsys.readouterr().err
    assert len(vantage.history()) == 1
    assert vantage.run() == _regular.FINDINGS
    assert "Subject: " in vantage.told()


def test_a_waiver_and_a_broken_configuration(vantage: Vantage) -> None:
    vantage.seen = {"imap": audits.OPENED}
    waiver = {"rule": "port-open", "reason": "old", "owner": "ops", "expires": "2099-01-01"}
    assert vantage.run(waivers=[waiver]) == _regular.COMPLIANT
    assert vantage.run(waivers=[{"rule": "no-such-rule"}]) == _regular.FAILED
    assert _regular.main([]) == _regular.FAILED


def test_a_host_that_cannot_be_probed_is_reported(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    config = {
        "hosts": {"here": {"host": "127.0.0.1"}},
        "vantage": "monitor",
        "fail_on": "error",
        "probe": {"ca_path": missing},
    }
    (host,) = _regular.probed(config)["hosts"]
    assert host["audited"] is False
    assert missing in host["message"]
