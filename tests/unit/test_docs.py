# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the project: no link leads nowhere, and no version is named that is not there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
_LISTED = ["git", "ls-files", "-co", "--exclude-standard", "*.md", "plugins", "roles"]
FILES = subprocess.run(_LISTED, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
NAMES = [name for name in FILES.stdout.splitlines() if (ROOT / name).is_file()]
ELSEWHERE = ("tests/lint/corpus", "packaging/site")
PAGES = [name for name in NAMES if name.endswith(".md") and not name.startswith(ELSEWHERE)]
# What an installed collection does not have, see build_ignore in galaxy.yml.
NOT_INSTALLED = ("tests/", "scripts/", "requirements/", "packaging/", ".ci/", "Makefile")


def anchors(text: str) -> set[str]:
    """Return the anchors of a page, made of its headings as code hosts make them."""
    found: set[str] = set()
    for heading in re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", text)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-"))
    return found


def links(text: str) -> list[str]:
    """Return the targets of a page's links and pictures, code left out."""
    plain = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", text)
    return re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", plain) and [
        one or other
        for one, other in re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", plain)
    ]


@pytest.mark.parametrize("name", PAGES)
def test_no_link_leads_nowhere(name: str) -> None:
    page = ROOT / name
    for link in links(page.read_text(encoding="utf-8")):
        target, _hash, anchor = link.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{name}: {link}"
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path.read_text(encoding="utf-8")), f"{name}: {link}"
        inside = path.relative_to(ROOT).as_posix() + ("/" if path.is_dir() else "")
        if not name.startswith(NOT_INSTALLED):
            assert not inside.startswith(NOT_INSTALLED), f"{name}: {link} is not installed"


def test_nothing_was_added_in_a_version_to_come() -> None:
    listed = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    version = tuple(map(int, listed["version"].split(".")))
    for name in NAMES:
        if not name.endswith((".py", ".yml")):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        for added in re.findall(r"(?m)^\s*version_added: [\"']?([\d.]+)", text):
            assert tuple(map(int, added.split("."))) <= version, f"{name}: {added}"


def test_the_readme_installs_this_version() -> None:
    listed = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"postmaster-mailports-{listed['version']}.tar.gz" in readme
