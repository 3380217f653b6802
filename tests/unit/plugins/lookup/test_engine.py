# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the lookup engine: a package that runs without Ansible, always the same bytes."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.lookup.engine import pack


def test_the_engine_runs_alone_and_is_always_the_same(tmp_path: Path) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    pack(first)
    pack(second)
    assert first.getvalue() == second.getvalue()
    package = tmp_path / "engine.pyz"
    package.write_bytes(first.getvalue())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(package), str(tmp_path / "none.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("mailports-audit: ")
    assert "none.json" in done.stderr
    assert "Traceback" not in done.stderr
