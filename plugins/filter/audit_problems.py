# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: what is wrong with the settings of the role audit, said once; see audit_problems.yml."""

from __future__ import annotations

import re

from ..module_utils._audit.gate import UNREACHABLE
from ..module_utils._audit.waivers import WaiverError, waivers_from
from ..module_utils._model.finding import FAIL_ON
from ..module_utils._model.safe_text import printable

CONTROLLER = ("controller", "localhost")


def audit_problems(settings, known_hosts=()):
    """Return one line for each wrong setting, an empty list where all are right."""
    return [
        *_slice(settings["slice"]),
        *_vantages(settings["vantages"], known_hosts),
        *_gate(settings),
    ]


def _slice(text):
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", str(text)) if text else None
    if text and not (found and 1 <= int(found[1]) <= int(found[2])):
        yield (
            f"mailports_audit_slice: {_shown(text)} is not a slice; 1/4 is the first of four, "
            "4/4 the last"
        )


def _vantages(vantages, known_hosts):
    if not vantages:
        yield "mailports_audit_vantages: there is none; without a vantage nothing is probed"
    for name in vantages:
        if name not in CONTROLLER and name not in known_hosts:
            yield (
                f"mailports_audit_vantages: {_shown(name)} is neither controller nor a host of the "
                "inventory"
            )


def _gate(settings):
    for name, choices in (("fail_on", FAIL_ON), ("unreachable", UNREACHABLE)):
        if settings[name] not in choices:
            yield f"mailports_{name}: {_shown(settings[name])} is not one of {', '.join(choices)}"
    if not re.fullmatch(r"\d+", str(settings["max_findings"])):
        yield f"mailports_max_findings: {_shown(settings['max_findings'])} is not a number from 0"
    try:
        waivers_from(settings["waivers"])
    except WaiverError as error:
        yield f"mailports_waivers: {error}"


def _shown(value):
    return printable(repr(value), 100)


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"audit_problems": audit_problems}
