# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test: whether no finding counts; documented in compliant.yml."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ..module_utils._model.finding import FAIL_ON
from ..module_utils._model.rules import SEVERITIES


def compliant(findings, fail_on="warning"):
    """Return whether no finding is as severe as ``fail_on``."""
    if fail_on not in FAIL_ON[:-1]:
        raise AnsibleFilterError(f"compliant: {fail_on!r} is not one of {', '.join(FAIL_ON[:-1])}")
    if not isinstance(findings, list):
        kind = type(findings).__name__
        raise AnsibleFilterError(f"compliant: a value of type {kind} is not a list of findings")
    level = SEVERITIES.index(fail_on)
    for one in findings:
        severity = one.get("severity") if isinstance(one, dict) else None
        if severity not in SEVERITIES:
            raise AnsibleFilterError("compliant: the list holds a value that is not a finding")
        if SEVERITIES.index(severity) >= level:
            return False
    return True


class TestModule:
    """The tests of this file."""

    def tests(self):
        """Return them by name."""
        return {"compliant": compliant}
