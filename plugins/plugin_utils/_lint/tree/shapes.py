# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that are written in another shape than as a mapping of names and values."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from .nodes import Items, Node, Scalar, Table, target


def named_value(table: Table) -> Table:
    """Return the setting that a mapping of name and value stands for, any other one as it is."""
    keys = set(table.keys)
    name = next((one for one in ("name", "parameter", "param", "option") if one in keys), "")
    key = target(table.get(name)) if name else None
    if not isinstance(key, Scalar) or "value" not in keys or keys - {name, "value", "state"}:
        return table
    value = table.get("value")
    return Table(((key, value),), table.line) if value is not None else table


def assignments(node: Items) -> Optional[Table]:
    """Return the mapping that a list of ``NAME=value`` or of name and value stands for, or None."""
    found: list[tuple[Scalar, Node]] = []
    for one in map(target, node.nodes):
        if isinstance(one, Scalar):
            name, equals, value = one.text.partition("=")
            if not equals or not name.replace("_", "").replace(".", "").isalnum():
                return None
            found.append((replace(one, text=name), replace(one, text=value.strip("'\""))))
        elif isinstance(one, Table) and set(one.keys) in ({"name", "value"}, {"key", "value"}):
            key, value_node = target(one.get("name") or one.get("key")), target(one.get("value"))
            if not isinstance(key, Scalar) or value_node is None:
                return None
            found.append((key, value_node))
        elif not (isinstance(one, Table) and "valueFrom" in one.keys):
            return None
    return Table(tuple(found), node.line) if found else None
