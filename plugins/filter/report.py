# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: results of port_check, or findings, as a report; documented in report.yml."""

from __future__ import annotations

from datetime import datetime, timezone

from ansible.errors import AnsibleFilterError

from ..module_utils._codeclimate import to_codeclimate
from ..module_utils._findings_report import findings_json, findings_text
from ..module_utils._github import to_github
from ..module_utils._junit import to_junit
from ..module_utils._report import host_of, to_json, to_text
from ..module_utils._sarif import to_sarif

FORMATS = ("text", "json", "sarif", "junit", "codeclimate", "gitlab", "github")
OF_FINDINGS = {
    "text": findings_text,
    "json": findings_json,
    "sarif": to_sarif,
    "junit": to_junit,
    "codeclimate": to_codeclimate,
    "gitlab": to_codeclimate,
    "github": to_github,
}


def report(results, format="text", hosts=None, colour=False):  # noqa: A002
    """Return the report on one result, a list of them, or a list of findings, in one of FORMATS."""
    if format not in FORMATS:
        raise AnsibleFilterError(f"report: {format!r} is not one of {', '.join(FORMATS)}")
    results = results if isinstance(results, list) else [results]
    for result in results:
        if not isinstance(result, dict):
            kind = type(result).__name__
            raise AnsibleFilterError(f"report: a value of type {kind} is no result of port_check")
    if results and all("rule" in one and "severity" in one for one in results):
        return findings_text(results, colour) if format == "text" else OF_FINDINGS[format](results)
    if hosts is not None:
        if len(hosts) != len(results):
            raise AnsibleFilterError(f"report: {len(hosts)} hosts for {len(results)} results")
        results = [{"host": host, **result} for host, result in zip(hosts, results)]
    if format == "json":
        return to_json(results, datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    if format == "text":
        return to_text(results, colour)
    return OF_FINDINGS[format](findings_of(results))


def findings_of(results):
    """Return the findings of results, and one for each host that could not be audited."""
    found = []
    for result in results:
        if "compliant" not in result and not result.get("audited"):
            raise AnsibleFilterError(
                f"report: {host_of(result)} was not audited, which this format cannot say"
            )
        found += result.get("findings", ())
    return found


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"report": report}
