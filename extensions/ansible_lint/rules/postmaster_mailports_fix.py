# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one fix that cannot change what a server does: deleting a setting that Postfix ignores."""

from __future__ import annotations

import re
from typing import Any

_OBSOLETE = re.compile(r"(?P<program>smtpd|smtp|lmtp|tlsproxy|postscreen)_(?:use|enforce)_tls")
# Templates can bring in or take away any line.
_JINJA = re.compile(r"\{[{%#]")


def without_ignored(text: str, original: str, line: int, main_cf: Any) -> str:
    """Return a main.cf without the setting that line ``line`` of ``original`` holds, if it is one
    that Postfix ignores; else ``text`` as it is. ``main_cf`` is the engine's MainCf.

    ``text`` is ``original`` after earlier fixes. Ignored are ``*_use_tls`` and ``*_enforce_tls``
    where ``*_tls_security_level`` of the same program has a value (postconf(5)).
    """
    name = original.split("\n")[line - 1].partition("=")[0].strip()
    found = _OBSOLETE.fullmatch(name)
    if not found or _JINJA.search(text) or re.search(rf"\$[{{(]?{name}\b", text):
        return text
    before = main_cf.parse(text)
    level = before.values.get(f"{found['program']}_tls_security_level", "")
    if not level or "$" in level:
        return text
    after: str = before.changed({name: None}).text
    return after
