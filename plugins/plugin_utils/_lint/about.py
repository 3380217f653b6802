# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the command says about itself: its version, and the pages of its rules."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

from ...module_utils._model.rules import RULES
from .noqa import rule_id

_ROOT = Path(__file__).resolve().parents[3]
_DISTRIBUTION = "ansible-lint-mailports"
_VERSION = re.compile(r"^version:\s*(\S+)", re.MULTILINE)


def version() -> str:
    """Return the version of the wheel or of the collection around this file."""
    manifest, galaxy = _ROOT / "MANIFEST.json", _ROOT / "galaxy.yml"
    try:
        if manifest.is_file():
            data = json.loads(manifest.read_text(encoding="utf-8"))
            return str(data["collection_info"]["version"])
        if galaxy.is_file():
            found = _VERSION.search(galaxy.read_text(encoding="utf-8"))
            return found[1] if found else "unknown"
        return metadata.version(_DISTRIBUTION)
    except (OSError, ValueError, KeyError, metadata.PackageNotFoundError):
        return "unknown"


def explained(rule: str) -> str:
    """Return the page of a rule, by either of its names; of all rules for "", "" for no rule."""
    if not rule:
        rows = (RULES[name] for name in _linted())
        return "\n".join(f"{row.id}: {row.severity}: {row.remedy}" for row in rows)
    known = {name: name for name in RULES}
    known.update({rule_id(name): name for name in RULES})
    if rule not in known:
        return ""
    row = RULES[known[rule]]
    page = _page(row.id)
    if page.is_file():
        return page.read_text(encoding="utf-8").rstrip()
    return f"{row.id} ({row.severity})\n\n{row.message}\n\n{row.remedy}\n\n{row.clause}"


def _page(name: str) -> Path:
    return _ROOT / "docs" / "lint" / f"{rule_id(name)}.md"


def _linted() -> list[str]:
    """Return the rules that have a page, or all of them where no page is at hand."""
    return [name for name in RULES if _page(name).is_file()] or list(RULES)
