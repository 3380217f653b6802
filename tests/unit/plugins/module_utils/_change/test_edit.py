# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what a file holds, and what it holds that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._change.edit import content


def test_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\n")
    assert content(str(tmp_path / "a")) == b"\xff\n"
    assert content(str(tmp_path / "b")) is None
    (tmp_path / "c").symlink_to("nowhere")
    assert content(str(tmp_path / "c")) is None
    with pytest.raises(IsADirectoryError):
        content(str(tmp_path))
