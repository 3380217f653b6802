# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: results of port_check, audits or findings as a report; documented in report.yml."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ..module_utils._audit.folder import completed
from ..module_utils._audit.waivers import waivers_from
from ..module_utils._formats.audit_text import audit_text
from ..module_utils._formats.of_findings import FORMATS, Look, render
from ..module_utils._model.finding import FAIL_ON
from ..plugin_utils._report.collect import audit_from, damaged_data_as_value_error
from ..plugin_utils._report.renderers import RENDERERS


def report(
    results,
    format="text",  # noqa: A002
    hosts=None,
    colour=False,
    vantages=None,
    generated="",
    fail_on="error",
    waivers=(),
    previous=None,
):
    """Return the report on results of port_check, audits or findings, in one of RENDERERS."""
    if format not in RENDERERS:
        raise AnsibleFilterError(f"report: {format!r} is not one of {', '.join(RENDERERS)}")
    if fail_on not in FAIL_ON:
        raise AnsibleFilterError(f"report: fail_on: {fail_on!r} is not one of {', '.join(FAIL_ON)}")
    results = results if isinstance(results, list) else [results]
    for result in results:
        if not isinstance(result, dict):
            kind = type(result).__name__
            raise AnsibleFilterError(
                f"report: a value of type {kind} is not a result of port_check"
            )
    if results and all("rule" in one and "severity" in one for one in results):
        return _of_findings(results, format, Look(colour, fail_on))
    try:
        with damaged_data_as_value_error():
            audit = audit_from(results, hosts, vantages, generated, fail_on)
            audit = completed(audit, waivers_from(waivers), previous)
            return audit_text(audit, colour) if format == "text" else RENDERERS[format](audit)
    except ValueError as error:
        raise AnsibleFilterError(f"report: {error}") from error


def _of_findings(findings, format_, look):
    """Return findings in a format that needs no hosts."""
    if format_ not in FORMATS:
        known = ", ".join(FORMATS)
        raise AnsibleFilterError(f"report: findings cannot be shown as {format_}, only as {known}")
    try:
        with damaged_data_as_value_error():
            return render(format_, findings, look)
    except ValueError as error:
        raise AnsibleFilterError(f"report: {error}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"report": report}
