# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action: make the files for mail programs on the controller, and have the host keep them."""

from __future__ import annotations

import base64

from ansible.plugins.action import ActionBase

from ..module_utils._client.settings import SettingsError
from ..plugin_utils._publish.options import intents_of, options, published, signed

_SPEC = {
    **options(),
    "dest": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "confirmed": {"type": "bool", "default": False},
    "ca_path": {"type": "path"},
    "sign": {
        "type": "dict",
        "options": {
            "certificate": {"type": "path", "required": True},
            "key": {"type": "path", "required": True},
        },
    },
}


class ActionModule(ActionBase):
    """Only the writing, and a probe where one is asked for, happen on the host."""

    TRANSFERS_FILES = False
    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        """Return the result of client_settings. Raises IntentError, which Ansible reports."""
        result = super().run(tmp, task_vars)
        del tmp
        spec = dict(_SPEC)
        if self._task.args.get("state") == "absent":
            spec = {name: {**one, "required": name == "dest"} for name, one in _SPEC.items()}
        _spec, params = self.validate_argument_spec(spec)
        files, notes = {}, []
        if params["state"] == "present":
            intents = intents_of(params["intent"])
            endpoints = params["endpoints"]
            if params["confirmed"] and endpoints is None:
                endpoints, failed = self._probe(intents, params["ca_path"], task_vars)
                if failed:
                    return {**result, **failed}
            try:
                files, notes = published(
                    intents, params, endpoints if params["confirmed"] else None
                )
                if params["sign"]:
                    files = signed(files, params["sign"])
            except SettingsError as error:
                return {**result, "failed": True, "msg": str(error)}
        encoded = {name: base64.b64encode(data).decode("ascii") for name, data in files.items()}
        done = self._execute_module(
            module_name="postmaster.mailports.client_settings",
            module_args={"dest": params["dest"], "state": params["state"], "files": encoded},
            task_vars=task_vars,
        )
        if notes and not done.get("failed"):
            done["notes"] = notes
        return {**result, **done}

    def _probe(self, intents, ca_path, task_vars):
        """Return what port_info sees from the host, or its failure."""
        endpoints = []
        for intent in intents:
            listeners = [one.to_dict() for one in intent.listeners if one.state == "open"]
            arguments = {
                "host": intent.host,
                "server_name": intent.server_name,
                "addresses": list(intent.addresses),
                "services": listeners,
                **({"ca_path": ca_path} if ca_path else {}),
            }
            seen = self._execute_module(
                module_name="postmaster.mailports.port_info",
                module_args=arguments,
                task_vars=task_vars,
            )
            if "endpoints" not in seen:
                return [], seen
            endpoints += [{**one, "host": intent.server_name} for one in seen["endpoints"]]
        return endpoints, None
