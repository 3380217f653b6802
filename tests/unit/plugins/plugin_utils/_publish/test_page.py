# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the page for people: every language says all, and nothing is fetched from anywhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from ansible_collections.postmaster.mailports.plugins.plugin_utils._publish import page

from tests.support.clients import intent, settings

WORDS = Path(page.__file__).parent / "words"
BASE = "https://autoconfig.example.net"


class Text(HTMLParser):
    """Collects text, and the addresses of what is linked or loaded."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def load(lang: str) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((WORDS / f"{lang}.yml").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("lang", page.languages())
def test_each_language_has_every_word_in_the_same_form(lang: str) -> None:
    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {key: shape(one) for key, one in value.items()}
        if isinstance(value, list):
            return [shape(one) for one in value]
        assert isinstance(value, str)
        return sorted(re.findall(r"\{\w+\}", value))

    assert shape(load(lang)) == shape(load("en"))


def test_the_languages_link_to_each_other() -> None:
    made = page.pages(settings(), ["de", "en"], BASE)
    assert set(made) == {"index.html", "index.en.html"}
    assert "index.en.html" in Text(made["index.html"]).links
    assert b'<html lang="de">' in made["index.html"]


def test_it_says_servers_ports_and_security_in_order() -> None:
    made = page.pages(settings(), ["en"], BASE)["index.html"]
    words = " ".join(" ".join(Text(made).words).split())
    order = ["IMAP", "993", "POP3", "995", "SMTP", "465", "587"]
    places = [words.index(one) for one in order]
    assert places == sorted(places)
    assert "your whole mail address" in words
    assert "STARTTLS" in words


def test_nothing_is_loaded() -> None:
    made = page.pages(settings(), ["en", "de"], BASE)
    for html in made.values():
        links = set(Text(html).links) - set(made)
        assert links == {"email.mobileconfig"}
        assert b"<script" not in html
        assert b"default-src &#39;none&#39;" in html


def test_a_name_with_marks_of_html_is_a_name() -> None:
    made = page.pages(settings(name="<b>&"), ["en"], BASE)["index.html"]
    assert b"<b>" not in made


def test_pop3_alone_says_what_that_means() -> None:
    made = page.pages(settings(intent("pop3s", "submissions")), ["en"], BASE)["index.html"]
    assert b"This server offers POP3" in made


def test_the_code_is_there_where_the_library_is() -> None:
    made = page.pages(settings(), ["en"], BASE)["index.html"]
    assert page.has_codes()
    # Its size comes from the page; without a viewBox a part of it would be shown.
    assert re.search(rb"<svg[^>]* viewBox=", made)
    assert not re.search(rb"<svg[^>]* width=", made)
    assert b'aria-label="https://autoconfig.example.net/email.mobileconfig"' in made


def test_without_the_library_there_is_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "segno", None)
    assert not page.has_codes()
    assert b"<svg" not in page.pages(settings(), ["en"], BASE)["index.html"]
