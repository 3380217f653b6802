# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what `make docs` makes by itself: pages of rules, and the search for dead links."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import RULES

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "scripts"))

import build_docs  # noqa: E402
import rule_pages  # noqa: E402


def test_every_rule_has_a_page_that_says_what_to_do() -> None:
    pages = rule_pages.pages()
    assert set(pages) == {"index.md", *(f"{name}.md" for name in RULES)}
    for name, rule in RULES.items():
        assert rule.remedy in pages[f"{name}.md"]
        assert f"[`{name}`]({name}.md)" in pages["index.md"]
        assert "{seen}" not in pages[f"{name}.md"].split("## What to do")[0]


def test_clauses_become_links() -> None:
    one = rule_pages.linked("RFC 8314 section 3.3, RFC 4954")
    assert "[RFC 8314 section 3.3](https://www.rfc-editor.org/rfc/rfc8314#section-3.3)" in one
    assert "[RFC 4954](https://www.rfc-editor.org/rfc/rfc4954)" in one


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("other.html", False),
        ("other.html#there", False),
        ("#here", False),
        ("https://code.example.org/", False),
        ("gone.html", True),
        ("other.html#gone", True),
        ("#gone", True),
    ],
)
def test_dead_links_are_found(tmp_path: Path, link: str, dead: bool) -> None:
    (tmp_path / "page.html").write_text(f'<h1 id="here">x</h1><a href="{link}">y</a>', "utf-8")
    (tmp_path / "other.html").write_text('<h1 id="there">x</h1>', "utf-8")
    assert list(build_docs.dead_links(tmp_path)) == ([f"page.html: {link}"] if dead else [])


def test_a_new_page_comes_into_the_menu(tmp_path: Path) -> None:
    (tmp_path / "docs" / "guides").mkdir(parents=True)
    for name in ("audit", "new", "rules", "guides/first"):
        (tmp_path / "docs" / f"{name}.md").write_text("# x", "utf-8")
    assert build_docs.unlisted("docs/audit\n", tmp_path) == ["docs/new", "docs/guides/first"]
