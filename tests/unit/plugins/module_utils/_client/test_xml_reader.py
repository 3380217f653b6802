# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the reader of XML: what it refuses, and that nothing makes it grow."""

from __future__ import annotations

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client.xml_reader import (
    DEPTH,
    ELEMENTS,
    XmlError,
    escape,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">'
    + "".join(f'<!ENTITY b{n} "{("&b" + str(n - 1) if n else "&b") * 10};">' for n in range(9))
    + "]><a>&b8;</a>"
)


def test_elements_have_their_names_attributes_text_and_lines() -> None:
    root = parse(b'<a xmlns="urn:x" b="1">\n<c> t </c><c>u</c></a>')
    assert (root.name, root.namespace, root.attributes) == ("a", "urn:x", {"b": "1"})
    assert [one.text for one in root.all("c")] == [" t ", "u"]
    assert (root.get("c"), root.get("d")) == ("t", "")
    assert root.children[0].line == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_encodings_of_xml_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'
    assert parse(text.encode(encoding)).text == "é"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "not XML"),
        (b"<a>", "not XML"),
        (b"<a></b>", "not XML"),
        (b"<a/><b/>", "not XML"),
        (b'<?xml version="1.0" encoding="none-such"?><a/>', "encoding"),
        (BOMB.encode(), "DOCTYPE"),
        (BOMB.encode("utf-16"), "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DOCTYPE"),
        (b"<a>" * (DEPTH + 1), "larger"),
        (b"<a>" + b"<b/>" * ELEMENTS + b"</a>", "larger"),
    ],
)
def test_what_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(XmlError, match=words):
        parse(text)


def test_entities_are_refused_where_a_document_type_is_not() -> None:
    assert parse(b'<!DOCTYPE plist PUBLIC "x" "y"><a/>', document_type=True).name == "a"
    with pytest.raises(XmlError, match="entities"):
        parse(BOMB.encode(), document_type=True)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])))
def test_what_is_escaped_is_read_back(text: str) -> None:
    made = f'<a b="{escape(text)}">{escape(text)}</a>'.encode()
    assert (parse(made).text, parse(made).attributes["b"]) == (text, text)
