# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run port_check's engine on the controller of the test hosts: one request a line, JSON both ways.

A process of its own, started once inside the controller's network, saves the start of an
interpreter and of Ansible for every check. A request holds options of port_check; the answer holds
``result`` and ``failed``, or ``error`` for options that cannot be used.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from ansible_collections.postmaster.mailports.plugins.module_utils._check.job import conclude, plan
from ansible_collections.postmaster.mailports.plugins.module_utils._check.options import (
    ParamsError,
    probe_options,
)
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.run import run
from ansible_collections.postmaster.mailports.plugins.module_utils._probe.tls import TrustStoreError
from ansible_collections.postmaster.mailports.plugins.plugin_utils._intent.validate import validated


def answer(options: dict[str, Any]) -> dict[str, Any]:
    """Return what port_check would, the options left out being at their defaults."""
    defaults = {name: option.get("default") for name, option in probe_options().items()}
    params = {**defaults, "policy": None, "fail_on": "error", **options}
    params["intent"] = validated(params["intent"])
    try:
        planned = plan(params)
        result, failed = conclude(planned, run(planned.request))
    except (ParamsError, TrustStoreError) as error:
        return {"error": str(error)}
    return {"result": result, "failed": failed}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
