# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test runs of the command with a configuration, waivers, baselines and fixes."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.cli import main


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yml").write_text("imap_port: 143\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("config", "options", "status"),
    [
        ("", [], 2),
        ("fail_on: error\n", [], 0),
        ("fail_on: error\n", ["--fail-on", "warning"], 2),
        ("severity: {deprecated-port: info}\n", [], 0),
        ("exclude: [a.yml]\n", [], 1),
        ("policy: nothing\n", [], 1),
        ("", ["--exclude", "*.yml"], 1),
        ("", ["--version"], 0),
        ("", ["--explain", "deprecated-port"], 0),
        ("", ["--explain", "deprecated"], 1),
    ],
)
def test_a_run_ends_with(project: Path, config: str, options: list[str], status: int) -> None:
    (project / ".mailports.yml").write_text(config, encoding="utf-8")
    assert main([".", *options]) == status


def test_a_folder_without_a_file_to_read_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "empty").mkdir()
    assert main(["empty"]) == 1
    assert "nothing was read: no file is there" in capsys.readouterr().err
    (project / "empty" / "README.md").write_text("x", encoding="utf-8")
    assert main(["empty"]) == 1
    assert main(["empty/README.md"]) == 0
    assert "0 of 1 files were read" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "status"), [("", 1), (" \n", 1), ("imaps_port: 993\n", 0)])
def test_an_empty_standard_input_is_an_error(
    monkeypatch: pytest.MonkeyPatch, text: str, status: int
) -> None:
    stdin: Any = io.TextIOWrapper(io.BytesIO(text.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main([]) == status


def test_a_baseline_does_not_depend_on_how_a_path_was_written(project: Path) -> None:
    assert main(["a.yml", "--write-baseline", "b.txt"]) == 0
    for path in ("a.yml", "./a.yml", ".", str(project), str(project / "a.yml")):
        assert main([path, "--baseline", "b.txt"]) == 0, path


def test_a_stale_waiver_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waiver = "- {rule: tls-version, file: a.yml, reason: x, owner: y, expires: 2999-01-01}\n"
    (project / "w.yml").write_text(waiver, encoding="utf-8")
    main(["a.yml", "--waivers", "w.yml"])
    assert "no longer excuses anything" in capsys.readouterr().out
    main(["w.yml", "--waivers", "w.yml"])
    assert "excuses nothing" not in capsys.readouterr().out


def test_fix_deletes_what_is_ignored(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "main.cf"
    path.write_text("smtpd_use_tls = yes\nsmtpd_tls_security_level = may\n", encoding="utf-8")
    assert main(["main.cf", "--fix"]) == 0
    assert path.read_text(encoding="utf-8") == "smtpd_tls_security_level = may\n"
    assert "1 fixed" in capsys.readouterr().err
