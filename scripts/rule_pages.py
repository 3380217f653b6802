# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page for each rule, made of its row: what is asked, what it says, what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.module_utils._audit.fixes import fix
from ansible_collections.postmaster.mailports.plugins.module_utils._judge.answers import WORDS
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rule import Rule
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import (
    DEMANDS,
    DRIFT,
    FIXED,
    LINT,
    RULES,
    UNSEEN,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES

ROOT = Path(__file__).resolve().parent.parent
_RFC = re.compile(r"RFC (\d+)(?: sections? ([\d.]+\d|\d+))?")
_PLACE = re.compile(r"\{\w+\}")
_ASKS = {row.id: row for row in DEMANDS}
_GROUPS = (
    ("Demands on live ports", tuple(_ASKS)),
    ("What was not learnt", tuple(name for name in UNSEEN if name not in LINT)),
    ("From the linter, and about waivers", LINT),
    ("What has changed since the last audit", DRIFT),
)


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    found = {f"{name}.md": "\n".join([*_page(rule), ""]) for name, rule in RULES.items()}
    return {"index.md": "\n".join([*_index(), ""]), **found}


def _index() -> Iterator[str]:
    yield "# Rules"
    yield ""
    yield "A page for each; [one table of all, and the policies](../docs/rules.md)."
    for title, names in _GROUPS:
        yield ""
        yield f"## {title}"
        yield ""
        yield "| rule | severity | says |"
        yield "| --- | --- | --- |"
        for name in names:
            says = _said(RULES[name]).replace("|", "\\|")
            yield f"| [`{name}`]({name}.md) | {RULES[name].severity} | {says} |"
    yield ""
    yield "```{toctree}"
    yield ":hidden:"
    yield ""
    yield "../docs/rules"
    yield "../docs/lint/README"
    yield from RULES
    yield "```"


def _page(rule: Rule) -> Iterator[str]:
    yield f"# {rule.id}"
    yield ""
    yield f"> {_said(rule)}"
    yield ""
    row = _ASKS.get(rule.id)
    if row:
        asks = WORDS.get(row.question, "what the intent says")
        yield f"Of each {row.subject} it is asked {asks}."
    yield f"Severity: **{rule.severity}**. Usual cause: {rule.cause.replace('_', ' ')}."
    yield f"It rests on {linked(rule.clause)}."
    yield ""
    yield "## What to do"
    yield ""
    yield rule.remedy
    yield ""
    if rule.id not in LINT:
        yield "With this collection, where the service is `imaps`:"
        yield ""
        yield "```yaml"
        yield from _fixed(rule.id).rstrip("\n").split("\n")
        yield "```"
        yield ""
    yield "## To change or accept it"
    yield ""
    yield from _change(rule)
    page = f"mail-port-{rule.id}"
    if (ROOT / "docs" / "lint" / f"{page}.md").is_file():
        yield ""
        yield f"In ansible-lint: [{page}](../docs/lint/{page}.md), with a bad and a good example."


def _said(rule: Rule) -> str:
    """Return what a rule says, without the facts of one finding."""
    return f"A mail port {_PLACE.sub('…', rule.message)}."


def _fixed(name: str) -> str:
    row = SERVICES["imaps"]
    return fix({"rule": name, "service": row.name, "port": row.port, "policy": "rfc8314"})


def _change(rule: Rule) -> Iterator[str]:
    if rule.id in UNSEEN:
        yield "No policy, waiver or budget excuses it: what was not learnt is never fine."
        return
    if rule.id in FIXED:
        yield "No policy changes its severity; a [waiver](../docs/guides/findings.md) covers it."
        return
    yield "In a [policy](../docs/guides/policy.md) of your own:"
    yield ""
    yield "```yaml"
    yield f"policy: {{extends: rfc8314, severities: {{{rule.id}: warning}}}}"
    yield "```"
    yield ""
    yield "Or until a day, by a [waiver](../docs/guides/findings.md)."


def linked(clause: str) -> str:
    """Return a clause with a link for each RFC that it names."""

    def link(found: re.Match[str]) -> str:
        number, section = found.groups()
        anchor = f"#section-{section}" if section else ""
        return f"[{found[0]}](https://www.rfc-editor.org/rfc/rfc{number}{anchor})"

    return _RFC.sub(link, clause)
