# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what is said on a Python that is too old."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model import oldest_python

ROOT = Path(__file__).resolve().parents[5]
OLD = (3, 8, 18, "final", 0)


def test_nothing_is_said_on_this_one() -> None:
    oldest_python.require()
    assert oldest_python.too_old() == ""


def test_a_module_ends_with_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", OLD)
    with pytest.raises(SystemExit) as ended:
        oldest_python.require()
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["failed"]
    assert "needs Python 3.9 or later" in told["msg"]
    assert "is Python 3.8;" in told["msg"]


def test_every_module_asks_before_it_imports_the_engine() -> None:
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        imports = [
            line
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.startswith(("from ..", "oldest_python.require()"))
        ]
        if imports:
            first = "from ..module_utils._model import oldest_python"
            assert imports[:2] == [first, "oldest_python.require()"], path.name


def test_an_old_python_can_read_it() -> None:
    """Python's own grammar of 3.6 takes the file; what is called is as old."""
    text = Path(oldest_python.__file__).read_text(encoding="utf-8")
    command = [
        sys.executable,
        "-c",
        "import ast,sys; ast.parse(sys.stdin.read(), feature_version=(3, 7))",
    ]
    subprocess.run(command, input=text, text=True, check=True)
