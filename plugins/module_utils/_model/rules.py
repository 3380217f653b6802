# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rules by id, and which of them nothing may change or excuse."""

from __future__ import annotations

from .rule import (
    AUTHENTICATION_ISSUE,
    CAUSES,
    INCORRECT_PORT_SETTINGS,
    NOT_PROBED,
    PORT_BLOCKING,
    SEVERITIES,
    TLS_ERROR,
    Rule,
)
from .rules_drift import DRIFT_ROWS
from .rules_files import LINT_ROWS
from .rules_not_known import NOT_KNOWN_ROWS
from .rules_ports import DEMANDS

RULES: dict[str, Rule] = {
    row.id: row for row in (*DEMANDS, *NOT_KNOWN_ROWS, *LINT_ROWS, *DRIFT_ROWS)
}

LINT = tuple(row.id for row in LINT_ROWS)
DRIFT = tuple(row.id for row in DRIFT_ROWS)
# That nothing was learnt must never pass for fine.
UNSEEN = (*(row.id for row in NOT_KNOWN_ROWS), "not-read")
# No policy may change these.
FIXED = (*UNSEEN, *DRIFT)

__all__ = [
    "AUTHENTICATION_ISSUE",
    "CAUSES",
    "DEMANDS",
    "DRIFT",
    "FIXED",
    "INCORRECT_PORT_SETTINGS",
    "LINT",
    "NOT_PROBED",
    "PORT_BLOCKING",
    "RULES",
    "SEVERITIES",
    "TLS_ERROR",
    "UNSEEN",
    "Rule",
]
