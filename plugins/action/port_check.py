# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action: validate the intent of port_check, have the ports probed, and judge what was seen."""

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ..module_utils._check import job
from ..module_utils._check.options import ParamsError, probe_options
from ..module_utils._model.observation import from_dict
from ..plugin_utils._intent.validate import validated


class ActionModule(ActionBase):
    """Only the probe goes to the host; and not even that where the host is the controller."""

    TRANSFERS_FILES = False
    _requires_connection = True
    _supports_async = True

    def run(self, tmp=None, task_vars=None):
        """Return the result of port_check. Raises IntentError, which Ansible reports."""
        result = super().run(tmp, task_vars)
        del tmp
        self._validate()
        if self._task.async_val:
            return {**result, **self._execute("port_check", self._task.args, task_vars)}
        _spec, params = self.validate_argument_spec(job.options())
        try:
            plan = job.plan(params)
            if self._is_here():
                observations = _probe(plan.request)
            else:
                given = self._task.args
                options = {key: given[key] for key in probe_options() if key in given}
                seen = self._execute(
                    "port_info", {**options, **job.probe_arguments(plan)}, task_vars
                )
                if "endpoints" not in seen:
                    return {**result, **seen}
                observations = [from_dict(one) for one in seen["endpoints"]]
        except ParamsError as error:
            return {**result, "failed": True, "msg": str(error)}
        found, failed = job.conclude(plan, observations)
        result = {**result, "changed": False, "failed": failed, **found}
        if not failed:
            return result
        # Imported where it is needed, as below: most hosts are as intended.
        from ..plugin_utils._report.failed_task import shown

        return shown(result, self._task, self._display, params["details"])

    def _validate(self):
        """Judge the intent by the one validator, and leave it in the task as it was judged."""
        args = dict(self._task.args)
        if "intent" not in args:
            return
        intent, policy = args["intent"], args.pop("policy", None)
        if policy is not None and isinstance(intent, dict):
            intent = {**intent, "policy": policy}
        self._task.args = {**args, "intent": validated(intent)}

    def _is_here(self):
        """Tell whether a module would run on this machine, as this user, with this environment."""
        environment = any(self._task.environment or ())
        return self._connection.transport == "local" and not (
            self._connection.become or environment
        )

    def _execute(self, name, args, task_vars):
        return self._execute_module(
            module_name=f"postmaster.mailports.{name}",
            module_args=args,
            task_vars=task_vars,
            wrap_async=self._task.async_val,
        )


def _probe(request):
    """Probe from this process. Raises ParamsError."""
    # Ansible compiles what a plugin imports anew for each task, and most tasks do not need these.
    from ..module_utils._probe.run import run
    from ..module_utils._probe.tls import TrustStoreError

    try:
        return run(request)
    except TrustStoreError as error:
        raise ParamsError(str(error)) from error
