# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the data that filter, action and callback are given to one document of an audit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ...module_utils._audit.document import document, with_all_keys
from ...module_utils._audit.merge import merge
from ...module_utils._model.safe_text import printable

_OPTIONS = {"name": "hosts", "vantage": "vantages"}


def now() -> str:
    """Return the current time as it stands in documents (ISO 8601, UTC)."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextlib.contextmanager
def damaged_data_as_value_error() -> Iterator[None]:
    """Turn the exceptions that damaged data causes in the block into ValueError with one line."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        what = f"{type(error).__name__}: {printable(str(error), 100)}"
        raise ValueError(f"a result or an audit that was given is damaged ({what})") from error


def is_document(data: Any) -> bool:
    """Tell whether data is the document of an audit, and not a result of port_check."""
    return isinstance(data, Mapping) and "hosts" in data and "format" in data


def audit_from(
    data: Sequence[Mapping[str, Any]],
    hosts: Sequence[str] | None = None,
    vantages: Sequence[str] | None = None,
    generated: str = "",
    fail_on: str = "error",
) -> dict[str, Any]:
    """Return one document from results of port_check, or from the documents of several audits.

    ``hosts`` and ``vantages`` name the results, in their order. Raises ValueError.
    """
    if data and all(map(is_document, data)):
        return with_all_keys(data[0]) if len(data) == 1 else merge(data)
    results = [dict(one) for one in data]
    for key, names in (("name", hosts), ("vantage", vantages)):
        if names is None:
            continue
        if len(names) != len(results):
            raise ValueError(f"{len(names)} {_OPTIONS[key]} for {len(results)} results")
        results = [{**one, key: one.get(key) or name} for one, name in zip(results, names)]
    return document(results, generated or now(), fail_on)
