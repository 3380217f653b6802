# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the settings of Postfix and Dovecot in variables, whatever prefix their names bear."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import Fact, Place
from ..tree.nodes import Scalar, Table, target
from ..tree.scope import Scope
from ..words.sets import word_set
from .dovecot_rules import SETTINGS, One, dovecot_facts, scheme_facts
from .postfix_rules import PARAMETERS, Parameter, main_facts

_POSTFIX = re.compile(rf"((?:\w+_)??)({'|'.join(sorted(PARAMETERS, key=len, reverse=True))})")
# Parameters whose names other programs use, too.
_SHARED = frozenset(("smtp_use_tls", "smtp_enforce_tls", "relayhost"))
# Settings of Dovecot whose names other programs use, too: they count where Dovecot is named.
_COMMON = frozenset(
    (
        *("args", "protocols", "plugin", "service_count", "mail_path", "sql_driver"),
        *(name for name in SETTINGS if name.startswith("ssl")),
    )
)
_DOVECOT = re.compile(
    rf"(?:(\w*dovecot)_(?:(\w+)_)??)?({'|'.join(sorted(SETTINGS, key=len, reverse=True))})"
)
_SCHEME = re.compile(r"(?:\w+_)?(?:default_)?pass(?:word)?_scheme")
_ALONE = frozenset(("relayhost", "ssl", "protocols", "args"))
_GROUPS = word_set("config conf settings setting main general cfg")
_ENOUGH = 3
# A parameter that is null is removed, or left alone.
_NULL = ("", "~", "null")


def _means(match: re.Match[str], is_dovecot: bool) -> bool:
    """Tell whether a key is the setting of Dovecot that its last words are."""
    if match[3] not in _COMMON:
        return True
    # dovecot_verbose_ssl is another setting than dovecot_ssl.
    return (bool(match[1]) and (match[2] or "config") in _GROUPS) or (is_dovecot and not match[1])


def server_facts(table: Table, scope: Scope, path: str) -> Iterator[Fact]:
    """Yield the facts of server parameters that are the keys of a mapping."""
    named = [
        (key, target(node)) for key, node in table.items if "_" in key.text or key.text in _ALONE
    ]
    if not named:
        return
    parent = path.rpartition(".")[2].lower()
    is_dovecot = ("dovecot" in parent and "port" not in table.keys) or any(
        key.text in SETTINGS and key.text not in _COMMON for key, _node in named
    )
    # By what stands before their names: parameters with one prefix belong together.
    postfix: dict[str, dict[str, Parameter]] = {}
    dovecot: list[One] = []
    for key, node in named:
        if not isinstance(node, Scalar) or (node.plain and node.text.lower() in _NULL):
            continue
        value = scope.text(node)
        place = Place(node.line or key.line, node.column, path)
        name = key.text.lower()
        match = _POSTFIX.fullmatch(name)
        if match is not None:
            postfix.setdefault(match[1], {})[match[2]] = Parameter(value.strip(), place)
            continue
        match = _DOVECOT.fullmatch(name)
        if match is not None and _means(match, is_dovecot):
            dovecot.append(One((match[3],), value.strip(), place))
        elif _SCHEME.fullmatch(name) and ("dovecot" in name or "mail" in name):
            yield from scheme_facts(value, place)
    for prefix, found in postfix.items():
        if "postfix" in prefix or "postfix" in path.lower() or set(found) - _SHARED:
            yield from main_facts(found, not prefix and len(found) >= _ENOUGH)
    if dovecot:
        yield from dovecot_facts(dovecot)
