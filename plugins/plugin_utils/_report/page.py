# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as one self-contained HTML page that loads nothing from anywhere else."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from ...module_utils._audit.document import Document, counts, findings_of, tally
from ...module_utils._audit.drift import change_rows
from ...module_utils._audit.outcomes import total, words
from ...module_utils._model.safe_text import printable
from .page_data import embedded

_ASSETS = Path(__file__).resolve().parent / "assets"
# These become one script in the page; each file does one thing.
_SCRIPTS = ("core.js", "matrix.js", "chart.js", "findings.js", "dialog.js", "main.js")
_MOST_CHANGES = 500


def to_html(audit: Document) -> str:
    """Return the page; the same document always gives the same page."""
    style, script = _asset("page.css"), _script()
    rows = change_rows(audit["changes"])
    demands = total(audit["hosts"])
    changes = [{key: printable(text) for key, text in row.items()} for row in rows[:_MOST_CHANGES]]
    return _template().render(
        audit={key: printable(str(audit[key])) for key in ("generated", "previous", "fail_on")},
        compliant=audit["compliant"],
        changes=changes,
        more_changes=len(rows) - len(changes),
        numbers=_numbers(audit),
        demands=words(demands) if any(demands.values()) else "",
        policies=[printable(name) for name in sorted(set(map(_policy, audit["hosts"])) - {""})],
        vantages=[printable(name) for name in audit["vantages"]],
        csp=f"default-src 'none'; style-src {_source(style)}; script-src {_source(script)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'",
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        data=Markup(embedded(audit)),  # noqa: S704
    )


@functools.cache
def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


@functools.lru_cache(maxsize=1)
def _script() -> str:
    """Return the script as one function, which keeps its names to itself."""
    parts = "\n".join(_asset(name) for name in _SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


@functools.lru_cache(maxsize=1)
def _template() -> Template:
    loader = FileSystemLoader(_ASSETS)
    options: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True}
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        **options,
    )
    return environment.get_template("page.html.j2")


@functools.cache
def _source(text: str) -> str:
    """Return the hash by which the Content-Security-Policy allows an inline script or style."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _policy(host: Mapping[str, Any]) -> str:
    return str(host["summary"].get("policy", ""))


def _numbers(audit: Document) -> dict[str, int]:
    """Return the numbers at the top of the page."""
    findings = list(findings_of(audit))
    return {
        **asdict(tally(audit["hosts"])),
        "endpoints": sum(len(host["observations"]) for host in audit["hosts"]),
        "waived": sum(bool(one["waived"]) for one in findings),
        **counts(findings),
    }
