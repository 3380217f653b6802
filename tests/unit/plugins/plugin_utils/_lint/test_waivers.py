# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what comments and files of waivers excuse, and what is wrong with them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.finding import Finding
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.facts import (
    LISTENER,
    Flaw,
    Mention,
    Place,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.judge import judge_lint
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.waivers import (
    WaiverError,
    inline,
    known_fingerprints,
    read_waivers,
    waived,
)

STALE = "waiver-without-reason"
POLICY = POLICIES["rfc8314"]
TODAY = datetime.date(2026, 6, 1)


def findings(file: str = "roles/a/b.yml", *lines: int) -> list[Finding]:
    """Return a finding of deprecated-port on each line."""
    facts = [Mention(SERVICES["imap"], 143, LISTENER, Place(line)) for line in lines or (2,)]
    return judge_lint(facts, POLICY, file)


@pytest.mark.parametrize(
    ("text", "kept", "wrong"),
    [
        ("\nport: 143 # mailports: ignore deprecated-port phones", [], []),
        ("# mailports: ignore deprecated-port phones\nport: 143", [], []),
        ("# mailports: ignore deprecated-port phones\n# more\nport: 143", [2], [STALE]),
        ("# mailports: ignore deprecated-port\nport: 143", [2], ["waiver-without-reason"]),
        ("# mailports: ignore cleartext-port, deprecated-port phones\nport: 143", [], [STALE]),
        ("# mailports: ignore cleartext-port phones\nport: 143", [2], [STALE]),
        ("# mailports: ignore deprecated-prt phones\nport: 143", [2], [STALE]),
        ('{"//": "mailports: ignore deprecated-port phones",\n"port": 143}', [], []),
        ("<!-- mailports: ignore deprecated-port phones -->\n<port>143</port>", [], []),
        ("\nport: 143", [2], []),
    ],
)
def test_a_comment_excuses_its_line(text: str, kept: list[int], wrong: list[str]) -> None:
    found, facts = inline(text, findings("a", 2))
    assert [one.line for one in found] == kept
    assert [one.rule for one in facts if isinstance(one, Flaw)] == wrong


def test_what_was_not_read_cannot_be_excused() -> None:
    found = judge_lint([Flaw("not-read", Place(1), {"seen": "a"})], POLICY, "a")
    assert inline("# mailports: ignore not-read because", found)[0] == found


def waiver(**more: Any) -> str:
    """Return a file of one waiver."""
    keys = {
        "rule": "deprecated-port",
        "file": "b.yml",
        "reason": "phones",
        "owner": "mail",
        "expires": "2026-07-01",
        **more,
    }
    return "- " + "\n  ".join(f"{key}: {value}" for key, value in keys.items()) + "\n"


@pytest.mark.parametrize(
    ("more", "kept", "rules"),
    [
        ({}, 0, []),
        ({"file": "roles/*/b.yml"}, 0, []),
        ({"file": "other.yml"}, 1, []),
        ({"line": 2}, 0, []),
        ({"line": 3}, 1, []),
        ({"rule": "cleartext-port"}, 1, []),
        ({"expires": "2026-05-31"}, 1, ["waiver-expired"]),
        ({"reason": ""}, 1, ["waiver-without-reason"]),
        ({"owner": ""}, 1, ["waiver-without-reason"]),
    ],
)
def test_a_waiver_covers_its_findings(more: dict[str, Any], kept: int, rules: list[str]) -> None:
    waivers, wrong = read_waivers(waiver(**more))
    found, expired = waived(findings(), waivers, TODAY)
    assert len(found) == kept
    assert [one.rule for one in (*wrong, *expired) if isinstance(one, Flaw)] == rules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (waiver(rule="nothing"), "rule: there is no .nothing."),
        (waiver(expires="soon"), "expires is not a date"),
        (waiver(line="x"), "line is not a number"),
        (waiver(file=""), "file is missing"),
        (waiver(until="x"), "'until' is not one of"),
        ("a: b\n", "not a list"),
        ("- a\n", "not a mapping"),
        ("- [\n", "not YAML"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(text: str, words: str) -> None:
    with pytest.raises(WaiverError, match=words):
        read_waivers(text)


def test_a_baseline_has_one_fingerprint_a_line() -> None:
    assert list(known_fingerprints("# head\nabc  # rule file\n\n def\n")) == ["abc", "def"]


def test_behind_a_value_of_postfix_a_waiver_is_a_part_of_it() -> None:
    text = "\nsmtp_x = y # mailports: ignore deprecated-port phones"
    found, facts = inline(text, findings("main.cf", 2), "main.cf")
    assert [one.line for one in found] == [2]
    assert [one.rule for one in facts if isinstance(one, Flaw)] == [STALE]
