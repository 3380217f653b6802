# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read lists of TLS versions as servers and clients spell them."""

from __future__ import annotations

import re
from typing import Optional

from ....module_utils._model.services import TLS_VERSIONS

_VERSION = re.compile(r"(ssl|tls)[-_ ]?v?([0-9])?(?:[._]?([0-9]))?$")


def version_of(word: str) -> Optional[str]:
    """Return a version as the policies write it: ``tls1_1``, ``TLSv1.1``, ``TLS11`` are one."""
    match = _VERSION.match(word.strip().lower())
    if match is None or not match[2]:
        return None
    if match[1] == "ssl":
        return "SSLv3" if match[2] in ("2", "3") and not match[3] else None
    minor = f".{match[3]}" if match[3] and match[3] != "0" else ""
    name = f"TLSv{match[2]}{minor}"
    return name if name in TLS_VERSIONS else None


def lowest_of(text: str) -> Optional[str]:
    """Return the lowest version that a value allows, None if it does not name any.

    ``>=TLSv1.2``, a list with exclusions (``!SSLv3``), a list of what is allowed, or one version.
    """
    words = re.split(r"[,:;\s]+", text.strip().strip("'\"").replace(">= ", ">="))
    excluded, allowed, everything = set(), [], False
    for word in words:
        bare = word.lstrip("!-+<>=")
        version = version_of(bare)
        if bare.lower() in ("any", "all"):
            everything = True
            continue
        if word[:1] in ("!", "-") and bare.lower() == "sslv2":
            # Without SSLv2, SSLv3 is still there.
            everything = True
            continue
        if version is None:
            continue
        if word.startswith(">="):
            return version
        if word[0] in "!-":
            excluded.add(version)
        elif not word.startswith("<"):
            allowed.append(version)
    if allowed:
        return min(allowed, key=TLS_VERSIONS.index)
    if excluded or everything:
        return next((one for one in TLS_VERSIONS if one not in excluded), None)
    return None
