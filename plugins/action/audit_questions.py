# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action: what the role audit asks of each host of a play, settled for all of them in one task."""

from __future__ import annotations

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ..plugin_utils._intent.of_host import intent_of_host
from ..plugin_utils._report.role_facts import VANTAGE

OPTIONS = {
    "hosts": {"type": "list", "elements": "str", "required": True},
    "question": {"type": "str", "default": "mailports_audit_question"},
    "vantages": {"type": "str", "default": "mailports_audit_seen_by"},
    "configured": {"type": "str", "default": "mailports_audit_configured"},
    "slice": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    """Needs no connection. A task for each host would cost a process for each."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        """Return the result of audit_questions."""
        result = super().run(tmp, task_vars)
        del tmp
        _spec, params = self.validate_argument_spec(OPTIONS)
        everybody = list(task_vars["ansible_play_hosts_all"])
        number, count = map(int, (params["slice"] or "1/1").split("/"))
        told = {"asked": {}, "then": {}, "elsewhere": {}}
        for name in params["hosts"]:
            known = self._variables_of(name, task_vars)
            seen_by, wrong = self._value(params["vantages"], known)
            configured, _wrong = self._value(params["configured"], known)
            then = boolean(configured, strict=False)
            if everybody.index(name) % count != number - 1:
                told["elsewhere"][name] = [*(seen_by or ()), *(["configuration"] if then else [])]
                continue
            for vantage in seen_by or [""]:
                audit = {"error": wrong}
                if seen_by:
                    audit = self._audit(name, params["question"], {**known, VANTAGE: vantage})
                asked = told["then" if then else "asked"]
                asked.setdefault(str(vantage), []).append({**audit, "name": name})
        return {**result, "changed": False, **told}

    def _variables_of(self, name, task_vars):
        """Return the variables that this task would have if it ran for a host.

        ``hostvars`` leaves out those of the play and of the role, and a task for each host would be
        nearly all of the time of an audit; so the manager of the variables is asked.
        """
        manager = task_vars["hostvars"]._variable_manager
        return manager.get_vars(
            play=self._task.get_play(),
            host=manager._inventory.get_host(name),
            task=self._task,
            _hosts=task_vars["ansible_play_hosts"],
            _hosts_all=task_vars["ansible_play_hosts_all"],
        )

    def _value(self, variable, known):
        """Return the value of a variable, or what is wrong with it."""
        templar = self._templar.copy_with_new_env(available_variables=known)
        try:
            return templar.template(known[variable]), ""
        except (AnsibleError, KeyError) as error:
            return None, str(error)

    def _audit(self, name, question, known):
        """Return the audit of a host from a vantage, see fleet_check."""
        value, wrong = self._value(question, known)
        if value is None:
            return {"error": wrong}
        # Before ansible-core 2.19 a template that is none gives an empty text.
        audit = {key: one for key, one in value.items() if one is not None and one != ""}
        address = str(audit.pop("ansible_host", ""))
        return {"intent": intent_of_host(name, address), **audit}
