# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action: validate the intent of port_check on the controller, then run the module."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..plugin_utils._validate import validated


class ActionModule(ActionBase):
    """The intent is judged here, by the one validator; the module gets it as it was judged."""

    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        """Return the module's result. Raises IntentError, which Ansible reports as the failure."""
        result = super().run(tmp, task_vars)
        del tmp
        args = dict(self._task.args)
        if "intent" in args:
            intent = args["intent"]
            policy = args.pop("policy", None)
            if policy is not None and isinstance(intent, dict):
                intent = {**intent, "policy": policy}
            args["intent"] = validated(intent)
        result.update(
            self._execute_module(
                module_name="postmaster.mailports.port_check", module_args=args, task_vars=task_vars
            )
        )
        return result
