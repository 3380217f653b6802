# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell a valid intent from its JSON Schema without jsonschema, whose import costs 60 ms a task."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

# What says nothing about validity (JSON Schema 2020-12, core section 8, validation section 9).
_NOTES = frozenset(("$schema", "$id", "$defs", "title", "description", "default", "then", "else"))


def accepts(root: Mapping[str, Any], data: Any) -> bool:
    """Tell whether ``data`` surely satisfies the schema ``root``.

    False for everything else, a keyword that is not known here included: jsonschema then decides,
    and says what is wrong.
    """
    return _Schema(root).holds(root, data)


class _Schema:
    """One schema, the place where its references lead."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def holds(self, schema: Any, data: Any) -> bool:
        """Tell whether every keyword of ``schema`` allows ``data``."""
        if isinstance(schema, bool):
            return schema
        return all(
            key in _NOTES or (key in _KEYWORDS and _KEYWORDS[key](self, schema, data))
            for key in schema
        )

    def reference(self, schema: Any, data: Any) -> bool:
        """Keyword $ref, to a definition of the same file."""
        start, _slash, name = schema["$ref"].rpartition("/")
        return start == "#/$defs" and self.holds(self._root["$defs"][name], data)

    def condition(self, schema: Any, data: Any) -> bool:
        """Keyword if, with then and else."""
        # An "if" that cannot be told for sure must not choose a side.
        if not set(_flat(schema["if"])) <= _KEYWORDS.keys():
            return False
        branch = "then" if self.holds(schema["if"], data) else "else"
        return self.holds(schema.get(branch, True), data)

    def names(self, schema: Any, data: Any) -> bool:
        """Keyword propertyNames."""
        rule = schema["propertyNames"]
        return not isinstance(data, dict) or all(self.holds(rule, key) for key in data)

    def properties(self, schema: Any, data: Any) -> bool:
        """Keyword properties."""
        known = schema["properties"]
        return not isinstance(data, dict) or all(
            self.holds(known[key], value) for key, value in data.items() if key in known
        )

    def others(self, schema: Any, data: Any) -> bool:
        """Keyword additionalProperties."""
        known = schema.get("properties", {})
        return not isinstance(data, dict) or all(
            self.holds(schema["additionalProperties"], value)
            for key, value in data.items()
            if key not in known
        )

    def items(self, schema: Any, data: Any) -> bool:
        """Keyword items."""
        return not isinstance(data, list) or all(self.holds(schema["items"], one) for one in data)


def _flat(schema: Mapping[str, Any]) -> list[str]:
    return [key for key in schema if key not in _NOTES]


def _is_number(data: Any) -> bool:
    return isinstance(data, (int, float)) and not isinstance(data, bool)


# A whole number is what a socket takes: neither True nor 25.0.
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda data: isinstance(data, dict),
    "array": lambda data: isinstance(data, list),
    "string": lambda data: isinstance(data, str),
    "integer": lambda data: isinstance(data, int) and not isinstance(data, bool),
    "null": lambda data: data is None,
}


def _type(_self: _Schema, schema: Any, data: Any) -> bool:
    names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return any(name in _TYPES and _TYPES[name](data) for name in names)


_KEYWORDS: dict[str, Callable[[_Schema, Any, Any], bool]] = {
    "$ref": _Schema.reference,
    "if": _Schema.condition,
    "propertyNames": _Schema.names,
    "properties": _Schema.properties,
    "additionalProperties": _Schema.others,
    "items": _Schema.items,
    "type": _type,
    # All values of an enum here are words.
    "enum": lambda _self, schema, data: isinstance(data, str) and data in schema["enum"],
    "required": lambda _self, schema, data: (
        not isinstance(data, dict) or all(key in data for key in schema["required"])
    ),
    "minimum": lambda _self, schema, data: not _is_number(data) or data >= schema["minimum"],
    "maximum": lambda _self, schema, data: not _is_number(data) or data <= schema["maximum"],
    "minLength": lambda _self, schema, data: (
        not isinstance(data, str) or len(data) >= schema["minLength"]
    ),
    "maxLength": lambda _self, schema, data: (
        not isinstance(data, str) or len(data) <= schema["maxLength"]
    ),
    "minItems": lambda _self, schema, data: (
        not isinstance(data, list) or len(data) >= schema["minItems"]
    ),
    # Only words can be told apart for sure here; anything else goes to jsonschema.
    "uniqueItems": lambda _self, _schema, data: (
        not isinstance(data, list)
        or (all(isinstance(one, str) for one in data) and len(set(data)) == len(data))
    ),
    "pattern": lambda _self, schema, data: (
        not isinstance(data, str) or re.search(schema["pattern"], data) is not None
    ),
}
