# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to tell a user about Postfix settings: ignored ones, old spellings, reload or restart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Optional

# Postfix reads these once (postconf(5): "When changing …, stop and start Postfix").
_RESTART = frozenset({"inet_interfaces", "inet_protocols"})
_VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_BOUND = re.compile(r"([<>])=\s*(\w+(?:\.\d)?)")


def _certificates(side: str) -> Iterator[tuple[str, str]]:
    for kind in ("", "d", "ec"):
        for part in ("cert", "key"):
            yield f"{side}_tls_{kind}{part}_file", f"{side}_tls_chain_files"


# A parameter, and the one that makes Postfix ignore it when it is set (postconf(5)).
_IGNORED = (
    *(row for side in ("smtpd", "smtp", "lmtp", "tlsproxy") for row in _certificates(side)),
    ("smtpd_tls_security_level", "smtpd_tls_wrappermode"),
    *(
        (f"{side}_{name}_tls", f"{side}_tls_security_level")
        for side in ("smtpd", "smtp", "lmtp")
        for name in ("use", "enforce")
    ),
    ("smtp_tls_per_site", "smtp_tls_policy_maps"),
    ("lmtp_tls_per_site", "lmtp_tls_policy_maps"),
    ("mynetworks_style", "mynetworks"),
)


def ignored(names: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """Return a warning for each of ``names`` that has no effect beside the ``values`` in force."""
    asked = set(names)
    return [
        f"{name} is ignored because {by} is set"
        for name, by in _IGNORED
        if name in asked and values.get(name) and values.get(by, "") not in ("", "no")
    ]


def needs(names: Iterable[str]) -> str:
    """Return what makes a change of these parameters take effect: restart, reload or none."""
    changed = set(names)
    if not changed:
        return "none"
    return "restart" if changed & _RESTART else "reload"


def spelling_error(name: str, value: Optional[str], version: tuple[int, int]) -> str:
    """Return what is wrong with a list of TLS versions for this Postfix, or "".

    ``>=TLSv1.2`` is known from 3.6 on; the message gives the older spelling.
    """
    bounds = _BOUND.findall(value or "") if name.endswith("_protocols") else []
    if not bounds or version >= (3, 6):
        return ""
    barred: list[str] = []
    for sign, bound in bounds:
        if bound in _VERSIONS:
            place = _VERSIONS.index(bound)
            barred += _VERSIONS[:place] if sign == ">" else _VERSIONS[place + 1 :]
    older = ", ".join(f"!{tls}" for tls in barred)
    return f"{name}: {value!r} needs Postfix 3.6; for {version[0]}.{version[1]} write {older!r}"


def text_of(name: str, value: object) -> Optional[str]:
    """Return a value of YAML as Postfix writes it: yes and no, lists with commas; None stays.

    Raises ValueError for what is neither text, a number, a truth value nor a list of those.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list) and all(isinstance(v, (str, int)) for v in value):
        return ",".join(str(text_of(name, v)) for v in value)
    raise ValueError(f"{name}: the value must be text, a number, true, false, a list or null")
