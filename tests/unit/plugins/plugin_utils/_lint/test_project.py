# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that files meet their variables and the files beside them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.project import (
    lint_file,
    lint_paths,
)

POLICY = POLICIES["rfc8314"]


def test_a_master_cf_is_judged_with_its_main_cf(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("smtpd_tls_security_level = encrypt\n", encoding="utf-8")
    master = tmp_path / "master.cf"
    master.write_text("submission inet n - n - - smtpd\n", encoding="utf-8")
    assert lint_file(str(master), POLICY) == []
    (tmp_path / "main.cf").unlink()
    assert [one.rule for one in lint_file(str(master), POLICY)] == ["starttls-not-required"]


@pytest.mark.parametrize(
    ("name", "content", "rules"),
    [
        ("a.yml", b"a: \xff", ["not-read"]),
        ("picture", b"\x89PNG\xff", []),
        ("noname", b"\xff\xff", []),
        ("main.cf", b"# \xe4\nsmtpd_tls_security_level = none\n", ["cleartext-port"]),
        ("a.yml", b"smtp: [", ["not-read"]),
        ("b.yml", b"a: [", []),
        ("a.yml", b"\0GITCRYPT\0smtp", []),
        ("README.md", b"smtp_port: 25", []),
    ],
)
def test_what_cannot_be_read_is_a_finding(
    tmp_path: Path, name: str, content: bytes, rules: list[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert [one.rule for one in lint_file(str(path), POLICY)] == rules


def test_a_file_is_linted_once_however_often_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("imap_port: 143\n", encoding="utf-8")
    found = [one.findings for one in lint_paths([str(path), str(tmp_path)], POLICY)]
    assert [[(one.rule, one.line) for one in some] for some in found] == [[("deprecated-port", 1)]]
