# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what a notice says: everything once at first, then what has changed since it was sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._regular import notices

from tests.report import audits

CONFIG: dict[str, Any] = {
    "vantage": "monitor",
    "mail_to": ["root@example.net"],
    "mail_from": "audit@example.net",
    "webhook": "",
}


@pytest.fixture
def sent(tmp_path: Path) -> tuple[dict[str, Any], Path]:
    """Return a configuration whose sendmail writes into a file, and that file."""
    program, mails = tmp_path / "sendmail", tmp_path / "mails"
    program.write_text(f"#!/bin/sh\ncat > '{mails}'\n", encoding="utf-8")
    program.chmod(0o755)
    return {**CONFIG, "sendmail": str(program)}, mails


def audit(time: str, **changes: Any) -> dict[str, Any]:
    """Return the audit of one host."""
    return document([audits.result("mail.example.net", changes)], time)


def test_a_notice_says_what_is_new_since_the_last_one(
    tmp_path: Path, sent: tuple[dict[str, Any], Path]
) -> None:
    config, mails = sent
    folder = tmp_path / "state"
    assert notices.tell(folder, audit(audits.EARLIER, imap=audits.OPENED), config) == []
    first = mails.read_text(encoding="utf-8")
    assert "From: audit@example.net\nAuto-Submitted: auto-generated" in first
    assert "\n\nnew: mail.example.net: imap (143) should be closed" in first
    mails.unlink()
    assert notices.tell(folder, audit(audits.NOW, imap=audits.OPENED), config) == []
    assert not mails.exists(), "nothing has changed"
    assert notices.tell(folder, audit(audits.NOW), config) == []
    last = mails.read_text(encoding="utf-8")
    assert "Subject: mail ports as intended, 1 changed, from monitor" in last
    assert f"\n\nChanged since {audits.NOW}: 1\n  resolved port-open: mail" in last


@pytest.mark.parametrize("text", ["", "{", "[]", '{"audit": 3, "failed": ""}'])
def test_damaged_memory_means_that_nothing_was_told(
    tmp_path: Path, sent: tuple[dict[str, Any], Path], text: str
) -> None:
    config, mails = sent
    (tmp_path / "told-mail.json").write_text(text, encoding="utf-8")
    assert notices.tell(tmp_path, audit(audits.NOW, imap=audits.OPENED), config) == []
    assert "port-open" in mails.read_text(encoding="utf-8")
    assert json.loads((tmp_path / "told-mail.json").read_text(encoding="utf-8"))["audit"]


@pytest.mark.parametrize(
    "address",
    [
        "http://user:s3cret@127.0.0.1:9/",
        "http://127.0.0.1:9/s3cret",
        "http://127.0.0.1/s3 cret",
        "s3cret",
        "http://[s3cret/",
    ],
)
def test_no_error_holds_the_address_of_the_webhook(tmp_path: Path, address: str) -> None:
    config = {**CONFIG, "mail_to": [], "webhook": address}
    (error,) = notices.tell(tmp_path, audit(audits.NOW, imap=audits.OPENED), config)
    assert error.startswith("webhook: ")
    assert "s3" not in error
    assert not (tmp_path / "told-webhook.json").exists()
