# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: findings on the mail ports in data or text; documented in lint.yml."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ..module_utils._model.policy import POLICIES, policy_from
from ..plugin_utils._lint.engine import Text, lint_data, lint_text
from ..plugin_utils._lint.kinds import KINDS


def lint(data, policy=None, kind="", name=""):
    """Return the findings on a text, or on plain data, as plain data."""
    if not (policy is None or isinstance(policy, dict) or policy in list(POLICIES)):
        allowed = ", ".join(POLICIES)
        raise AnsibleFilterError(f"lint: policy: {policy!r} is neither a dictionary nor {allowed}")
    if kind and kind not in KINDS:
        raise AnsibleFilterError(f"lint: kind: {kind!r} is not one of {', '.join(KINDS)}")
    try:
        judge = policy_from(policy)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"lint: policy: {error} is not understood") from error
    if isinstance(data, str):
        findings = lint_text(Text(name, data), judge, kind)
    else:
        findings = lint_data(data, judge, name)
    return [one.to_dict() for one in findings]


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"lint": lint}
