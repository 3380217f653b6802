# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action: validate the intents of domain_check on the controller, and have the host ask."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..module_utils._model.finding import AUTO
from ..plugin_utils._intent.domain import validated_domain
from ..plugin_utils._intent.validate import validated


class ActionModule(ActionBase):
    """The module asks where it is told to; what a user wrote is judged here."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_async = True

    def run(self, tmp=None, task_vars=None):
        """Return the result of domain_check. Raises IntentError, which Ansible reports."""
        result = super().run(tmp, task_vars)
        del tmp
        args = dict(self._task.args)
        if "intent" in args:
            args["intent"] = validated_domain(args["intent"])
        if isinstance(args.get("ports"), dict):
            args["ports"] = [args["ports"]]
        if isinstance(args.get("ports"), list):
            args["ports"] = [validated(one) for one in args["ports"]]
        done = self._execute_module(
            module_name="postmaster.mailports.domain_check",
            module_args=args,
            task_vars=task_vars,
            wrap_async=self._task.async_val,
        )
        if done.get("failed") and "findings" in done:
            # Imported where it is needed: most are as intended.
            from ..plugin_utils._report.failed_task import shown

            done = shown(done, self._task, self._display, args.get("details", AUTO))
        return {**result, **done}
