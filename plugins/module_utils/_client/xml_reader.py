# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a small XML document from untrusted bytes: bounded, no entities, into plain elements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional
from xml.parsers import expat
from xml.sax.saxutils import escape as _escape

DEPTH = 30
ELEMENTS = 2000


class XmlError(ValueError):
    """The document is not one that we read; the message says why."""


@dataclass
class Element:
    """One element: its name without namespace, its namespace, attributes, text and children."""

    name: str
    namespace: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)
    line: int = 0

    def all(self, name: str) -> Iterator[Element]:
        """Yield the children of a name."""
        return (one for one in self.children if one.name == name)

    def get(self, name: str) -> str:
        """Return the text of the first child of a name, without spaces around; "" for none."""
        return next((one.text.strip() for one in self.all(name)), "")


def parse(data: bytes, *, document_type: bool = False) -> Element:
    """Return the root element. Raises XmlError.

    A document type is refused unless ``document_type`` allows its line: entities could grow without
    end, or point at files, and are refused in any case.
    """
    reader = expat.ParserCreate(namespace_separator=" ")
    reader.buffer_text = True
    builder = _Builder(reader, document_type)
    try:
        reader.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlError(f"it is not XML: {error}") from None
    except (LookupError, ValueError) as error:
        if isinstance(error, XmlError):
            raise
        raise XmlError("it is not XML: its encoding is not known") from None
    if builder.root is None:
        raise XmlError("it holds no element")
    return builder.root


class _Builder:
    """Takes the events of one document."""

    def __init__(self, reader: expat.XMLParserType, document_type: bool) -> None:
        self.root: Optional[Element] = None
        self._reader = reader
        self._open: list[Element] = []
        self._count = 0
        if not document_type:
            reader.StartDoctypeDeclHandler = self._doctype
        reader.EntityDeclHandler = self._entity
        reader.StartElementHandler = self._start
        reader.EndElementHandler = self._end
        reader.CharacterDataHandler = self._data

    def _doctype(self, *_args: object) -> None:
        raise XmlError("it declares a document type (DOCTYPE), which programs refuse")

    def _entity(self, *_args: object) -> None:
        raise XmlError("it declares entities, which programs refuse")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _space, local = name.rpartition(" ")
        element = Element(local, namespace, dict(attributes), line=self._reader.CurrentLineNumber)
        self._count += 1
        if len(self._open) >= DEPTH or self._count > ELEMENTS:
            raise XmlError(f"it is larger than {ELEMENTS} elements or {DEPTH} levels")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _data(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text


def escape(text: str) -> str:
    """Return text as it stands between tags and in attributes."""
    return _escape(text, {'"': "&quot;"})
