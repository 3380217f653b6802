# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask and judge domains on the controller of the test hosts: one request a line, JSON both ways.

A request holds options of domain_check, or ``ask`` with a list of [name, type]; the answer holds
the module's result, the answers, or ``error``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._domain.ask import (
    AskError,
    options,
    run_of,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.collect import collect
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.intent import expand
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.judge import judge
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    Question,
    ask_all,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._model import intent as ports
from ansible_collections.postmaster.mailports.plugins.module_utils._model.demand import count
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.domain import (
    validated_domain,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import validated


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return what domain_check would, or the answers to single questions."""
    defaults = {name: option.get("default") for name, option in options().items()}
    params = {**defaults, **request}
    try:
        if "ask" in request:
            questions = [Question(*one) for one in request["ask"]]
            found = run_of(params, ["example.net"]).results({0: ask_all(questions)})[0]
            return {str(one): found[one].to_dict() for one in questions}
        given = [ports.expand(validated(one)) for one in request.get("ports", ())]
        domain = expand(validated_domain(request["intent"]), given)
        run = run_of(params, [domain.domain])
        seen = collect(run, [domain])[0]
    except AskError as error:
        return {"error": str(error)}
    outcomes = judge(domain, seen, request.get("endpoints"))
    return {
        "outcomes": [one.to_dict() for one in outcomes],
        "summary": {**count(outcomes), "questions": run.asked},
        "seen": seen.to_dict(),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
