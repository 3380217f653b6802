# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action: write an audit into a folder on the controller, in every format, with its history."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ansible import constants
from ansible.plugins.action import ActionBase

from ..module_utils._audit.document import counts, findings_of, name_of
from ..module_utils._audit.folder import KEEP, completed, latest, load, remember, write
from ..module_utils._audit.gate import FAIL, UNREACHABLE, gate
from ..module_utils._audit.merge import MAX_AGE, merge, with_expected
from ..module_utils._audit.waivers import waivers_from
from ..module_utils._formats.audit_text import audit_text
from ..module_utils._formats.brief_text import brief_text
from ..module_utils._model.finding import FAIL_ON
from ..plugin_utils._report.collect import audit_from, damaged_data_as_value_error
from ..plugin_utils._report.renderers import reports
from ..plugin_utils._report.role_facts import KEPT, Results
from ..plugin_utils._report.under_way import reported

_NAMES = {"type": "list", "elements": "str"}
_WAIVER = {
    "rule": {"type": "str", "required": True},
    "host": {"type": "str", "default": "*"},
    "service": {"type": "str", "default": ""},
    "reason": {"type": "str", "default": ""},
    "owner": {"type": "str", "default": ""},
    "expires": {"type": "str", "required": True},
}
OPTIONS = {
    "folder": {"type": "path", "required": True},
    "results": {"type": "list", "elements": "dict", "default": []},
    "rows": {"type": "list", "elements": "dict", "default": []},
    "hosts": _NAMES,
    "vantages": _NAMES,
    "expected": {"type": "list", "elements": "list", "default": []},
    "merge": {"type": "list", "elements": "path", "default": []},
    "max_age": {"type": "int", "default": MAX_AGE},
    "generated": {"type": "str", "default": ""},
    "fail_on": {"type": "str", "choices": list(FAIL_ON), "default": "error"},
    "waivers": {"type": "list", "elements": "dict", "default": [], "options": _WAIVER},
    "keep": {"type": "int", "default": KEEP},
    "max_findings": {"type": "int", "default": 0},
    "unreachable": {"type": "str", "choices": list(UNREACHABLE), "default": FAIL},
}


class ActionModule(ActionBase):
    """Needs no connection: everything happens where Ansible runs."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the result of the task."""
        result = super().run(tmp, task_vars)
        del tmp
        _spec, params = self.validate_argument_spec(OPTIONS)
        folder = Path(params["folder"])
        try:
            with damaged_data_as_value_error():
                params = _with_rows(params)
                kept = {one[KEPT] for one in params["results"] if KEPT in one}
                audit = _audit({**params, "results": _whole(params)})
                past = latest(folder, audit)
                audit = completed(audit, waivers_from(params["waivers"]), past)
                texts = {} if self._task.check_mode else reports(audit)
                files = _written(folder, audit, params["keep"], texts) if texts else []
                whole = texts.get("report.txt") or audit_text(audit)
                for path in kept if files else ():
                    reported(path, folder, Path(constants.DEFAULT_LOCAL_TMP))
                limits = params["max_findings"], params["unreachable"]
                return {
                    **result,
                    **_summary(audit, files, whole),
                    "gate": asdict(gate(audit, *limits)),
                }
        except (OSError, ValueError) as error:
            return {**result, "failed": True, "msg": str(error)}


def _written(folder, audit, keep, texts):
    """Write an audit in every format, add it to the history and return the paths."""
    return [*write(folder, texts), remember(folder, audit, keep, texts["findings.json"])]


def _summary(audit, files, text):
    """Return what the task returns about an audit, which is also there as text."""
    return {
        "changed": bool(files),
        "compliant": audit["compliant"],
        "changes": audit["changes"],
        "files": [str(path) for path in files],
        "findings": counts(findings_of(audit)),
        "report": text.splitlines(),
        "brief": brief_text(audit).splitlines(),
        "hosts": _blamed(audit),
    }


def _blamed(audit):
    """Return each host that is not as intended, by its inventory name, with what is wrong."""
    found = {}
    for host in audit["hosts"]:
        if not host["compliant"]:
            number = sum(counts(host["findings"]).values())
            counted = "1 finding" if number == 1 else f"{number} findings"
            words = counted if host["audited"] else "not audited"
            vantage = f" from {host['vantage']}" if host["vantage"] else ""
            found.setdefault(name_of(host), []).append(words + vantage)
    return {name: ", ".join(words) for name, words in found.items()}


def _with_rows(params):
    """Return the options with those that the rows stand for."""
    rows = params["rows"]
    if not rows:
        return params
    here = [row for row in rows if not row.get("elsewhere")]
    return {
        **params,
        "results": [row["result"] for row in here],
        "hosts": [row["host"] for row in here],
        "vantages": [row["vantage"] for row in here],
        "expected": [[row["host"], row["vantage"]] for row in rows],
    }


def _whole(params):
    """Return the results, those out of their files that the task names only the place of."""
    found = Results({}, Path(constants.DEFAULT_LOCAL_TMP))
    rows = params["results"]
    if not any(KEPT in one for one in rows):
        return rows
    names, vantages = params["hosts"] or (), params["vantages"] or ()
    if not len(rows) == len(names) == len(vantages):
        raise ValueError("results that are kept in a file need hosts and vantages, one for each")
    return [found.whole(name, seen, one) for one, name, seen in zip(rows, names, vantages)]


def _audit(params):
    """Return the audit that the options describe. Raises ValueError."""
    parts = [load(Path(path)) for path in params["merge"]]
    if parts and not params["results"]:
        return merge(parts, params["max_age"])
    names = (params["hosts"], params["vantages"])
    own = audit_from(params["results"], *names, params["generated"], params["fail_on"])
    own = with_expected(own, params["expected"])
    return merge([*parts, own], params["max_age"]) if parts else own
