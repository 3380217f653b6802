# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format of an audit by name, each a pure function from the document to text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...module_utils._audit.document import Document, findings_of, to_json
from ...module_utils._formats.audit_text import audit_text
from ...module_utils._formats.codeclimate import to_codeclimate
from ...module_utils._formats.github import to_github
from ...module_utils._formats.junit import to_junit
from ...module_utils._formats.markdown import to_markdown
from ...module_utils._formats.prometheus import to_prometheus
from ...module_utils._formats.sarif import to_sarif
from ...module_utils._model.finding import NEVER
from ...module_utils._model.safe_text import printable
from .page import to_html

_LENGTH = 1000


def _sarif(audit: Document) -> str:
    return to_sarif(_findings(audit))


def _junit(audit: Document) -> str:
    level = "error" if audit["fail_on"] == NEVER else audit["fail_on"]
    return to_junit(_findings(audit), level, list(_passed(audit)))


def _passed(audit: Document) -> Iterator[tuple[str, str]]:
    """Yield host and name of each endpoint that no finding is about."""
    for host in audit["hosts"]:
        about = {(one["service"], one["port"], one["address"]) for one in host["findings"]}
        for seen in host["observations"]:
            service, port, address = seen["service"], seen["port"], seen["address"]
            if not {(service, port, address), (service, port, "")} & about:
                yield host["host"], f"{service} ({port}) {address}".rstrip()


def _counted(audit: Document) -> list[dict[str, Any]]:
    """Return the findings that no waiver excuses, for formats that know no waivers."""
    return [one for one in _findings(audit) if not one["waived"]]


def _findings(audit: Document) -> list[dict[str, Any]]:
    """Return the findings, all their texts fit to print."""
    return [
        {
            key: printable(text, _LENGTH) if isinstance(text, str) else text
            for key, text in one.items()
        }
        for one in findings_of(audit)
    ]


RENDERERS: dict[str, Callable[[Document], str]] = {
    "text": audit_text,
    "json": to_json,
    "html": to_html,
    "sarif": _sarif,
    "junit": _junit,
    "prometheus": to_prometheus,
    "markdown": to_markdown,
    "codeclimate": lambda audit: to_codeclimate(_counted(audit)),
    "gitlab": lambda audit: to_codeclimate(_counted(audit)),
    "github": lambda audit: to_github(_counted(audit)),
}
