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

from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.module_utils._model.rules import (
    DRIFT,
    LINT,
    RULES,
    UNSEEN,
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
    yield "A policy of your own can change a rule's severity (`severities`), or switch it `off`,"
    yield f"except for {_names(UNSEEN)}: what was not seen is never fine. It does not"
    yield f"change {_names(DRIFT)}: those compare two audits."
    yield ""
    probed = tuple(name for name in RULES if name not in (*LINT, *DRIFT))
    yield "## Told by a probe (many by the linter, too)"
    yield from _table(probed)
    yield "## Told by the linter, or about waivers"
    yield from _table(LINT)
    yield "## Told by comparing two audits"
    yield from _table(DRIFT)


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
