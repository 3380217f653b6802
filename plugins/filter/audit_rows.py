# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the results that the role audit registered, as rows of one report; see audit_rows.yml."""

from __future__ import annotations

from pathlib import Path

from ansible import constants
from ansible.errors import AnsibleError

from ..module_utils._audit.document import counting, counts
from ..module_utils._check.job import unseen
from ..module_utils._model.finding import Finding
from ..module_utils._model.intent import expand
from ..module_utils._model.policy import policy_from
from ..module_utils._model.rules import RULES
from ..module_utils._model.servers import BEHIND_A_PROXY
from ..plugin_utils._intent.of_host import intent_of_host
from ..plugin_utils._intent.validate import validated
from ..plugin_utils._lint.engine import lint_data
from ..plugin_utils._report.role_facts import KEPT, LISTENERS, Results

CONFIGURATION = "configuration"
_ALLOWS = "auth_allow_cleartext"


def audit_rows(hostvars, hosts, fail_on="error"):
    """Return a list of {host, vantage, result, elsewhere}; {kept} as a result names its file."""
    rows = []
    results = Results(hostvars, Path(constants.DEFAULT_LOCAL_TMP))
    for name in hosts:
        elsewhere = results.elsewhere(name)
        if elsewhere is not None:
            rows += [_row(name, vantage, {}, True) for vantage in elsewhere]
            continue
        rows += _probed(name, results.seen(name) or {"": {}}, hostvars)
        listeners = results.raw(name).get(LISTENERS) or {}
        if "configured" in listeners:
            probed = results.whole(name, rows[-1]["vantage"], rows[-1]["result"])
            intent = _intent(name, hostvars[name])
            rows.append(_configuration(name, listeners, probed, intent, fail_on))
        elif listeners and not listeners.get("skipped"):
            why = str(listeners.get("msg") or "the host did not say what it is configured to serve")
            rows.append(_row(name, CONFIGURATION, {"msg": why}))
    return rows


def _row(name, vantage, result, elsewhere=False):
    """Return one row; ``elsewhere`` for a host of another slice, which has no result here."""
    return {"host": name, "vantage": vantage, "result": result, "elsewhere": elsewhere}


def _intent(name, known):
    """Return the intent that the role checks a host against, None where there is no valid one."""
    default = intent_of_host(name, str(known.get("ansible_host") or ""))
    given = known.get("mailports_intent") or default
    policy = known.get("mailports_policy")
    try:
        return expand(validated({**given, **({"policy": policy} if policy else {})}))
    except (AnsibleError, TypeError):
        # The task that needed the intent has reported what is wrong with it.
        return None


def _probed(name, seen, hostvars):
    """Yield a row for each vantage, or one without where the role did not get that far."""
    lost = any("compliant" not in one and KEPT not in one for one in seen.values())
    intent = _intent(name, hostvars[name]) if lost else None
    for vantage, result in seen.items():
        if "compliant" not in result and KEPT not in result and intent is not None:
            why = str(result.get("msg") or "there is no result")
            result = unseen(intent, why.replace("\n", "; "))
        yield _row(name, vantage, result)


def _configuration(name, listeners, probed, intent, fail_on):
    """Return the row of the host's own configuration, a vantage that sees files and no ports."""
    host = probed.get("intent", {}).get("host", name)
    judge = intent.policy if intent is not None else policy_from(None)
    findings = [
        {**one, "host": host} for row in listeners["configured"] for one in _flaws(row, judge)
    ]
    counted = counts(findings)
    result = {
        "compliant": not any(counted[severity] for severity in counting(fail_on)),
        "findings": findings,
        "observations": [],
        "intent": {**probed.get("intent", {}), "host": host, "listeners": []},
        "summary": {"policy": judge.name, "endpoints": 0, "open": 0, "findings": counted},
    }
    return _row(name, CONFIGURATION, result)


def _flaws(listener, policy):
    """Yield the findings about one configured listener, with its line in the server's files."""
    source = listener["source"]
    about = {
        "service": listener["service"],
        "port": listener["port"],
        "file": source["file"],
        "line": source["line"],
    }
    # Only these: the reader of the configuration has already combined all settings into them.
    effective = {key: listener[key] for key in ("service", "protocol", "port", "tls")}
    for one in lint_data([effective], policy, source["file"]):
        yield {**one.to_dict(), **about}
    if listener["clear_login"]:
        rule = RULES["login-before-tls"]
        # All that this setting could do has been done.
        by_proxy = listener.get("proxied") and listener["settings"].get(_ALLOWS) == "no"
        flaw = Finding(
            rule=rule.id,
            severity=rule.severity,
            message=rule.message.format(seen=listener["server"]),
            cause=rule.cause,
            remedy=BEHIND_A_PROXY if by_proxy else rule.remedy,
            clause=rule.clause,
            policy=policy.name,
            host="",
        )
        yield {**flaw.to_dict(), **about}


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"audit_rows": audit_rows}
