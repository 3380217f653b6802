# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that the map of the house names every file of the engine, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"


def test_the_architecture_names_every_file_once_in_its_tables() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`(_[\w/]+)`", row)]
    files = [
        path.relative_to(PLUGINS / folder).with_suffix("").as_posix()
        for folder in ("module_utils", "plugin_utils")
        for path in (PLUGINS / folder).rglob("*.py")
    ]
    assert sorted(named) == sorted(files)
