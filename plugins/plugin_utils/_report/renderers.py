# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format of an audit by name, each a pure function from the document to text."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...module_utils._audit.document import Document, findings_of, name_of, to_json
from ...module_utils._formats.audit_text import audit_text
from ...module_utils._formats.markdown import to_markdown
from ...module_utils._formats.of_findings import FORMATS, Look, render
from ...module_utils._formats.pipelines import harmless_json
from ...module_utils._formats.prometheus import to_prometheus
from ...module_utils._model.demand import OUTCOMES, count
from ...module_utils._model.safe_text import printable
from .page import to_html

_LENGTH = 1000
# Formats with hosts and ports in them; every other one shows the findings alone.
_OF_AUDITS: dict[str, Callable[[Document], str]] = {
    "text": audit_text,
    "json": lambda audit: harmless_json(to_json(audit)),
    "html": to_html,
    "prometheus": to_prometheus,
    "markdown": to_markdown,
}
# The files of an audit, and the format of each.
FILES = {
    "report.html": "html",
    "findings.json": "json",
    "findings.sarif": "sarif",
    "junit.xml": "junit",
    "metrics.prom": "prometheus",
    "summary.md": "markdown",
    "report.txt": "text",
}


def _findings_alone(name: str, audit: Document) -> str:
    """Return the findings of an audit in a format that knows neither hosts nor ports."""
    demands: dict[str, dict[str, int]] = {}
    for host in audit["hosts"]:
        if host["demands"]:
            before = demands.get(name_of(host), dict.fromkeys(OUTCOMES, 0))
            counted = count(host["demands"])
            demands[name_of(host)] = {key: before[key] + counted[key] for key in OUTCOMES}
    look = Look(fail_on=audit["fail_on"], passed=list(_passed(audit)), demands=demands)
    return render(name, _findings(audit), look)


def _passed(audit: Document) -> Iterator[tuple[str, str]]:
    """Yield the host and the name of each endpoint without a finding."""
    for host in audit["hosts"]:
        about = {(one["service"], one["port"], one["address"]) for one in host["findings"]}
        for seen in host["observations"]:
            service, port, address = seen["service"], seen["port"], seen["address"]
            if not {(service, port, address), (service, port, "")} & about:
                yield name_of(host), f"{service} ({port}) {address}".rstrip()


def _findings(audit: Document) -> list[dict[str, Any]]:
    """Return the findings, all their texts fit to print."""
    return [
        {
            key: printable(text.replace("\n", "; "), _LENGTH) if isinstance(text, str) else text
            for key, text in one.items()
        }
        for one in findings_of(audit)
    ]


RENDERERS: dict[str, Callable[[Document], str]] = {
    **_OF_AUDITS,
    **{
        name: functools.partial(_findings_alone, name) for name in FORMATS if name not in _OF_AUDITS
    },
}


def reports(audit: Document, formats: Iterable[str] = tuple(FILES.values())) -> dict[str, str]:
    """Return the text of each file of an audit whose format is wanted, by file name."""
    wanted = set(formats)
    return {name: RENDERERS[kind](audit) for name, kind in FILES.items() if kind in wanted}
