# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what follows from the tables of rules and policies (run it in the run environment).

That is docs/rules.md, and in schemas/intent.schema.json the names of policies and rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.postmaster.mailports.plugins.module_utils._judge.answers import WORDS
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import (
    DEMANDS,
    DRIFT,
    LINT,
    RULES,
    UNSEEN,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules_not_known import (
    NOT_KNOWN_ROWS,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model.services import SERVICES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rules.md"
SCHEMA = ROOT / "schemas" / "intent.schema.json"


def page() -> str:
    """Return the text of the page."""
    return "\n".join([*_rules(), *_policies(), ""])


def schema() -> str:
    """Return the text of the schema of intents with the names of today."""
    tree = json.loads(SCHEMA.read_text(encoding="utf-8"))
    policy = tree["$defs"]["policy"]["properties"]
    for names in (tree["properties"]["policy"]["then"], policy["extends"]):
        names["enum"] = list(POLICIES)
    policy["severities"]["properties"] = {
        rule: {"description": f"Severity of the rule {rule}.", "$ref": "#/$defs/severity"}
        for rule in RULES
        if rule not in (*UNSEEN, *DRIFT)
    }
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _rules() -> Iterator[str]:
    yield "# Rules and policies"
    yield ""
    yield "Made by `scripts/rules_page.py` from the tables that the judge uses; do not edit."
    yield ""
    yield "Each port, each intended service and the host as a whole are judged by demands."
    yield "A demand asks one question and has exactly one outcome: **met** by what was seen,"
    yield "**broken** by it, **not known** where it was asked but could not be learnt (which no"
    yield "policy, waiver or budget turns green), or **not asked**. A policy of your own can change"
    yield "a demand's severity (`severities`), or switch it `off`, so that it is not asked. Nothing"
    yield f"changes {_names(UNSEEN)}, which report what was not learnt, nor"
    yield f"{_names(DRIFT)}, which compare two audits."
    yield ""
    yield "## Demands on live ports"
    yield from _demands()
    yield "## Where something could not be learnt"
    yield from _table(tuple(row.id for row in NOT_KNOWN_ROWS))
    yield "## From the linter, and about waivers"
    yield from _table(LINT)
    yield "## From comparing two audits"
    yield from _table(DRIFT)


def _demands() -> Iterator[str]:
    yield ""
    yield "| demand | of each | asks | severity | when broken | usual cause | remedy | clause |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in DEMANDS:
        asks = WORDS.get(row.question, "what the intent says")
        cells = (f"`{row.id}`", row.subject, asks, row.severity, row.message, f"`{row.cause}`")
        yield f"| {' | '.join((*cells, row.remedy, row.clause))} |"
    yield ""


def _table(rules: tuple[str, ...]) -> Iterator[str]:
    yield ""
    yield "| rule | severity | says | usual cause | remedy | clause |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for rule in map(RULES.__getitem__, rules):
        cells = (f"`{rule.id}`", rule.severity, rule.message, f"`{rule.cause}`", rule.remedy)
        yield f"| {' | '.join((*cells, rule.clause))} |"
    yield ""


def _names(rules: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in rules)


def _policies() -> Iterator[str]:
    for policy in POLICIES.values():
        yield f"## Policy `{policy.name}`"
        yield ""
        yield f"{policy.title}. Lowest TLS version: {policy.tls_min} ({policy.tls_clause})."
        yield f"Open without an intent: {', '.join(f'`{name}`' for name in policy.default_open)}."
        yield ""
        yield "| port | service | TLS | standing | note | clause | disagrees |"
        yield "| --- | --- | --- | --- | --- | --- | --- |"
        for name, row in SERVICES.items():
            standing = policy.services[name]
            cells = (str(row.port), f"`{name}`", row.tls, standing.standing, standing.note)
            yield f"| {' | '.join((*cells, standing.clause, standing.disagrees))} |"
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")
