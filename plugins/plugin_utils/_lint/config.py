# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file .mailports.yml: what a project wants of each run."""

from __future__ import annotations

import difflib
import fnmatch
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Optional

from ...module_utils._model.finding import NEVER
from ...module_utils._model.policy import OFF, POLICIES, Policy
from ...module_utils._model.rules import FIXED, RULES, SEVERITIES
from .tree.nodes import Items, Node, Scalar, Table, TreeError, scalars, target
from .tree.yaml import read_yaml

NAME = ".mailports.yml"
KEYS = ("policy", "fail_on", "exclude", "waivers", "baseline", "severity")


class ConfigError(ValueError):
    """A configuration file cannot be used; the message names the key."""


@dataclass(frozen=True)
class Config:
    """What a project wants: "" or empty for what it leaves open.

    ``root`` is the folder of the file: patterns and other files are relative to it.
    """

    root: str = ""
    policy: str = ""
    fail_on: str = ""
    exclude: tuple[str, ...] = ()
    waivers: str = ""
    baseline: str = ""
    severity: Mapping[str, str] = field(default_factory=dict)

    def judged_by(self, policy: Policy) -> Policy:
        """Return a policy with the severities that the project gives to rules."""
        return replace(policy, severities={**policy.severities, **self.severity})


def find_config(path: str) -> str:
    """Return the nearest configuration file, in the folder of ``path`` or above; "" for none."""
    folder = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
    while True:
        found = os.path.join(folder, NAME)
        if os.path.isfile(found):
            return found
        above = os.path.dirname(folder)
        if above == folder:
            return ""
        folder = above


def read_config(text: str, root: str) -> Config:
    """Return what a configuration file says. Raises ConfigError."""
    try:
        documents = read_yaml(text)
    except TreeError as error:
        where = f"line {error.line}: " if error.line else ""
        raise ConfigError(f"{where}not YAML: {error}") from None
    table = documents[0] if documents else Table(())
    if len(documents) > 1 or not isinstance(table, Table):
        raise ConfigError(f"not one mapping with the keys {', '.join(KEYS)}")
    for key in table.keys:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            raise ConfigError(f"{key!r} is not one of {', '.join(near or KEYS)}")
    policy = _one_of(table, "policy", tuple(POLICIES))
    fail_on = _one_of(table, "fail_on", (*SEVERITIES, NEVER))
    return Config(
        root=root,
        policy=policy,
        fail_on=fail_on,
        exclude=_patterns(table.get("exclude")),
        waivers=_beside(table, "waivers", root),
        baseline=_beside(table, "baseline", root),
        severity=_severities(table.get("severity")),
    )


def _one_of(table: Table, name: str, allowed: tuple[str, ...]) -> str:
    node = table.get(name)
    if node is None:
        return ""
    text = table.text(name)
    if text not in allowed:
        raise ConfigError(f"{name}: {text!r} is not one of {', '.join(allowed)}")
    return text


def _beside(table: Table, name: str, root: str) -> str:
    if table.get(name) is None:
        return ""
    if not table.text(name):
        raise ConfigError(f"{name}: not a file name")
    return os.path.join(root, table.text(name))


def _patterns(node: Optional[Node]) -> tuple[str, ...]:
    found = target(node)
    if found is None:
        return ()
    if not isinstance(found, (Items, Scalar)):
        raise ConfigError("exclude: not a list of patterns such as vendor/**")
    return tuple(one.text for one in scalars(found) if one.text)


def _severities(node: Optional[Node]) -> dict[str, str]:
    found = target(node)
    if found is None:
        return {}
    allowed = (*SEVERITIES, OFF)
    if not isinstance(found, Table):
        raise ConfigError(f"severity: not a mapping of rules to {', '.join(allowed)}")
    for rule in found.keys:
        if rule not in RULES:
            near = difflib.get_close_matches(rule, RULES, 1)
            raise ConfigError(f"severity: there is no rule {rule!r}{_meant(near)}")
        if rule in FIXED:
            raise ConfigError(f"severity: {rule} cannot be changed")
        # YAML reads off without quotes as a switch; here it is a word.
        if found.text(rule).lower() not in allowed:
            raise ConfigError(
                f"severity: {rule}: {found.text(rule)!r} is not one of {', '.join(allowed)}"
            )
    return {rule: found.text(rule).lower() for rule in found.keys}


def _meant(near: list[str]) -> str:
    return f"; did you mean {near[0]}?" if near else ""


def is_excluded(path: str, root: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a file or folder matches a pattern, relative to ``root`` or by any part.

    ``vendor`` and ``vendor/`` mean a folder of this name anywhere, ``a/b`` a path from the root,
    ``*.j2`` a name, and ``**`` any number of folders.
    """
    name = os.path.relpath(os.path.abspath(path), os.path.abspath(root or "."))
    name = name.replace(os.sep, "/")
    parts = name.split("/")
    for pattern in patterns:
        bare = pattern.rstrip("/").removeprefix("./")
        bare = bare[:-3] if bare.endswith("/**") else bare
        if "/" not in bare:
            if any(fnmatch.fnmatchcase(part, bare) for part in parts):
                return True
        elif fnmatch.fnmatchcase(name, bare) or fnmatch.fnmatchcase(name, f"{bare}/*"):
            return True
    return False
