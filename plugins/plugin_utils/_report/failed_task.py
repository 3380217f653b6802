# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failing check shows on the terminal, and how much of it stays in its result.

Ansible prints the whole result of a task that fails, in one line. That of a check holds everything
that was seen and asked, some 40 kB for one host, and hides what is wrong. So the report is shown
instead, and the result keeps that much only where somebody can use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import constants

from ...module_utils._formats.audit_text import host_text
from ...module_utils._model.finding import ALWAYS, AUTO

# What a result is without its details.
_SHORT = frozenset(("changed", "compliant", "failed", "invocation", "msg", "questions", "summary"))
_COLLECTOR = "postmaster.mailports.compliance"


def shown(result: Mapping[str, Any], task: Any, display: Any, details: str) -> dict[str, Any]:
    """Show the report of a check that failed; return what its result keeps.

    ``task`` is Ansible's task, ``display`` its display, ``details`` one of DETAILS.
    """
    if not (task.no_log or task.failed_when):
        # Beside the output, as errors are, so that a callback's JSON stays JSON.
        display.display(host_text(result), stderr=True)
    if details == ALWAYS or (details == AUTO and _wanted(task, display)):
        return dict(result)
    return {name: value for name, value in result.items() if name in _SHORT or name.startswith("_")}


def _wanted(task: Any, display: Any) -> bool:
    """Tell whether anybody can use the details: a variable, a rescue, a report, a curious user."""
    return bool(
        task.register
        or display.verbosity
        or _COLLECTOR in constants.CALLBACKS_ENABLED
        or _is_rescued(task)
    )


def _is_rescued(task: Any) -> bool:
    """Tell whether a block around the task has a rescue, which finds the result in a variable."""
    around = task
    while around is not None:
        if getattr(around, "rescue", None):
            return True
        around = getattr(around, "_parent", None)
    return False
