# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: results of port_check as a report; documented in report.yml."""

from __future__ import annotations

from datetime import datetime, timezone

from ansible.errors import AnsibleFilterError

from ..module_utils._report import to_json, to_text

FORMATS = ("text", "json")


def report(results, format="text", hosts=None, colour=False):  # noqa: A002
    """Return the report on one result, or on a list of them, in one of FORMATS."""
    if format not in FORMATS:
        raise AnsibleFilterError(f"report: {format!r} is not one of {', '.join(FORMATS)}")
    results = results if isinstance(results, list) else [results]
    for result in results:
        if not isinstance(result, dict):
            kind = type(result).__name__
            raise AnsibleFilterError(f"report: a value of type {kind} is no result of port_check")
    if hosts is not None:
        if len(hosts) != len(results):
            raise AnsibleFilterError(f"report: {len(hosts)} hosts for {len(results)} results")
        results = [{"host": host, **result} for host, result in zip(hosts, results)]
    if format == "json":
        return to_json(results, datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return to_text(results, colour)


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Return them by name."""
        return {"report": report}
