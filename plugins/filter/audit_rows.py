# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: what the role audit registered, as the rows of one report; see audit_rows.yml."""

from __future__ import annotations

from ..module_utils._document import counts
from ..module_utils._finding import NEVER
from ..module_utils._policy import POLICIES, policy_from
from ..module_utils._rules import SEVERITIES
from ..plugin_utils.lint._engine import lint_data

REGISTERED = "mailports_audit_result"
LISTENERS = "mailports_audit_listeners"
CONFIGURATION = "configuration"
KEYS = ("compliant", "findings", "observations", "intent", "summary", "msg")


def audit_rows(hostvars, hosts, fail_on="error"):
    """Return a list of {host, vantage, result}."""
    rows = []
    for name in hosts:
        known = hostvars[name]
        registered = known.get(REGISTERED)
        if registered is not None and registered.get("skipped"):
            continue
        rows += _probed(name, registered or {})
        listeners = known.get(LISTENERS) or {}
        if "configured" in listeners:
            rows.append(_configuration(name, listeners, rows[-1]["result"], fail_on))
    return rows


def _probed(name, registered):
    """Yield the row of each vantage; one without a vantage where the task did not get so far."""
    for one in registered.get("results", [registered]):
        result = {key: one[key] for key in KEYS if key in one}
        yield {"host": name, "vantage": one.get("mailports_vantage", ""), "result": result}


def _configuration(name, listeners, probed, fail_on):
    """Return the row of the host's own configuration: a vantage that sees no port, only files."""
    host = probed.get("intent", {}).get("host", name)
    policy = probed.get("summary", {}).get("policy")
    # A policy of the user's own is not known by its name here; the default judges then.
    judge = policy_from(policy if policy in POLICIES else None)
    found = lint_data(listeners["configured"], judge, name)
    findings = [{**one.to_dict(), "host": host} for one in found]
    counted = counts(findings)
    floor = SEVERITIES.index("error" if fail_on == NEVER else fail_on)
    result = {
        "compliant": not any(counted[severity] for severity in SEVERITIES[floor:]),
        "findings": findings,
        "observations": [],
        "intent": {**probed.get("intent", {}), "host": host, "listeners": []},
        "summary": {"policy": judge.name, "endpoints": 0, "open": 0, "findings": counted},
    }
    return {"host": name, "vantage": CONFIGURATION, "result": result}


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"audit_rows": audit_rows}
