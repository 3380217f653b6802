# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what `make release` refuses, and what it changes; the artefacts have tests of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "scripts"))

import release  # noqa: E402


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a checkout with one fragment and one release, 1.1.0."""
    (tmp_path / "changelogs" / "fragments").mkdir(parents=True)
    (tmp_path / "changelogs" / "fragments" / "one.yml").write_text("---\n", encoding="utf-8")
    (tmp_path / "galaxy.yml").write_text("name: x\nversion: 1.1.0\n", encoding="utf-8")
    (tmp_path / "README.md").write_text(release.ARCHIVE.format("1.1.0"), encoding="utf-8")
    for name, value in (("name", "n"), ("email", "n@example.net")):
        for who in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{who}_{name.upper()}", value)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"], ["tag", "1.1.0"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(release, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("1.2", "is not a version"),
        ("01.2.0", "is not a version"),
        ("1.2.0-rc1", "is not a version"),
        ("1.1.0", "is released already"),
        ("1.0.9", "comes before 1.1.0"),
    ],
)
def test_a_version_that_cannot_be_is_refused(checkout: Path, version: str, why: str) -> None:
    with pytest.raises(release.Refused, match=why):
        release.check(version)


def test_the_next_version_may_be(checkout: Path) -> None:
    release.check("1.10.0")


def test_changes_and_nothing_to_tell_are_refused(checkout: Path) -> None:
    (checkout / "left").write_text("x", encoding="utf-8")
    with pytest.raises(release.Refused, match="not committed"):
        release.check("1.2.0")
    (checkout / "left").unlink()
    subprocess.run(["git", "rm", "-q", "changelogs/fragments/one.yml"], cwd=checkout, check=True)
    subprocess.run(["git", "commit", "-qm", "y"], cwd=checkout, check=True)
    with pytest.raises(release.Refused, match="nothing to tell"):
        release.check("1.2.0")


def test_the_version_is_set_committed_and_tagged(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = release.run

    def run(*command: str) -> str:
        if command[0] != "git":
            (checkout / "CHANGELOG.rst").write_text("new\n", encoding="utf-8")
            return ""
        return real(*command)

    monkeypatch.setattr(release, "run", run)
    release.release("1.2.0")
    assert "version: 1.2.0" in (checkout / "galaxy.yml").read_text(encoding="utf-8")
    assert (checkout / "README.md").read_text(encoding="utf-8") == release.ARCHIVE.format("1.2.0")
    assert real("git", "status", "--porcelain") == ""
    assert real("git", "describe", "--exact-match") == "1.2.0"
