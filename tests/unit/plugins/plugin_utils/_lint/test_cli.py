# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the exit status of the command; tests/lint/test_cli.py runs it as users do."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.cli import main


@pytest.mark.parametrize(
    ("text", "options", "status"),
    [
        ("imap_port: 143\n", [], 2),
        ("imap_port: 143\n", ["--fail-on", "error"], 0),
        ("imap_port: 143\n", ["--fail-on", "never"], 0),
        ("imaps_port: 993\n", [], 0),
        ("imaps_port: 993\n", ["--policy", "nothing"], 1),
        ("imaps_port: 993\n", ["--waivers", "nowhere.yml"], 1),
    ],
)
def test_the_exit_status(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    options: list[str],
    status: int,
) -> None:
    path = tmp_path / "a.yml"
    path.write_text(text, encoding="utf-8")
    assert main([str(path), *options]) == status
    assert "Traceback" not in capsys.readouterr().err
