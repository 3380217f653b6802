# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the configuration file: what it says, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.config import (
    ConfigError,
    find_config,
    is_excluded,
    read_config,
)


def test_a_file_says_all_of_it() -> None:
    text = (
        "policy: starttls_first\nfail_on: error\nexclude: [vendor, '*.j2']\nwaivers: w.yml\n"
        "baseline: b.txt\nseverity: {obsolete-setting: off}\n"
    )
    found = read_config(text, "/p")
    assert (found.policy, found.fail_on, found.exclude) == (
        "starttls_first",
        "error",
        ("vendor", "*.j2"),
    )
    assert (found.waivers, found.baseline) == ("/p/w.yml", "/p/b.txt")
    assert found.judged_by(POLICIES["rfc8314"]).severities["obsolete-setting"] == "off"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("polcy: x\n", "'polcy' is not one of policy"),
        ("policy: strict\n", "policy: 'strict' is not one of"),
        ("fail_on: 3\n", "fail_on: '3' is not one of"),
        ("exclude: {a: b}\n", "exclude: not a list"),
        ("severity: {obsolete-seting: off}\n", "did you mean obsolete-setting"),
        ("severity: {not-read: off}\n", "not-read cannot be changed"),
        ("severity: {obsolete-setting: low}\n", "'low' is not one of"),
        ("- a\n", "not one mapping"),
        ("a: [\n", "not YAML"),
    ],
)
def test_an_error_names_the_key(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_config(text, "/p")


def test_the_nearest_file_upwards_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / ".mailports.yml").write_text("", encoding="utf-8")
    assert find_config(str(inner)) == str(tmp_path / ".mailports.yml")
    assert find_config(str(inner / "c.yml")) == str(tmp_path / ".mailports.yml")


@pytest.mark.parametrize(
    ("path", "pattern", "excluded"),
    [
        ("/p/vendor/a.yml", "vendor", True),
        ("/p/x/vendor/a.yml", "vendor/", True),
        ("/p/x/vendor/a.yml", "vendor/**", True),
        ("/p/vendors/a.yml", "vendor", False),
        ("/p/x/a.j2", "*.j2", True),
        ("/p/x/a.yml", "x/*.yml", True),
        ("/p/y/x/a.yml", "x/*.yml", False),
    ],
)
def test_patterns_leave_files_out(path: str, pattern: str, excluded: bool) -> None:
    assert is_excluded(path, "/p", (pattern,)) is excluded
