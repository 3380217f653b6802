# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one fix that cannot change what a server does: deleting a setting that Postfix ignores."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...module_utils._model.finding import Finding
from ...module_utils._postfix.files.main_cf import MainCf
from .kinds import MAIN_CF, kind_of

_OBSOLETE = re.compile(r"(?P<program>smtpd|smtp|lmtp|tlsproxy|postscreen)_(?:use|enforce)_tls")
# Templates can bring in or take away any line.
_JINJA = re.compile(r"\{[{%#]")


def without_ignored(text: str, original: str, line: int) -> str:
    """Return a main.cf without the setting that line ``line`` of ``original`` holds, if it is one
    that Postfix ignores; else ``text`` as it is.

    ``text`` is ``original`` after earlier fixes. Ignored are ``*_use_tls`` and ``*_enforce_tls``
    where ``*_tls_security_level`` of the same program has a value (postconf(5)).
    """
    name = original.split("\n")[line - 1].partition("=")[0].strip()
    found = _OBSOLETE.fullmatch(name)
    if not found or _JINJA.search(text) or re.search(rf"\$[{{(]?{name}\b", text):
        return text
    before = MainCf.parse(text)
    level = before.values.get(f"{found['program']}_tls_security_level", "")
    if not level or "$" in level:
        return text
    return before.changed({name: None}).text


def fixed(text: str, name: str, findings: Iterable[Finding]) -> str:
    """Return a text without what can be fixed of its findings with no change of meaning."""
    if kind_of(name, text) != MAIN_CF:
        return text
    found = text
    for one in findings:
        if one.rule == "obsolete-setting" and one.line:
            found = without_ignored(found, text, one.line)
    return found
