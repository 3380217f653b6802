# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule: what one kind of finding says, how much it weighs, why it matters and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

SEVERITIES = ("info", "warning", "error")

PORT_BLOCKING = "port_blocking"
INCORRECT_PORT_SETTINGS = "incorrect_port_settings"
TLS_ERROR = "tls_error"
AUTHENTICATION_ISSUE = "authentication_issue"
NOT_PROBED = "not_probed"
CAUSES = (PORT_BLOCKING, INCORRECT_PORT_SETTINGS, TLS_ERROR, AUTHENTICATION_ISSUE, NOT_PROBED)


@dataclass(frozen=True)
class Rule:
    """One row. ``message`` has places for the facts of a finding (``str.format`` keywords);
    ``cause`` is one of CAUSES, the usual one; ``clause`` names the RFC and section."""

    id: str
    severity: str
    message: str
    cause: str
    remedy: str
    clause: str

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return asdict(self)
