# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the configuration of a regular audit, refused if it is wrong; see audit_config.yml."""

from __future__ import annotations

from ansible.errors import AnsibleError, AnsibleFilterError

from ..module_utils._audit.waivers import WaiverError, waivers_from
from ..plugin_utils._intent.validate import validated


def audit_config(config):
    """Return the configuration, unless its intents, policy or waivers are wrong."""
    errors = []
    try:
        waivers_from(config["waivers"])
    except WaiverError as error:
        errors.append(str(error))
    policy = config["probe"].get("policy")
    for name, intent in config["hosts"].items():
        try:
            known = isinstance(intent, dict) and policy
            validated({**intent, "policy": policy} if known else intent)
        except AnsibleError as error:
            errors.append(f"mailports_audit_targets.{name}: {error}")
    if not config["hosts"]:
        errors.append("mailports_audit_targets: there is nothing to audit")
    webhook = config["webhook"]
    if webhook and not str(webhook).startswith(("http://", "https://")):
        # The address itself is a secret.
        errors.append("mailports_audit_webhook: this does not begin with http:// or https://")
    if errors:
        raise AnsibleFilterError("\n".join(errors))
    return config


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"audit_config": audit_config}
