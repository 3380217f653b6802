# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask what is published for mail programs, on the controller: one request a line, JSON both ways.

A request holds ``rows`` of the DNS (``name TYPE`` -> values as in zone files), ``domain``, the
``intent`` of the ports, and ``ca_path``; the ports are probed as well. The answer holds what
client_check returns of it. With ``module`` and ``args``, Ansible runs that module itself on this
machine, and the answer is its result.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._check import job
from ansible_collections.postmaster.mailports.plugins.module_utils._check.options import (
    probe_options,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._client.ask import collect
from ansible_collections.postmaster.mailports.plugins.module_utils._client.judge import judge
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.ask import (
    options,
    run_of,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.run import run
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import validated

from tests.support.name_server import name_server, reply


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Return outcomes and what was seen."""
    rows = {key.lower(): values for key, values in request["rows"].items()}

    def tell(query: Any, _tcp: bool) -> Any:
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True)
        kind = question.to_text().split(" ")[-1]
        values = rows.get(f"{name} {kind}".lower(), ())
        return reply(
            query,
            *(f"{name}. 60 IN {kind} {value}" for value in values),
            rcode=0 if values else 3,
            authority=f"{name}. 60 IN SOA ns.{name}. root.{name}. 1 60 60 60 60",
        )

    if "module" in request:
        with name_server(tell) as (port, _seen):
            return by_ansible(request, port)
    defaults = {name: option.get("default") for name, option in probe_options().items()}
    checked = {**defaults, "policy": None, "fail_on": "error", "ca_path": request["ca_path"]}
    planned = job.plan({**checked, "intent": validated(request["intent"])})
    endpoints = [one.to_dict() for one in run(planned.request)]
    with name_server(tell) as (port, _seen):
        asked = {name: option.get("default") for name, option in options().items()}
        asked |= {"resolvers": ["127.0.0.1"], "resolver_port": port}
        ask = run_of({**asked, "ca_path": request["ca_path"]}, [request["domain"]])
        seen = collect(ask, [request["domain"]], urls=request.get("urls", ()))[0]
    found = judge(seen, [planned.intent], endpoints)
    return {"outcomes": [one.to_dict() for one in found], "seen": seen.to_dict()}


def by_ansible(request: dict[str, Any], port: int) -> dict[str, Any]:
    """Return the result of a module that asks the name server at ``port``."""
    args = {"ca_path": request["ca_path"], "resolvers": ["127.0.0.1"], "resolver_port": port}
    argv = ["ansible", "localhost", "-m", f"postmaster.mailports.{request['module']}", "-a"]
    argv.append(json.dumps({**args, **request["args"]}))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    start = done.stdout.find("{")
    assert start >= 0, done.stdout + done.stderr
    found: dict[str, Any] = json.JSONDecoder().raw_decode(done.stdout[start:])[0]
    return found


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
