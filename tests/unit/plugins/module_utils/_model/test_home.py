# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that one place says where the project lives, and that nothing else invents an address."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.postmaster.mailports.plugins.module_utils._formats import sarif
from ansible_collections.postmaster.mailports.plugins.module_utils._model import home

ROOT = Path(__file__).resolve().parents[5]


def test_the_collection_names_the_same_address_or_none() -> None:
    listed = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert listed.get("repository", "") == home.HOME


def test_no_file_invents_one() -> None:
    # In two parts, so that this file is none of those found.
    command = ["git", "grep", "-l", "git.example." + "net", "--", ":!tests/lint/corpus"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.stdout == ""


def test_pages_have_an_address_once_the_project_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "HOME", "")
    assert home.page("docs/rules.md") == ""
    monkeypatch.setattr(home, "HOME", "https://code.example.org/mailports")
    assert home.page("docs/rules.md").startswith("https://code.example.org/mailports/")


@pytest.mark.parametrize("address", ["", "https://code.example.org/mailports"])
def test_sarif_points_there_or_nowhere(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(sarif, "HOME", address)
    driver = json.loads(sarif.to_sarif([]))["runs"][0]["tool"]["driver"]
    assert driver.get("informationUri", "") == address
