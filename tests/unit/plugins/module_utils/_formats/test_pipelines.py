# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test that no text is left that a CI service obeys, and that other text stays as it is."""

from __future__ import annotations

import json
import re
from xml.sax.saxutils import escape, unescape

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._formats.pipelines import (
    harmless_json,
    harmless_line,
    harmless_text,
    harmless_xml,
)
from hypothesis import given
from hypothesis import strategies as st

OBEYED = re.compile(r"^[^\S\n]*::|##\w*\[", re.MULTILINE)
PIECES = st.lists(st.sampled_from(["::", ":", "#", "##[", "##vso[", "[", "\n", " ", "\t", "x"]))
PLAIN = "a ::b:: IPv6 ::1, # heading, ## heading, #[x]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::error::x", "\\x3a:error::x"),
        ("a\n  ::stop-commands::x\n", "a\n  \\x3a:stop-commands::x\n"),
        ("220 ##vso[a]b ##[c]", "220 \\x23#vso[a]b \\x23#[c]"),
        (PLAIN, PLAIN),
    ],
)
def test_what_is_obeyed_and_what_is_not(text: str, expected: str) -> None:
    assert harmless_text(text) == expected


@given(PIECES)
def test_nothing_obeyed_is_left_and_data_stays_the_same(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert not OBEYED.search(harmless_text(text))
    assert "##vso[" not in harmless_line(text)
    data = json.dumps({"key": text})
    assert not OBEYED.search(harmless_json(data))
    assert json.loads(harmless_json(data)) == {"key": text}
    made = harmless_xml(escape(text))
    assert not OBEYED.search(made)
    assert unescape(made, {"&#35;": "#", "&#58;": ":"}) == text
