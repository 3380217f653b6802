# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/lint, a page for each rule of ansible-lint (run it in the test environment)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import RULES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.waivers import NEVER_WAIVED

from tests.lint.examples import EXAMPLES

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "lint"
sys.path.append(str(ROOT / "extensions" / "ansible_lint" / "rules"))

from postmaster_mailports_rules import SAYS, rule_id  # noqa: E402

_FENCES = {".yml": "yaml", ".yaml": "yaml"}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    found = {f"{rule_id(name)}.md": "\n".join([*_page(name), ""]) for name in SAYS}
    return {"README.md": "\n".join([*_index(), ""]), **found}


def _index() -> Iterator[str]:
    yield "# The rules for mail ports"
    yield ""
    yield "Made by `scripts/lint_pages.py`; do not edit. How to use them:"
    yield "[ansible-lint](../ansible-lint.md) and [mailports-lint](../lint.md)."
    yield ""
    yield "| ansible-lint | mailports-lint | severity | says |"
    yield "| --- | --- | --- | --- |"
    for name, says in SAYS.items():
        link = f"[`{rule_id(name)}`]({rule_id(name)}.md)"
        yield f"| {link} | `{name}` | {RULES[name].severity} | {says} |"


def _page(name: str) -> Iterator[str]:
    rule, example = RULES[name], EXAMPLES[name]
    yield f"# {rule_id(name)}"
    yield ""
    yield f"{SAYS[name]} {example.why}"
    yield ""
    yield f"Severity: {rule.severity}. Source: {rule.clause}. In mailports-lint: `{name}`."
    yield ""
    yield f"## Bad: `{example.name}`, line {example.line}"
    yield ""
    yield from _text(example.name, example.bad)
    yield "## Good"
    yield ""
    yield from _text(example.name, example.good)
    yield "## What to do"
    yield ""
    yield rule.remedy
    yield ""
    if name in NEVER_WAIVED:
        yield f"`# noqa: {rule_id(name)}` excuses it in ansible-lint only, not in mailports-lint."
        return
    yield f"To accept the finding: `# noqa: {rule_id(name)}` for ansible-lint, or"
    yield f"`# mailports: ignore {name} REASON` for both tools, on that line or the one above it."


def _text(name: str, text: str) -> Iterator[str]:
    yield f"```{_FENCES.get(Path(name).suffix, '')}"
    yield from text.rstrip("\n").split("\n")
    yield "```"
    yield ""


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, text in pages().items():
        (FOLDER / file).write_text(text, encoding="utf-8")
