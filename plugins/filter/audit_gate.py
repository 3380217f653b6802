# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: whether an audit passes the gate; documented in audit_gate.yml."""

from __future__ import annotations

from dataclasses import asdict

from ansible.errors import AnsibleFilterError

from ..module_utils._audit.document import DocumentError, check
from ..module_utils._audit.gate import FAIL, GateError, gate


def audit_gate(audit, max_findings=0, unreachable=FAIL):
    """Return {passed, message} for the content of a findings.json."""
    try:
        check(audit)
        return asdict(gate(audit, int(max_findings), unreachable))
    except (DocumentError, GateError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"audit_gate: {error}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"audit_gate": audit_gate}
