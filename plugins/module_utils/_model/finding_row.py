# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places and fingerprints of findings, as every machine-readable format needs them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

# A finding as plain data (Finding.to_dict).
Row = Mapping[str, Any]


def fingerprints(findings: Sequence[Row]) -> list[str]:
    """Return a fingerprint of each finding that stays when lines are added above it.

    It is made of rule, file or host, data path, service and port; of those that agree in all, the
    second one and later ones count up.
    """
    seen: Counter[tuple[Any, ...]] = Counter()
    found = []
    for one in findings:
        key = (
            one["rule"],
            one.get("file", ""),
            one["host"],
            one.get("path", ""),
            one["service"],
            one["port"],
            one["address"],
        )
        seen[key] += 1
        text = "\0".join(map(str, (*key, seen[key])))
        found.append(hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32])
    return found


def subject(finding: Row) -> str:
    """Return what a finding is about: ``imap (143)``, or "" where it is about no port."""
    if finding["service"] and finding["port"]:
        return f"{finding['service']} ({finding['port']})"
    return str(finding["service"] or finding["port"] or "")


def sentence(finding: Row) -> str:
    """Return the message with its subject, as one line."""
    about = subject(finding)
    return f"{about} {finding['message']}" if about else str(finding["message"])


def location(finding: Row) -> str:
    """Return where a finding is: a file (with forward slashes), else the host."""
    file = str(finding.get("file", ""))
    return file.replace("\\", "/") if file else str(finding["host"] or "unknown")
